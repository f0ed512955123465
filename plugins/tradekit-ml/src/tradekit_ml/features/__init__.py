"""What a model looks at: an ordered, hashed list of features, all of them from the past."""
