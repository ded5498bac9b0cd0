"""Citations, read as those of an article are: by converting Markdown, in reading order."""

from __future__ import annotations

import re

from press.core.model import Cluster
from press.source.citation_syntax import GROUP_PATTERN, NARRATIVE_PATTERN
from press.source.manuscript import _in_reading_order
from press.source.markup import CITE_CLOSE, CITE_OPEN, convert

ALONE = f"{CITE_OPEN}0{CITE_CLOSE}"
"""What is left of a text that is one citation."""


def clusters(text: str) -> list[Cluster]:
    """Return the citations of a Markdown text."""
    made = convert(text, "article.md", 1, [])
    return list(_in_reading_order(made.body, made.clusters))


def left(text: str) -> str:
    """Return a Markdown text without its markup, with a token for each citation."""
    return "".join(convert(text, "article.md", 1, []).body.itertext()).strip()


def written(text: str) -> list[str]:
    """Return each citation of a plain text as it is written there."""
    pattern = re.compile(f"{GROUP_PATTERN}|{NARRATIVE_PATTERN}", re.DOTALL)
    return [" ".join(found[0].split()) for found in pattern.finditer(text)]
