"""The colours of the page: readable in light, in dark and on paper."""

import re
from importlib.resources import files

import pytest

STYLE = (files("tradekit_report.page") / "static" / "page.css").read_text("utf-8")
TEXTS = {
    "paper": (),
    "ink": ("ground", "card", "heat-1", "heat-2", "cold-1", "cold-2", "faint"),
    "soft": ("ground", "card"),
    "main": ("ground", "card"),
    "gain": ("ground", "card"),
    "loss": ("ground", "card"),
    "warn": ("warn-ground", "card"),
    "on": ("heat-3", "cold-3"),
}


def palettes():
    """Return the colours of each look by name."""
    light, dark, dark_by_system, paper = re.findall(r":root[^{}]*\{([^{}]*--paper[^{}]*)\}", STYLE)
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))
        for name, block in (("light", light), ("dark", dark), ("dark by system", dark_by_system), ("paper", paper))
    }


def luminance(color):
    """Return the relative luminance of WCAG 2.1."""
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", ["light", "dark", "dark by system", "paper"])
def test_texts_have_the_contrast_of_wcag_aa(look):
    found = palettes()[look]
    poor = {
        (text, ground): round(contrast(found[text], found[ground]), 2)
        for text, grounds in TEXTS.items()
        for ground in grounds
        if contrast(found[text], found[ground]) < 4.5
    }
    poor |= {
        ("paper", one): contrast(found["paper"], found[one])
        for one in ("heat-4", "cold-4")
        if contrast(found["paper"], found[one]) < 4.5
    }
    assert poor == {}


def test_dark_is_the_same_by_button_and_by_system():
    found = palettes()
    assert found["dark"] == found["dark by system"]


def test_contrast_of_black_and_white_is_that_of_the_standard():
    assert contrast("#000", "#fff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
