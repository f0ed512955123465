"""What stands between a leak and a model: each guard names what looks where it must not."""
