"""The structure tree of a finished PDF, whole, as text that a person can read in a diff.

In: the bytes of a PDF. Out: a line for each element, with its attributes and its own text; and what
the pages draw, in order. Nothing here knows how the files were made.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2 as pdfium
from pikepdf import Array, Dictionary

from tests.inside import _marked_texts

FORM = -1
"""In place of a page: marked content in a form XObject."""


class Tree:
    """An opened PDF, and its structure tree."""

    def __init__(self, data: bytes) -> None:
        self.pdf = pikepdf.open(io.BytesIO(data))
        self.root = self.pdf.Root.StructTreeRoot
        self.top = self.root.K[0]
        self.pages = {page.obj.objgen: n for n, page in enumerate(self.pdf.pages)}
        drawn = pdfium.PdfDocument(data)
        self.texts = [_marked_texts(page) for page in drawn]
        drawn.close()

    def kids(self, element: Any) -> list[Any]:
        """The kids of an element: elements, and pairs of page and MCID, and `OBJR`."""
        found = element.get("/K", Array())
        found = list(found) if isinstance(found, Array) else [found]
        return [self._kid(kid, element) for kid in found]

    def _kid(self, kid: Any, element: Any) -> Any:
        if isinstance(kid, int):
            return self.pages[element.Pg.objgen], kid
        if "/Stm" in kid:  # in a form, which the page draws as a whole
            return FORM, int(kid.MCID)
        if kid.get("/Type") == "/MCR":
            return self.pages[kid.Pg.objgen], int(kid.MCID)
        return "OBJR" if kid.get("/Type") == "/OBJR" else kid

    def elements(self) -> Iterator[Any]:
        """Every element, in reading order."""
        waiting = [self.top]
        while waiting:
            element = waiting.pop(0)
            yield element
            waiting[:0] = [kid for kid in self.kids(element) if isinstance(kid, Dictionary)]

    def marks(self) -> list[tuple[int, int]]:
        """The page and MCID of all marked content, in reading order."""

        def of(element: Any) -> Iterator[tuple[int, int]]:
            for kid in self.kids(element):
                if isinstance(kid, Dictionary):
                    yield from of(kid)
                elif kid != "OBJR":
                    yield kid

        return list(of(self.top))

    def lines(self, element: Any = None, depth: int = 0) -> list[str]:
        """A line for each element: its type, what it says of itself, its text in quotes."""
        element = self.top if element is None else element
        kids = self.kids(element)
        said = [repr(self._text(kid)) for kid in kids if isinstance(kid, tuple)]
        links = ["link"] * kids.count("OBJR")
        head = " ".join([str(element.S)[1:], *_said_of(element), *links, *said])
        inner = [
            line for k in kids if isinstance(k, Dictionary) for line in self.lines(k, depth + 1)
        ]
        return [f"{'  ' * depth}{head}", *inner]

    def _text(self, place: tuple[int, int]) -> str:
        return (
            "(form)"
            if place[0] == FORM
            else " ".join(self.texts[place[0]].get(place[1], "").split())
        )

    def drawn(self, page: int) -> list[str]:
        """What a page draws, in order: `MCID 3`, or `Artifact Footer`, for each operator that does.

        `bare` is what is neither marked nor an artifact.
        """
        found, stack = [], []
        for operands, operator in pikepdf.parse_content_stream(self.pdf.pages[page]):
            name = str(operator)
            if name in ("BDC", "BMC"):
                stack.append(_mark(*operands))
            elif name == "EMC":
                stack.pop()
            elif name == "Do" and "/StructParents" in self._object(page, operands[0]):
                found.append("form")
            elif name in ("Tj", "TJ", "f", "f*", "S", "s", "B", "b", "Do", "sh"):
                marks = [mark for mark in stack if mark]
                assert len(marks) < 2, f"{marks} within each other"
                found.append(marks[0] if marks else "bare")
        assert not stack
        return found

    def _object(self, page: int, name: Any) -> Any:
        return self.pdf.pages[page].Resources.XObject[name]

    def number_tree(self) -> dict[int, Any]:
        """The parent tree: pages and annotations to their elements."""
        numbers = list(self.root.ParentTree.Nums)
        return {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}


def _said_of(element: Any) -> list[str]:
    said = [f"{key[1:]}={element[key]}" for key in ("/Lang", "/Alt", "/E", "/ID") if key in element]
    owned = element.get("/A", Array())
    for attributes in owned if isinstance(owned, Array) else [owned]:
        for key, value in sorted(attributes.items()):
            if key == "/Headers":
                said.append(f"Headers={','.join(map(str, value))}")
            elif key not in ("/O", "/BBox"):
                said.append(f"{key[1:]}={str(value).removeprefix('/')}")
    return said


def _mark(tag: Any, properties: Any = None) -> str:
    """Return what marked content is; empty if it only says how to read another's text."""
    said = properties or {}
    if "/MCID" in said:
        return f"MCID {said['/MCID']}"
    if tag == "/Artifact":
        return f"Artifact {str(said.get('/Subtype', said.get('/Type', '')))[1:]}"
    return ""
