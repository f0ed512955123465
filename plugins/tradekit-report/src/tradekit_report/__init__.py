"""Reports of tradekit's runs: one page, pictures, Markdown, and runs side by side."""
