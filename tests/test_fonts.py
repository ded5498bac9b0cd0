"""Fonts that are sound come through: tests/test_attacks.py has those that are not."""

from __future__ import annotations

import shutil

import pytest

from press.core.files import default_folder
from press.design.fonts import flaw

FONTS = sorted(default_folder().rglob("*.ttf"))


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.stem)
def test_a_sound_font(path):
    assert flaw(path) == ""


def test_a_font_that_is_cut_off(tmp_path):
    font = tmp_path / "Own.ttf"
    shutil.copyfile(FONTS[0], font)
    with font.open("r+b") as stream:
        stream.truncate(20_000)
    assert flaw(font) == "is cut off: a table lies beyond its end"
