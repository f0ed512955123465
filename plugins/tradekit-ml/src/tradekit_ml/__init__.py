"""Features, labels, models and regimes that don't see the future, and a registry without pickle."""
