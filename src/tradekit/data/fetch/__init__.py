"""Fetching: what is missing in a store, from any data source."""
