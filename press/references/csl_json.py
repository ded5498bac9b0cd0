"""CSL-JSON, the exchange format of Zotero and Pandoc, read as entries.

In: the text of a `.json` file. Out: `RawEntry`s in file order, and the problems found.
This module must not know the other formats, nor any citation style.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from press.core.problems import Problem, Span
from press.references.csl_data import RawEntry


def read_csljson(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read a list of items, or an object that holds one as `items` or `references`."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        span = Span(name, error.lineno, error.colno)
        message = f"the file is not valid JSON: {error.msg}"
        hint = "check this position and the text just before it"
        problems.append(Problem("CIT003", span, message, hint))
        return []
    except RecursionError:
        message, hint = "the brackets are nested too deeply", "export it again"
        problems.append(Problem("CIT003", Span(name), message, hint))
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


def _lines(text: str) -> dict[str, list[int]]:
    """Find the line of each `"id": …`."""
    found: dict[str, list[int]] = {}
    for match in re.finditer(r'"id"\s*:\s*("(?:[^"\\]|\\.)*"|[\w.+-]+)', text):
        try:
            key = str(json.loads(match[1]))
        except json.JSONDecodeError:
            continue
        found.setdefault(key, []).append(text.count("\n", 0, match.start()) + 1)
    return found


def _entry(
    item: Any, place: int, name: str, lines: dict[str, list[int]], problems: list[Problem]
) -> RawEntry | None:
    if not isinstance(item, Mapping) or not isinstance(item.get("id"), str | int):
        message = f"item {place} is not a CSL-JSON item with an `id`"
        problems.append(Problem("CIT003", Span(name), message, "add an `id`, or remove the item"))
        return None
    key = str(item["id"])
    spots = lines.get(key, [])
    line = spots.pop(0) if len(spots) > 1 else spots[0] if spots else 0
    csl = {str(field): _decoded(value) for field, value in item.items()}
    custom = csl.get("custom")
    evidence = csl.pop("evidence", "")
    if not evidence and isinstance(custom, Mapping):
        evidence = custom.get("evidence", "")
    csl.setdefault("type", "document")
    csl.update(_from_note(csl))
    return RawEntry(key, csl, Span(name, line), str(evidence or ""))


def _decoded(value: Any) -> Any:
    """Decode HTML entities such as `&amp;`, which some exporters write."""
    if isinstance(value, str):
        return unescape(value) if "&" in value else value
    if isinstance(value, list):
        return [_decoded(part) for part in value]
    if isinstance(value, Mapping):
        return {str(field): _decoded(part) for field, part in value.items()}
    return value


def _from_note(csl: Mapping[str, Any]) -> dict[str, str]:
    """Extract identifiers such as `PMID: 123` from the note, in which Zotero stores them."""
    note = csl.get("note")
    if not isinstance(note, str):
        return {}
    pairs = re.findall(r"^\s*(PMID|PMCID|DOI)\s*:\s*(\S+)\s*$", note, re.MULTILINE)
    return {field: value for field, value in pairs if not csl.get(field)}
