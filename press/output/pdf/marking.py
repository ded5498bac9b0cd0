"""Marked content: what a content stream says about the text between two of its operators.

In: WeasyPrint's streams, while it paints. Out: each piece of text is marked as part of its node of
the structure, everything else as an artifact (ISO 32000-1, 14.8.2.2), and the marks of a page are
in reading order. This module must not know the structure tree.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from press.output.pdf.nodes import LAYOUT, Node

_END = b"EMC"
_RTL = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""Letters written from right to left."""


_JOINED = re.compile("[\u0900-\u0dff\u0e00-\u109f\u1780-\u17ff\u1a20-\u1aaf\ua8e0-\ua8ff]")
"""Letters of scripts in which glyphs of a syllable are drawn in another order than read, or of
which one has the text of all."""


class Mark:
    """The beginning of a piece of marked content, an operator of a stream.

    `first` and `last` are the places of its boxes in the reading order.
    """

    __slots__ = ("first", "id", "last", "line", "node", "stream", "taken")

    def __init__(self, node: Node, box: Any, stream: Any) -> None:
        self.node, self.line, self.stream = node, box.line, stream
        self.first = self.last = box.order
        self.id = 0
        """The MCID (ISO 32000-1, 14.7.4.2)."""
        self.taken = False

    def __str__(self) -> str:
        return f"/{self.node.kind} <</MCID {self.id}>> BDC"


class Span:
    """The operators of a stacking context: their range in a stream, and the contexts in it."""

    __slots__ = ("inner", "movable", "start", "stop")

    def __init__(self, start: int, stop: int, inner: list[Span], *, movable: bool) -> None:
        self.start, self.stop, self.inner, self.movable = start, stop, inner, movable


def start() -> None:
    """Let WeasyPrint mark what it paints."""
    from weasyprint import draw
    from weasyprint.pdf.stream import Stream

    whole = draw.draw_stacking_context

    def draw_stacking_context(stream: Any, context: Any) -> None:
        if stream._tags is None:  # noqa: SLF001 - patched
            whole(stream, context)
            return
        # Whatever is painted in a context must not depend on what was painted before it.
        stream._current_color = stream._current_color_stroke = None  # noqa: SLF001 - patched
        stream._current_alpha = stream._current_alpha_stroke = None  # noqa: SLF001 - patched
        outer, stream.spans = stream.spans, []
        begin = len(stream.stream)
        whole(stream, context)
        inner, stream.spans = stream.spans, outer
        if len(stream.stream) > begin:
            plain = context.z_index == 0 and getattr(context.box, "background", None) is None
            stream.spans.append(Span(begin, len(stream.stream), inner, movable=plain))

    _fill_syllables()
    draw.draw_stacking_context = draw_stacking_context
    Stream.latest = None
    whole_init = Stream.__init__

    def begin(self: Any, *args: Any, **options: Any) -> None:
        whole_init(self, *args, **options)
        self.spans = []

    Stream.__init__, Stream.marked, Stream.artifact = begin, _marked, _artifact


def find_turned(pages: Sequence[Any]) -> None:
    """Note of each text in a document with letters from the right that it may be read in any order.

    Programs find out by themselves what is on one line, and turn signs and spaces between such
    letters and others, which may be in another box.
    """
    from weasyprint.formatting_structure.boxes import TextBox

    whole = [page._page_box for page in pages]  # noqa: SLF001 - the library has no other way to ask
    roots = (child.element for page in whole[:1] for child in page.children[:1])
    words = (text for root in roots if root is not None for text in root.itertext())
    if not any(not text.isascii() and _RTL.search(text) for text in words):
        return
    for box in (each for page in whole for each in page.descendants()):
        if isinstance(box, TextBox):
            box.turned = True


def _fill_syllables() -> None:
    """Let each glyph have a text: of a syllable, all but one glyph would have an empty one."""
    from weasyprint.pdf.fonts import Font

    class Texts(dict[int, str]):
        def __setitem__(self, glyph: int, text: str) -> None:
            super().__setitem__(glyph, text or "\u200b")

    whole = Font.__init__

    def begin(self: Any, *args: Any, **options: Any) -> None:
        whole(self, *args, **options)
        self.to_unicode = Texts(self.to_unicode)

    Font.__init__ = begin


@contextlib.contextmanager
def _marked(self: Any, box: Any, _tag: str) -> Iterator[None]:
    """Replace `Stream.marked`: pieces of one node on a line become one."""
    turned = _is_turned(box)
    if self._tags is None:
        if turned:
            self.stream.append(turned)
        yield
        if turned:
            self.stream.append(_END)
        return
    owner = getattr(box, "owner", LAYOUT)
    if isinstance(owner, Node):
        _begin(self, owner, box)
    else:
        _begin_artifact(self, owner)
    if turned:
        self.stream.append(turned)
    yield
    if turned:
        self.stream.append(_END)
    self.stream.append(_END)


