"""Prove that no decision depends on what comes after it."""
