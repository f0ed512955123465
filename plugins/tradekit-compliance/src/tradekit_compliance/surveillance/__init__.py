"""Surveillance: what a finished or a running account did, looked at for patterns that have to be explained."""
