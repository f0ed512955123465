"""The gate: what a plugin may provide, how it says so, and how it is found."""
