"""Tables that do not fit their page: set smaller, divided, or turned into lists of their rows.

In: a handout laid out on pages. Out: for each table that is wider than the text around it, the
largest type in which it fits. For that, the tables alone are laid out in every size that the
edition allows. A row that is taller than a page goes on overleaf. This module must not know what a
handout contains besides tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from press.core import trees
from press.core.breaks import mark_long_words
from press.core.model import Document
from press.core.records import dataclass
from press.document.editions import as_lists, table_names
from press.output.pdf.notes import table_notes, tall_notes

_STEP = 0.5
"""Points between two sizes that are tried."""
_POINTS = 0.75
"""Points in a CSS pixel, WeasyPrint's unit."""


@dataclass(frozen=True)
class Wide:
    """A table that is too wide."""

    room: float
    """The width of the text around it, in points."""
    size: float
    """The size of its type, in points."""


@dataclass(frozen=True)
class Fitted:
    """A work whose tables fit."""

    document: Document
    """The work, in which tables that fit in no size are lists."""
    rules: tuple[str, ...] = ()
    """The style sheets of the tables that are set more closely."""
    lists: frozenset[str] = frozenset()
    """The ids of the tables that became lists."""
    notes: tuple[str, ...] = ()
    """What the summary of the build says."""


def fit(
    document: Document, rendered: Any, tokens: Mapping[str, str], render: Callable[[str], Any]
) -> Fitted:
    """Fit the tables of a work into its pages; without one that is too wide, change nothing.

    `rendered` is the work laid out, `tokens` are those of the edition, and `render` lays out HTML
    in its styles.
    """
    wide = too_wide(rendered)
    if not wide:
        return Fitted(document)
    least = smallest(tokens)
    sizes = fitting(wide, document, least, render)
    lists = frozenset(id_ for id_, size in sizes.items() if not size)
    changed, names = as_lists(document, lists), table_names(document)
    lists -= table_names(changed).keys()
    rules = [closer(id_, size or least) for id_, size in sizes.items() if id_ not in lists]
    rules += [_broken(id_) for id_, size in sizes.items() if not size and id_ not in lists]
    less = {id_: size for id_, size in sizes.items() if size < wide[id_].size}
    less.update({id_: least for id_, size in less.items() if not size and id_ not in lists})
    return Fitted(changed, tuple(rules), lists, tuple(table_notes(less, names)))


def divide_rows(fitted: Fitted, rendered: Any, *, tagged: bool) -> Fitted:
    """Let rows that are taller than a page begin below the header, and go on overleaf.

    A row is kept together otherwise. WeasyPrint gives one that does not fit a page of its own, and
    leaves out the header if they do not fit together. Without tags, nothing says that a header that
    is repeated on the next page is not a part of the row, so it is not repeated.
    """
    rules = []
    for id_, rows in _too_tall(rendered).items():
        chosen = ", ".join([_selector(id_), *(_selector(row, "tr") for row in rows)])
        rules.append(f"{chosen} {{ break-inside: auto !important }}")
        if not tagged:
            rules.append(f"{_selector(id_)} thead {{ display: table-row-group }}")
    return replace(fitted, rules=(*fitted.rules, *rules)) if rules else fitted


def list_headless(fitted: Fitted, rendered: Any) -> Fitted:
    """Turn tables into lists whose header is too tall for a page, and so was left out."""
    tall = frozenset(_too_tall(rendered, only_header=True))
    if not tall:
        return fitted
    changed, names = as_lists(fitted.document, tall), table_names(fitted.document)
    listed = tall - table_names(changed).keys()
    notes = (*fitted.notes, *tall_notes(sorted(listed), names))
    return replace(fitted, document=changed, lists=fitted.lists | listed, notes=notes)


def _too_tall(rendered: Any, *, only_header: bool = False) -> dict[str, list[str]]:
    """Return the rows that are on several pages, or that took the place of a header, by table."""
    found: dict[str, list[str]] = {}
    begun: set[Any] = set()
    for page in rendered.pages:
        for _, table in _tables(page._page_box):  # noqa: SLF001 - it has no public name
            heads = frozenset(table.element.findall("thead/tr"))
            every = [row for group in table.children for row in group.children]
            rows = [row for row in every if row.element not in heads]
            id_, headless = table.element.get("id"), bool(heads) and len(rows) == len(every)
            if not id_:
                continue
            tall = rows[:1] if headless and table.element not in begun else []
            if not only_header:
                tall += [row for row in rows if row.element in begun]
            if tall:
                found.setdefault(id_, []).extend(row.element.get("id") or "" for row in tall)
            begun |= {table.element, *(row.element for row in rows)}
    return found


