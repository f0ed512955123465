"""Models: one small contract, and the models that come with this package."""
