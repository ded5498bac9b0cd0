"""Pandoc's YAML bibliographies, read as entries.

In: the text of a `.yaml` file, or of the front matter of an article. Out: `RawEntry`s in file
order, and the problems found. The entries have the variables of CSL-JSON, but their texts are
Markdown (Pandoc's manual, "Specifying bibliographic data"). Each value is read as the text that the
author typed, so `no` is not false. This module owns YAML among the readers of bibliographies; it
must not know front matter, nor any citation style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml

from press.core.problems import Problem, Span
from press.references.csl_data import RawEntry
from press.references.csl_json import read_item

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DEEPEST = 20
"""The nesting of lists and mappings that no bibliography needs."""
VERBATIM = frozenset("id citation-key DOI URL PMID PMCID ISBN ISSN type language evidence".split())
"""Variables that are not Markdown."""
_HINT = "write a list under `references:`, each item with an `id` and a `type`"


def read_yaml(text: str, name: str, problems: list[Problem]) -> list[RawEntry]:
    """Read a list of items, or the list `references` of a mapping; report what is neither."""
    try:
        nodes = list(_nodes(text))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        span = Span(name, mark.line + 1, mark.column + 1) if mark else Span(name)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        message = f"the file is not valid YAML: {reason}"
        hint = "check this line and the one before it; put quotes around a value with a colon"
        problems.append(Problem("CIT003", span, message, hint))
        nodes = _before_fault(text, mark.line if mark else 0)
    items = [item for node in nodes for item in _items(node, name, problems)]
    entries = (
        read_item(_value(item, ""), place, Span(name, item.start_mark.line + 1), problems)
        for place, item in enumerate(items, 1)
    )
    return [entry for entry in entries if entry]


def _before_fault(text: str, line: int) -> list[Any]:
    """Return what can be read of a file before the item in which a line (from 0) is wrong."""
    lines = text.split("\n")[: line + 1]
    first = re.search(r"(?m)^( *)- ", text)
    begins = [n for n, said in enumerate(lines) if first and said.startswith(f"{first[1]}- ")]
    for end in begins[:-3:-1]:  # the fault may be noticed only in the next item
        with suppress(yaml.YAMLError, ValueError):
            return list(_nodes("\n".join(lines[:end])))
    return []


def _nodes(text: str) -> Iterator[Any]:
    """Parse YAML; refuse aliases, by which a small file can become a huge one, and deep nesting."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        flaw = ""
        if isinstance(event, yaml.AliasEvent):
            flaw = f"'*{event.anchor}' is read as a YAML alias, which is not allowed"
        elif depth > _DEEPEST:
            flaw = "lists and mappings are nested too deeply"
        if flaw:
            raise yaml.MarkedYAMLError(problem=flaw, problem_mark=event.start_mark)
    yield from yaml.compose_all(text, Loader=_LOADER)


def _items(node: Any, name: str, problems: list[Problem]) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        fields = {str(key.value): value for key, value in node.value}
        node = fields.get("references", node if "id" in fields else None)
    if isinstance(node, yaml.MappingNode):
        return [node]
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if node is not None and getattr(node, "value", "") == "":
        return []  # `references:` without items
    line = node.start_mark.line + 1 if node is not None else 1
    message = "there is no list of references"
    problems.append(Problem("CIT003", Span(name, line), message, _HINT))
    return []


def _value(node: Any, name: str) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, name) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(
            {str(key.value): _value(value, str(key.value)) for key, value in node.value}
        )
    if not node.style and node.value in ("", "~", "null"):
        return ""
    text = " ".join(str(node.value).split()) if name != "note" else str(node.value).strip()
    return text if name in VERBATIM else from_markdown(text)


def _mapping(fields: dict[str, Any]) -> dict[str, Any]:
    """Bring names and dates, which Pandoc allows in more forms, into those of CSL-JSON."""
    for name, value in fields.items():
        if name in {"given", "family"} and isinstance(value, list):
            fields[name] = " ".join(map(str, value))
        elif name in _ROLES:
            people = value if isinstance(value, list) else [value]
            fields[name] = [_person(person) for person in people if person]
        elif name in _DATES:
            fields[name] = _date(value)
    return fields


