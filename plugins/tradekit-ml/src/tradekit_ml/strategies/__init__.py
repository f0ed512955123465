"""Strategies that trade by what a model says."""
