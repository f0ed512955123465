"""A run on live data: the same strategy, rules and simulator, fed bar by bar."""
