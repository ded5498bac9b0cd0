"""How deep lists and mappings are in each other, found without a call for each level.

In: data as JSON or TOML gives it. Out: whether it is deeper than any file that makebook reads needs
to be. This module must not know what the data mean.
"""

from __future__ import annotations

from typing import Any

DEEPEST = 20
"""Levels of lists and mappings."""


def is_deep(data: Any) -> bool:
    """Return whether lists and mappings are nested on more than `DEEPEST` levels."""
    level = [data]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if not inner:
            return False
        level = inner
    return True
