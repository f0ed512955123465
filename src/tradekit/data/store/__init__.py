"""The store: market data kept by month in Parquet, in revisions of which none is ever changed."""
