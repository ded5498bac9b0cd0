"""Entries in the form of a bibliography file: BibTeX, CSL-JSON, Pandoc's YAML, or RIS.

In: entries, and the text of the file that they are added to. Out: the file with the entries at its
end. What is written is read again as the same entry, apart from variables for which a format has no
field. This module must not know projects, nor any citation style.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from press.core.model import Entry
from press.references.csl_data import date_text
from press.references.written_bibtex import BIBTEX_VARIABLES, to_bibtex
from press.references.written_ris import RIS_VARIABLES, to_ris

_STANDINGS = {
    "retracted": "Retracted in", "retraction": "Retraction of", "comment": "Comment in",
    "concern": "Expression of concern in", "corrected": "Erratum in",
    "correction": "Correction to",
}  # fmt: skip


class CannotAppend(Exception):
    """A file to which no entry can be added; the message says why."""


def append(text: str, kind: str, entries: Sequence[Entry]) -> str:
    """Return the text of a bibliography with entries added.

    Args:
        text: The file as it is; empty for a new one.
        kind: The format, as `bibliography.ENDINGS` names it.
        entries: What is added, each with the key that it gets.

    Raises:
        CannotAppend: The format cannot be written, or the file has no place for more.
    """
    write = _APPENDERS.get(kind)
    if write is None:
        raise CannotAppend(f"entries cannot be written in the format {kind}")
    return write(text, [_item(entry) for entry in entries])


def left_out(entry: Entry, kind: str) -> list[str]:
    """Return the variables of an entry for which a format has no field."""
    known = {"BibTeX": BIBTEX_VARIABLES, "RIS": RIS_VARIABLES}.get(kind)
    if known is None:
        return []
    return sorted(name for name, value in _item(entry).items() if value and name not in known)


def _item(entry: Entry) -> dict[str, Any]:
    """Return the variables of an entry, its key first, with what it says of a retraction."""
    csl = {name: entry.csl[name] for name in sorted(entry.csl, key=_place)}
    csl = {"id": entry.key, **{name: value for name, value in csl.items() if name not in _OWN}}
    if str(csl.get("title") or "").startswith(str(csl.get("title-short") or "\0")):
        del csl["title-short"]  # readers find it in the title
    if entry.evidence:
        csl["evidence"] = entry.evidence
    if entry.standing:
        notice = f"{_STANDINGS[entry.standing.kind]}: {entry.standing.notice}".rstrip(": ")
        csl["note"] = "\n".join(filter(None, [notice, str(csl.get("note") or "")]))
    return csl


_OWN = ("id", "citation-key", "citation-label", "custom", "abstract", "keyword", "categories",
        "source", "annote", "archive_location", "call-number", "journalAbbreviation")  # fmt: skip
"""Variables that are not part of a reference, or that this module writes itself."""
_ORDER = (
    "type author editor translator title container-title container-title-short collection-title "
    "edition volume issue page publisher publisher-place issued"
).split()


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _append_lines(write: Callable[[Mapping[str, Any]], str]) -> Callable[..., str]:
    def append_to(text: str, items: Sequence[Mapping[str, Any]]) -> str:
        before = f"{text.rstrip()}\n\n" if text.strip() else ""
        return before + "\n".join(write(item) for item in items)

    return append_to


def _append_json(text: str, items: Sequence[Mapping[str, Any]]) -> str:
    written = ",\n".join(json.dumps(item, ensure_ascii=False, indent=2) for item in items)
    if not text.strip():
        return f"[\n{written}\n]\n"
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        data = None
    if not isinstance(data, list):
        raise CannotAppend("the file is not a list of items: [{...}, {...}]")
    head = text[: text.rindex("]")].rstrip()
    return f"{head}{',' if data else ''}\n{written}\n]\n"


def _append_yaml(text: str, items: Sequence[Mapping[str, Any]]) -> str:
    body, end = text.rstrip(), ""
    if found := re.search(r"\n(?:---|\.\.\.)[ \t]*\Z", body):
        body, end = body[: found.start()], f"{body[found.start() :]}\n"
    if not body.strip("- \n"):
        body = f"{body}\nreferences:".lstrip()
    heads = re.findall(r"(?m)^([\w-]+):", body)
    first = re.search(r"(?m)^( *)- ", body)
    if (heads and heads[-1] != "references") or re.search(r"(?m)^references:[ \t]*\[", body):
        raise CannotAppend("`references` is not the last list of the file")
    indent = first[1] if first else ""
    written = "".join(_yaml_item(item, indent) for item in items)
    return f"{body}\n{written}{end.lstrip() if end else ''}"


def _yaml_item(item: Mapping[str, Any], indent: str) -> str:
    lines = [line for name, value in item.items() for line in _yaml_lines(name, value)]
    return "".join(f"{indent}{'  ' if place else '- '}{line}\n" for place, line in enumerate(lines))


def _yaml_lines(name: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{name}: {_yaml_text(date_text(value))}"]
    if isinstance(value, list):
        people = [
            ", ".join(f"{part}: {_yaml_text(text)}" for part, text in person.items())
            for person in value
            if isinstance(person, Mapping)
        ]
        return [f"{name}:", *(f"- {{{person}}}" for person in people)] if people else []
    from press.references.csl_yaml import VERBATIM, to_markdown

    text = str(value)
    return [f"{name}: {_yaml_text(text if name in VERBATIM else to_markdown(text))}"]


def _yaml_text(text: Any) -> str:
    """Return a text as YAML: as it is if it is one plain word, else in quotation marks."""
    plain = str(text)
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*|\d+", plain):
        return plain
    return json.dumps(plain, ensure_ascii=False)


_APPENDERS: dict[str, Callable[[str, Sequence[Mapping[str, Any]]], str]] = {
    "BibTeX": _append_lines(to_bibtex),
    "RIS": _append_lines(to_ris),
    "CSL-JSON": _append_json,
    "YAML": _append_yaml,
}
