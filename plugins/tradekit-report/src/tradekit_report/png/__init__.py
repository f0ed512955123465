"""A few pictures of a run as PNG files, drawn by matplotlib."""