def _is_turned(box: Any) -> str:
    """Return the operator that says how a text is read if it is drawn in another order; or nothing.

    ISO 32000-1, 14.9.4: glyphs are drawn from left to right, but read in the order of the text. Of
    a syllable, the file knows the letters only for one of its glyphs.
    """
    text = getattr(box, "text", "")
    if not text or not (
        getattr(box, "turned", False) or box.style["direction"] == "rtl" or _JOINED.search(text)
    ):
        return ""
    words = ("\ufeff" + text).encode("utf-16-be").hex()
    return f"/Span <</ActualText <{words}>>> BDC"


def _begin(stream: Any, node: Node, box: Any) -> None:
    mark = stream.latest
    if (
        isinstance(mark, Mark)
        and mark.node is node
        and mark.line == box.line  # words are not separated by spaces at the end of a line
        and mark.last + 1 == box.order
        and stream.stream[-1] == _END
    ):
        stream.stream.pop()
        mark.last = box.order
    else:
        mark = stream.latest = Mark(node, box, stream)
        stream._tags.setdefault(stream, []).append(mark)  # noqa: SLF001 - patched
        stream.stream.append(mark)
    box.mark = mark


def _begin_artifact(stream: Any, artifact: bytes) -> None:
    if stream.latest == artifact and stream.stream[-1] == _END:
        stream.stream.pop()
    else:
        stream.latest = artifact
        stream.stream.append(artifact)


@contextlib.contextmanager
def _artifact(self: Any) -> Iterator[None]:
    """Replace `Stream.artifact`: what is not text of the document is decoration."""
    if self._tags is None:
        yield
        return
    _begin_artifact(self, LAYOUT)
    yield
    self.stream.append(_END)


def in_order(stream: Any, marks: list[Mark]) -> list[Mark]:
    """Return the marks of a stream in the order of its operators, numbered.

    If they are not in reading order, as floats and list markers, which CSS paints before or after
    the text around them (CSS 2.1, appendix E), first move the operators of stacking contexts that
    have no background. Each begins by saving the graphics state and depends on none before it.
    """
    if any(one.last > other.first for one, other in pairwise(marks)):
        whole = Span(0, len(stream.stream), stream.spans, movable=False)
        stream.stream[:] = _settled(stream.stream, whole)
        marks = [each for each in stream.stream if isinstance(each, Mark)]
    for number, mark in enumerate(marks):
        mark.id = number
    return marks


def _settled(operators: list[Any], span: Span) -> list[Any]:
    """Return the operators of a stacking context, with the contexts in it in reading order."""
    pieces: list[list[Any]] = [[]]
    movable: list[list[Any]] = []
    place = span.start
    for inner in span.inner:
        _cut(operators[place : inner.start], pieces)
        within = _settled(operators, inner)
        if inner.movable and _first(within) >= 0:
            movable.append(within)
            pieces += [within, []]
        else:
            pieces[-1] += within
        place = inner.stop
    _cut(operators[place : span.stop], pieces)
    pieces.append(_ending(pieces[-1]))
    for within in movable:
        _move(pieces, within)
    return [each for piece in pieces for each in piece]


def _move(pieces: list[list[Any]], within: list[Any]) -> None:
    """Move a piece to its place in the reading order, unless it is there."""
    first = _first(within)
    place = next(n for n, piece in enumerate(pieces) if piece is within)
    before, after = pieces[:place], pieces[place + 1 :]
    late = [n for n, piece in enumerate(before) if _first(piece) > first]
    early = [n for n, piece in enumerate(after) if 0 <= _first(piece) < first]
    if late:
        pieces.insert(late[0], pieces.pop(place))
    elif early:
        pieces.insert(place + early[-1] + 1, pieces.pop(place))


def _cut(operators: list[Any], pieces: list[list[Any]]) -> None:
    """Begin a new piece at each mark."""
    for each in operators:
        if isinstance(each, Mark):
            pieces.append([])
        pieces[-1].append(each)


def _first(piece: list[Any]) -> int:
    """Return the place of a piece in the reading order; -1 if it has none."""
    return next((each.first for each in piece if isinstance(each, Mark)), -1)


def _ending(piece: list[Any]) -> list[Any]:
    """Remove and return the operators that end a stacking context."""
    stop = len(piece)
    while stop and piece[stop - 1] == b"Q":
        stop -= 1
    rest = piece[stop:]
    del piece[stop:]
    return rest
