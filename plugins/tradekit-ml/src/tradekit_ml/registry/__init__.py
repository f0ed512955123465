"""The registry: models on disk, in versions of which none is changed, each with what it was made of."""
