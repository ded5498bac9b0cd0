"""CSL-JSON, the exchange format of Zotero and Pandoc, read as entries.

In: the text of a `.json` file. Out: `RawEntry`s in file order, and the problems found.
This module must not know the other formats, nor any citation style.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from html import unescape
from typing import Any

from press.core.nesting import is_deep
from press.core.problems import Problem, Span
from press.references.csl_data import RawEntry


def read_csljson(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read a list of items, or an object that holds one as `items` or `references`.

    Of a file that is cut off or broken in the middle, the items before that are read.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        span = Span(name, error.lineno, error.colno)
        message = f"the file is not valid JSON: {error.msg}"
        hint = "check this position and the text just before it"
        problems.append(Problem("CIT003", span, message, hint))
        data = _before_fault(text)
    except (RecursionError, ValueError) as error:  # a number of more digits than Python reads
        deep = isinstance(error, RecursionError)
        message = "the brackets are nested too deeply" if deep else "a number has too many digits"
        problems.append(Problem("CIT003", Span(name), message, "export it again"))
        return []
    if is_deep(data):
        message = "the brackets are nested too deeply"
        problems.append(Problem("CIT003", Span(name), message, "export it again"))
        return []
    if isinstance(data, Mapping):
        data = next((data[k] for k in ("items", "references") if k in data), [data])
    if not isinstance(data, list):
        hint = "write a list of items: [{...}, {...}]"
        problems.append(Problem("CIT003", Span(name), "the file is not valid CSL-JSON", hint))
        return []
    lines = _lines(text)
    return [
        entry
        for place, item in enumerate(data, 1)
        if (entry := _entry(item, place, name, lines, problems))
    ]


def _before_fault(text: str) -> list[Any]:
    """Return the items of a list up to the first that is not valid JSON."""
    decoder, items = json.JSONDecoder(), []
    found = re.match(r"\s*\[\s*", text)
    try:
        while found:
            item, end = decoder.raw_decode(text, found.end())
            items.append(item)
            found = re.compile(r"\s*,\s*").match(text, end)
    except (json.JSONDecodeError, RecursionError):
        pass
    return items


_KEY_AT = re.compile(r'"(?:id|citation-key)"\s*:\s*("(?:[^"\\]|\\.)*"|[\w.+-]+)')


def _lines(text: str) -> dict[str, list[int]]:
    """Find the line of each `"id": …` and `"citation-key": …`."""
    ends = [found.start() for found in re.finditer("\n", text)]
    found: dict[str, list[int]] = {}
    for match in _KEY_AT.finditer(text):
        try:
            key = str(json.loads(match[1]))
        except json.JSONDecodeError:
            continue
        found.setdefault(key, []).append(bisect_left(ends, match.start()) + 1)
    return {key: spots[::-1] for key, spots in found.items()}


def _entry(
    item: Any, place: int, name: str, lines: dict[str, list[int]], problems: list[Problem]
) -> RawEntry | None:
    id_ = item.get("id") if isinstance(item, Mapping) else None
    spots = lines.get(str(id_), [])
    line = spots.pop() if len(spots) > 1 else spots[0] if spots else 0
    return read_item(item, place, Span(name, line), problems)


def read_item(item: Any, place: int, span: Span, problems: list[Problem]) -> RawEntry | None:
    """Read one item of CSL-JSON; report one without a key (CIT003), and return None.

    Its key is its `citation-key`, which reference managers let their users choose, else its `id`;
    it can be cited by both.
    """
    given = [item.get(name) for name in ("citation-key", "id")] if isinstance(item, Mapping) else []
    named = [str(key).strip() for key in given if isinstance(key, str | int)]
    keys = [key for key in dict.fromkeys(named) if key]
    if not keys:
        message = f"item {place} is not a CSL-JSON item with an `id`"
        problems.append(Problem("CIT003", span, message, "add an `id`, or remove the item"))
        return None
    csl = {str(field): _decoded(value) for field, value in item.items()}
    for field, value in csl.items():  # Crossref writes lists of titles
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            csl[field] = value[0] if value else ""
    custom = csl.get("custom")
    evidence = csl.pop("evidence", "")
    if not evidence and isinstance(custom, Mapping):
        evidence = custom.get("evidence", "")
    csl.setdefault("type", "document")
    csl["type"] = str(csl["type"]).replace(" ", "-")
    for old, new in _OLD_NAMES.items():
        if csl.get(old):
            csl.setdefault(new, csl.pop(old))
    _take_from_note(csl)
    also = tuple(keys[1:])
    return RawEntry(keys[0], csl, span, str(evidence or ""), also=also)


_OLD_NAMES = {
    "shortTitle": "title-short", "journalAbbreviation": "container-title-short",
    "event": "event-title",
}  # fmt: skip
"""Variables that have another name in CSL 1.0.2."""


def _decoded(value: Any) -> Any:
    """Decode HTML entities such as `&amp;`, which some exporters write."""
    if isinstance(value, str):
        return unescape(value) if "&" in value else value
    if isinstance(value, list):
        return [_decoded(part) for part in value]
    if isinstance(value, Mapping):
        return {str(field): _decoded(part) for field, part in value.items()}
    return value


_EXTRA = re.compile(r"^\s*(?:\{:)?([A-Za-z][A-Za-z -]*?)\s*:\s*([^{}]+?)\}?\s*$", re.MULTILINE)
_VARIABLES = frozenset(
    "PMID PMCID DOI URL ISBN ISSN accessed archive authority available-date chapter-number "
    "citation-number collection-number collection-title container-title container-title-short "
    "edition event-date event-place event-title genre issue issued jurisdiction language medium "
    "number number-of-pages number-of-volumes original-date original-publisher original-title "
    "page part-number publisher publisher-place section status submitted supplement-number title "
    "title-short version volume volume-title".split()
)


def _take_from_note(csl: dict[str, Any]) -> None:
    """Move variables such as `PMID: 123` out of the note, in which Zotero stores those it lacks."""
    note = csl.get("note")
    if not isinstance(note, str):
        return
    names = {name.lower(): name for name in _VARIABLES}
    for found in _EXTRA.finditer(note):
        name = names.get(found[1].strip().lower().replace(" ", "-"))
        if name and not csl.get(name):
            csl[name] = found[2]
            csl["note"] = csl["note"].replace(found[0], "").strip()