def too_wide(rendered: Any) -> dict[str, Wide]:
    """Return the tables that are wider than the text around them, by their ids."""
    found = {}
    for page in rendered.pages:
        for room, table in _tables(page._page_box):  # noqa: SLF001 - it has no public name
            id_ = table.element.get("id")
            if id_ and table.margin_width() > room + 0.5:
                found[id_] = Wide(room * _POINTS, table.style["font_size"] * _POINTS)
    return found


def _tables(box: Any) -> Iterator[tuple[float, Any]]:
    """Yield each table of a page, after the width that is free for it."""
    for child in getattr(box, "children", ()):
        if getattr(child, "is_table_wrapper", False):
            room = box.content_box_x() + box.width - child.position_x - child.margin_left
            yield from ((room, table) for table in child.children if table.element_tag == "table")
        yield from _tables(child)


def fitting(
    wide: Mapping[str, Wide], document: Document, least: float, render: Callable[[str], Any]
) -> dict[str, float]:
    """Return the largest size in which each table fits, in points; 0 if it fits in none.

    `render` lays out HTML in the styles of the edition.
    """
    tried: dict[str, tuple[str, float]] = {}
    copies: list[str] = []
    rules: list[str] = []
    for part in document.parts:
        root = trees.parse(part.xhtml)
        mark_long_words(root)
        for table in root.iter("table"):
            id_ = table.get("id") or ""
            for size in _sizes(wide[id_].size, least) if id_ in wide else ():
                name = f"copy{len(copies)}"
                tried[name] = id_, size
                copies.append(_copy(table, name))
                rules.append(f"{closer(name, size)} #{name} {{ width: 1px !important }}")
    head = f"<head><title>Tables</title><style>{' '.join(rules)}</style></head>"
    laid = render(f'<html lang="en">{head}<body>{"".join(copies)}</body></html>')
    found = dict.fromkeys(wide, 0.0)
    for page in laid.pages:
        for _, table in _tables(page._page_box):  # noqa: SLF001 - it has no public name
            id_, size = tried.get(table.element.get("id"), ("", 0.0))
            if id_ and table.margin_width() * _POINTS <= wide[id_].room + 0.4:
                found[id_] = max(found[id_], size)
    return found


def _sizes(most: float, least: float) -> Iterator[float]:
    """Yield the sizes to try, from the largest."""
    size = most
    while size > least:
        yield size
        size = round((size - _STEP) / _STEP) * _STEP
    yield min(most, least)


_ENOUGH = 100
"""Letters of a word that breaks anywhere by which its column is measured."""


def _copy(table: trees.Element, name: str) -> str:
    """Return a table to measure, without ids, links, and caption, none of which makes it wider."""
    copy = trees.parse(trees.serialize(table))
    for element in copy.iter("*"):
        element.attrib.pop("id", None)
        element.attrib.pop("href", None)
        if trees.has_class(element, "long") and element.text:  # it breaks anywhere
            element.text = element.text[:_ENOUGH]
    for caption in copy.findall("caption"):
        copy.remove(caption)
    copy.set("id", name)
    return trees.serialize(copy)


def closer(id_: str, size: float) -> str:
    """Return the rules that set a table more closely, in a size in points.

    Its first column may wrap, its columns are closer, and code in it is not smaller than the rest.
    """
    table = _selector(id_)
    return (
        f"{table} {{ font-size: {size:g}pt !important }} "
        f"{table} th, {table} td {{ padding-right: 6pt; white-space: normal !important }} "
        f"{table} code, {table} kbd, {table} samp {{ font-size: 1em }}"
    )


def _broken(id_: str) -> str:
    """Return the rule for a table that cannot be a list: its words break anywhere."""
    return f"{_selector(id_)} {{ overflow-wrap: anywhere }}"


def _selector(id_: str, tag: str = "table") -> str:
    quoted = id_.replace("\\", "\\\\").replace('"', '\\"')
    return f'{tag}[id="{quoted}"]'


def smallest(tokens: Mapping[str, str]) -> float:
    """Return the smallest type that an edition allows in tables, in points."""
    found = re.fullmatch(r"([\d.]+)pt", tokens.get("--size-least", ""))
    return float(found[1]) if found else 9.0
