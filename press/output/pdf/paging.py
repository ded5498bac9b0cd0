"""Paper saved: figures float, short last pages fill up, references go on below the text.

In: pages, while WeasyPrint makes them. Out: the same pages or better ones, and what was changed,
as moves and rules. Only the pages from a change on are made again, never the whole layout.
This module must not know what a handout contains besides sections, figures, and references.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any

from press.core import limits
from press.core.model import Move
from press.core.records import dataclass
from press.core.trees import has_class

_THIRD = 1 / 3
_GAP = 0.2
"""The share of a page that must be blank before something moves up to fill it."""
_MUCH = 1 / 3
"""The share of a page that must be blank before a figure moves into the next section."""
_FLOATS = ("figure", "table")
_PASSED = ("p", "ul", "ol", "dl", "blockquote", "table", "figure", "div")
"""What may go before a figure or a table that does not fit; never a heading, which it is under."""
_PUSHED = ("p", "ul", "ol", "li", "dl", "blockquote", "section", "aside", "figure", "h2", "h3")
_TRIES = 4
_FULL = 0.96
"""The most of their last page that references on a sheet of their own may be estimated to fill."""


@dataclass
class Paging:
    """What may be changed in a layout, and what was."""

    auto: bool = False
    """Give the references a sheet of their own if this costs no leaf and no blank page."""
    sides: int = 2
    """Pages on a leaf: 4 in a booklet."""
    moves: list[Move] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


def start() -> None:
    """Let WeasyPrint improve the pages of an `HTML` that has a `paging`."""
    from weasyprint import layout
    from weasyprint.layout import page as pages_module

    make_all, remake = layout.make_all_pages, pages_module.remake_page

    def remake_page(index: int, context: Any, root: Any, html: Any) -> tuple[Any, Any]:
        made = remake(index, context, root, html)
        limits.page_made()
        paging = getattr(html, "paging", None)
        while paging and (move := _float(root, *made)):
            again = remake(index, context, root, html)
            if _end(again[0]) <= _end(made[0]):  # nothing came up: leave the order as it was
                move.undo()
                return remake(index, context, root, html)  # type: ignore[no-any-return]
            made = again
            paging.moves.append(Move(move.block.element.get("id"), move.after.element.get("id")))
        return made  # type: ignore[no-any-return]

    def make_all_pages(context: Any, root: Any, html: Any, pages: Sequence[Any]) -> Iterator[Any]:
        made = list(make_all(context, root, html, pages))
        paging = getattr(html, "paging", None)
        if paging and not pages:
            made = improve(paging, made, Again(make_all, context, root, html))
        yield from made

    pages_module.remake_page = remake_page
    layout.make_all_pages = make_all_pages


@dataclass
class Again:
    """The layout, to make pages again from one on."""

    make_all: Any
    context: Any
    root: Any
    html: Any

    def __call__(self, index: int, pages: Sequence[Any]) -> list[Any]:
        """Return the pages, made again from `index` on."""
        self.context.page_maker[index][-1]["content_changed"] = True
        return list(self.make_all(self.context, self.root, self.html, pages))

    def begins_by_force(self, index: int) -> bool:
        """Return whether a page begins where the author or a style sheet wants it to."""
        return bool(self.context.page_maker[index][1]["break"] != "any")


@dataclass
class _Floated:
    """A figure or a table that was moved after a later block."""

    block: Any
    after: Any
    before: tuple[tuple[Any, Any], ...]
    """The boxes that it was moved out of and into, with the children that they had."""

    def undo(self) -> None:
        """Put it back."""
        for parent, children in self.before:
            parent.children = children


def _float(root: Any, page: Any, resume_at: Any) -> _Floated | None:
    """Move the figure or table with which the next page begins after the block that follows it.

    The last block of a section moves after the first paragraph of the next one, if much of the
    page would be blank. Return None if the page is full, or if there is no such figure, or nothing
    to fill the page.
    """
    deeper, way = resume_at, [root]
    while deeper:
        place, deeper = next(iter(deeper.items()))
        if place >= len(way[-1].children):
            return None  # a line, or what was made for a page
        way.append(way[-1].children[place])
    holder, parent, box = [None, None, *way][-3:]
    if parent is None or box.element is None or box.element_tag not in _FLOATS:
        return None
    if parent.element_tag != "section":
        return None
    gap = 1 - filled(page)  # a walk over the page, for which there is seldom a need
    if gap < _GAP:
        return None
    into, follower = parent, _next(parent, box)
    if follower is None and holder is not None and gap >= _MUCH:
        into = _next(holder, parent)
        follower = _first_text(into)
    if follower is None or follower.element_tag not in _PASSED:
        return None
    if has_class(follower.element, "notes") or not _named(box, follower):
        return None
    if not follower.is_in_normal_flow():
        return None
    moved = _Floated(box, follower, tuple((p, p.children) for p in dict.fromkeys((parent, into))))
    parent.children = [child for child in parent.children if child is not box]
    children = list(into.children)
    children.insert(children.index(follower) + 1, box)
    into.children = children
    return moved


def _next(parent: Any, box: Any) -> Any:
    """Return what follows a box in another; None if it is the last."""
    children = list(parent.children)
    after = children[children.index(box) + 1 :]
    return after[0] if after else None


def _first_text(section: Any) -> Any:
    """Return the block after the heading of a plain section; None if it is a box or has others."""
    if section is None or section.element_tag != "section" or section.element is None:
        return None
    if section.style["break_inside"] == "avoid" or section.element.get("class") != "section":
        return None
    children = section.children[:2]
    return children[1] if len(children) > 1 and children[0].element_tag == "h2" else None


def _named(*boxes: Any) -> bool:
    return all(box.element is not None and box.element.get("id") for box in boxes)


def improve(paging: Paging, pages: list[Any], again: Again, first: int = 0) -> list[Any]:
    """Place the references, then fill pages that are less than a third full.

    The pages before `first` are not there.
    """
    if paging.auto:
        pages = _detach(paging, pages, again)
    for index in range(len(pages) - 1, first, -1):
        if _poor(pages[index]) and not again.begins_by_force(index):
            pages = _fill(paging, index, pages, again, first)
    return pages


def _detach(paging: Paging, pages: list[Any], again: Again) -> list[Any]:
    """Give the references a sheet of their own if that costs nothing."""
    source = next((b for b in again.root.descendants() if _is_references(b)), None)
    shown = [
        (index, box)
        for index, page in enumerate(pages)
        if page
        for box in page.children[0].descendants()
        if _is_references(box)
    ]
    if source is None or not shown:
        return pages
    first, box = shown[0]
    text = (box.position_y - pages[first].content_box_y()) / pages[first].height
    before = first if text < 0.01 else first + 1  # pages of text
    high = sum(b.height for _, b in shown) / pages[first].height
    size = int(high) + (1 if high % 1 <= _FULL else 2)
    leaves = -(-(before + size) // paging.sides)
    whole = paging.sides > 2 or before % 2 == 0
    full = before - 1 != first or (text >= _THIRD and not _is_closing(pages[first]))
    if not whole or not full or leaves > -(-len(pages) // paging.sides):
        return pages
    if before == first + 1:
        source.style["break_before"] = "page"
        pages = again(first, pages)
    paging.rules.append(".references { break-before: page }")
    return pages


def _is_closing(page: Any) -> bool:
    """Return whether a page has only who made the handout on it, apart from the references."""
    parts = [c for c in page.children[0].children[-1].children if not c.is_running()]
    rest = [c for c in parts if c.element is not None and not _is_references(c)]
    return bool(rest) and all(has_class(c.element, "notice-closing") for c in rest)


def _is_references(box: Any) -> bool:
    return box.element_tag == "section" and has_class(box.element, "references")


def _fill(paging: Paging, index: int, pages: list[Any], again: Again, first: int) -> list[Any]:
    """Move the end of an earlier page to the next, so that a page has enough on it.

    If the page before cannot give, as in columns, the one before that gives to it.
    """
    tried = 0
    for giver in range(index - 1, max(index - 3, first - 1), -1):
        for box in _givable(pages[giver], _THIRD + 0.02 - filled(pages[index])):
            source = next((b for b in again.root.descendants() if _same(b, box)), None)
            if source is None or tried == _TRIES:
                continue
            tried += 1
            kept, source.style["break_before"] = source.style["break_before"], "page"
            made = again(giver, pages)
            if len(made) <= len(pages) and not any(map(_poor, made[giver : index + 1])):
                id_ = box.element.get("id").replace("\\", "\\\\").replace('"', '\\"')
                paging.rules.append(f'[id="{id_}"] {{ break-before: page !important }}')
                return made
            source.style["break_before"] = kept
            pages = again(giver, made)
        if again.begins_by_force(giver):
            break
    return pages


def _givable(page: Any, lacks: float) -> Iterator[Any]:
    """Yield the blocks before which a page may end, from its foot.

    It keeps a third of its height; the next page gets `lacks` of it or more.
    """
    top, high = page.content_box_y(), page.height
    end = top + filled(page) * high
    for box in sorted(_blocks(page), key=lambda box: -box.position_y):
        if (box.position_y - top) / high >= _THIRD + 0.02 and end - box.position_y >= lacks * high:
            yield box


def _poor(page: Any) -> bool:
    """Return whether a page is less than a third full, or has only who made the handout on it."""
    if filled(page) < _THIRD:
        return True
    return _is_closing(page) and not any(map(_is_references, page.children[0].descendants()))


def _same(one: Any, other: Any) -> bool:
    return one.element is other.element and one.element_tag == other.element_tag


def _blocks(page: Any) -> Iterator[Any]:
    """Yield the blocks of a page before which it may end."""
    waiting = [page.children[0]]
    while waiting:
        parent = waiting.pop()
        last: Any = None
        for child in getattr(parent, "children", ()):
            if not child.is_in_normal_flow():
                continue
            free = last is not None and "avoid" not in (
                child.style["break_before"],
                *_afters(last),
            )
            known = child.element is not None and child.element.get("id")
            if free and known and child.element_tag in _PUSHED:
                yield child
            opens = child.element_tag in ("html", "body", "section", "div", "ul", "ol")
            block = child.style["display"] == ("block", "flow") and not _in_columns(child)
            if opens and block and child.style["break_inside"] != "avoid":
                waiting.append(child)
            last = child


def _in_columns(box: Any) -> bool:
    """Return whether a box has columns; each of them is a box of the same element."""
    return (box.style["column_count"], box.style["column_width"]) != ("auto", "auto")


def _afters(box: Any) -> Iterator[str]:
    """Yield what a block and the last blocks in it say of a break after them."""
    while box is not None:
        yield box.style["break_after"]
        children = [c for c in getattr(box, "children", ()) if c.is_in_normal_flow()]
        box = children[-1] if children else None


def filled(page: Any) -> float:
    """Return how far down a page its content reaches, as a share of its height; 0 if blank."""
    return float((_end(page) - page.content_box_y()) / page.height)


def _end(page: Any) -> float:
    root = page.children[0]
    ends = [box.position_y + box.margin_height() for box in root.descendants() if _marks(box)]
    return max(ends, default=page.content_box_y())  # type: ignore[no-any-return]


def _marks(box: Any) -> bool:
    """Return whether a box leaves ink: a line of text, a picture, or a rule."""
    kind = type(box).__name__
    if kind == "TextBox":
        return False  # it is in a line
    return (
        kind in _INK
        or bool(getattr(box, "border_top_width", 0))
        or bool(getattr(box, "border_bottom_width", 0))
    )


_INK = frozenset(("LineBox", "InlineReplacedBox", "BlockReplacedBox"))
