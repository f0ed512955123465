"""The page: charts, tables and words about a run in one file."""
