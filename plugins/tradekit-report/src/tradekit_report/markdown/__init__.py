"""The report of a run as Markdown: the figures of the page, for a terminal, a pull request or a notebook of text."""
