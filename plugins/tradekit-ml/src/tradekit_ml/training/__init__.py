"""From features and labels to a model that is worth keeping: once, or again and again along the bars."""