_DATES = frozenset("issued accessed event-date original-date submitted available-date".split())
_ROLES = frozenset(
    "author editor translator container-author collection-editor director composer illustrator "
    "interviewer recipient reviewed-author editorial-director original-author host guest chair "
    "producer performer narrator contributor compiler curator organizer script-writer".split()
)


def _person(person: Any) -> Any:
    if isinstance(person, str):
        family, comma, given = (part.strip() for part in person.partition(","))
        return {"family": family, "given": given} if comma else {"literal": family}
    if isinstance(person, dict) and person.get("name"):
        return {"literal": person["name"]}
    return person


def _date(value: Any) -> Any:
    """Read `2019`, `{year: 2019, month: 3}`, a list of two such, or CSL-JSON's `date-parts`."""
    if isinstance(value, list):
        parts = [part for item in value if isinstance(item, dict) for part in _parts(item)]
        return {"date-parts": parts[:2]} if parts else (str(value[0]) if value else "")
    if isinstance(value, dict):
        parts = _parts(value)
        kept = {
            name: part for name, part in value.items() if name in {"season", "circa", "literal"}
        }
        return {"date-parts": parts, **kept} if parts else kept or value
    return value


def _parts(value: dict[str, Any]) -> list[list[int]]:
    if isinstance(value.get("date-parts"), list):
        sides = [side for side in value["date-parts"] if isinstance(side, list)]
    else:
        sides = [[value[name] for name in ("year", "month", "day") if value.get(name)]]
    numbers = [[int(part) for part in side if re.fullmatch(r"-?\d+", str(part))] for side in sides]
    return [side for side in numbers if side]


_TAGS = {"**": ("<b>", "</b>"), "*": ("<i>", "</i>"), "^": ("<sup>", "</sup>"),
         "~": ("<sub>", "</sub>")}  # fmt: skip
_CLASSES = {
    "nocase": '<span class="nocase">',
    "smallcaps": '<span style="font-variant:small-caps;">',
}
_INLINE = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<sign>\*\*|\*|\^|~)(?=\S)(?P<inside>(?:(?!(?P=sign))[^\\]|\\.)+?)(?<=\S)(?P=sign)"
    r"|(?<![\w_])(?P<bar>__?)(?=\S)(?P<under>[^_]+?)(?<=\S)(?P=bar)(?![\w_])"
    r"|\[(?P<words>[^\[\]]+)\](?:\{\.(?P<class>nocase|smallcaps)\}|\((?P<to>[^()\s]+)\))"
    r"|`(?P<code>[^`]+)`"
)


def from_markdown(text: str) -> str:
    """Translate Markdown's inline marks to the elements of CSL's rich text."""
    if not re.search(r"[\\*^~_\[`]", text):
        return text

    def put(found: re.Match[str]) -> str:
        if found["escaped"]:
            return found["escaped"]
        if found["sign"]:
            before, after = _TAGS[found["sign"]]
            return before + from_markdown(found["inside"]) + after
        if found["bar"]:
            before, after = _TAGS["*" * len(found["bar"])]
            return before + from_markdown(found["under"]) + after
        if found["class"]:
            return _CLASSES[found["class"]] + from_markdown(found["words"]) + "</span>"
        return from_markdown(found["words"]) if found["words"] else found["code"]

    return _INLINE.sub(put, text)


_MARKS = {"<i>": "*", "</i>": "*", "<b>": "**", "</b>": "**", "<sup>": "^", "</sup>": "^",
          "<sub>": "~", "</sub>": "~"}  # fmt: skip
_ELEMENT = re.compile(r"(</?(?:i|b|sup|sub)>|<span [^<>]*>|</span>)")


def to_markdown(text: str) -> str:
    """Translate CSL's rich text to Markdown, so that `from_markdown` returns it."""
    out, classes = [], []
    for piece in _ELEMENT.split(text):
        if piece in _MARKS:
            out.append(_MARKS[piece])
        elif piece.startswith("<span "):
            classes.append("smallcaps" if "small-caps" in piece else "nocase")
            out.append("[")
        elif piece == "</span>" and classes:
            out.append(f"]{{.{classes.pop()}}}")
        else:
            out.append(re.sub(r"([\\*^~\[\]`])|(?<!\w)_|_(?!\w)", r"\\\g<0>", piece))
    return "".join(out)
