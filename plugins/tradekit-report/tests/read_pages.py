"""What the tests of pages read of them."""

import re
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "examples"


def text_of(page):
    """Return what a person reads of a page."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    text = re.sub(r"<(?!/?span)[^>]+>", " ", body)
    return re.sub(r"\s+", " ", re.sub(r"</?span[^>]*>", "", text)).replace("\N{NARROW NO-BREAK SPACE}", " ")
