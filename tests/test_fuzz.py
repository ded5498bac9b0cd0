"""A few of the inputs that `python3 makebook.py test --fuzz` tries for as long as one likes."""

from __future__ import annotations

import pytest

from tests import fuzz


def test_the_project_itself_is_sound():
    for kind, text in fuzz.TEXTS.items():
        assert fuzz.wrong(kind, text) == ""


def test_what_comes_from_outside_is_noticed(monkeypatch):
    monkeypatch.setattr(fuzz, "SECRET", "Sleep helps")
    assert fuzz.wrong("body", fuzz.BODY) == "what is outside was published"


@pytest.mark.parametrize("kind", fuzz.TEXTS)
def test_strange_input(kind):
    _, found = fuzz.try_kind(kind, 12)
    assert found == []
