"""Plugins that are broken on purpose, each in one way, and the contracts that must catch them.

Each test class below says in `breaks` which rule its component breaks. `tests/caught.py` runs all of them, in a process of its own.
"""
