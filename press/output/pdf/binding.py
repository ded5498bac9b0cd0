"""Binding: finished PDFs become one, and each of them keeps what it has.

In: a PDF of a cover sheet and a blank page, and PDFs of handouts. Out: one PDF, in which each part
begins on a right-hand page. Pages are taken over as they are, with their tags, bookmarks, links,
and annotations; embedded files are not. This module must not know what is on a page.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, cast

import pikepdf
from pikepdf import Array, Dictionary, Name, NameTree, NumberTree, Object, Stream, String

from press.core.records import dataclass


@dataclass(frozen=True)
class Part:
    """A finished PDF to bind."""

    title: str
    lang: str
    data: bytes


def bind(cover: bytes, parts: Sequence[Part], label: str) -> bytes:
    """Bind PDFs behind a cover sheet, for printing on both sides.

    The last page of `cover` is blank. It comes before each part that would begin on a left-hand
    page. `label` is the page label of the cover sheet; the pages of each part have the numbers that
    are printed on them (ISO 32000-1, 12.4.2).
    """
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(cover)) as made:
        binder = _Binder(made, label)
        for number, part in enumerate(parts, 1):
            with pikepdf.open(io.BytesIO(part.data)) as pdf:
                binder.add(pdf, part, f"{number}.")
        binder.finish()
        made.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


class _Binder:
    """The PDF that is made, and the trees that grow with each part."""

    def __init__(self, made: pikepdf.Pdf, label: str) -> None:
        self.made, self.blank = made, made.pages[-1]
        del made.pages[-1]
        self.tree = made.Root.StructTreeRoot
        self.parents: dict[int, Any] = dict(NumberTree(self.tree.ParentTree).items())
        del self.parents[int(self.blank.obj.StructParents)]  # it has nothing but artifacts
        del self.blank.obj.StructParents
        self.spaces: list[Any] = list(_list(self.tree.get("/Namespaces")))
        self.ids = _marked(self.tree.get("/IDTree"), "")
        self.places: dict[bytes, Any] = {}
        self.marks = _marks(made.Root.get("/Outlines"))
        self.labels: list[Any] = [0, Dictionary(P=String(label))]
        cover = self.tree.K[0]
        self.top = made.make_indirect(Dictionary(S=cover.S, P=self.tree, K=Array()))
        if "/NS" in cover:
            self.top.NS = cover.NS
        self._add_tags(cover)

    def add(self, pdf: pikepdf.Pdf, part: Part, mark: str) -> None:
        """Add a part; `mark` goes before its names and ids, so that no two parts share one."""
        if len(self.made.pages) % 2:
            self.labels += [len(self.made.pages), Dictionary(P=String(""))]
            self.made.pages.append(self.blank)
        first, number = len(self.made.pages), max(self.parents, default=-1) + 1
        self.labels += [first, Dictionary(S=Name.D)]
        for item in pdf.objects:
            if isinstance(item, Dictionary | Stream):
                _renumber(item, number)
                _rename(item, mark)
        taken = self._taken(pdf)
        self.parents |= {number + n: each for n, each in NumberTree(taken.Tree.ParentTree).items()}
        self.ids |= _marked(taken.Tree.get("/IDTree"), mark)
        self.places |= _marked(taken.get("/Dests"), mark)
        self.spaces += _list(taken.Tree.get("/Namespaces"))
        for element in _list(taken.Tree.K):
            element.Lang = String(part.lang)
            self._add_tags(element)
        self._add_marks(_marks(taken.get("/Outlines")), part.title, self.made.pages[first])

    def _taken(self, pdf: pikepdf.Pdf) -> Any:
        """Take over the pages of a part; return its tags, names, and bookmarks, copied.

        Annotations are taken after all pages: what they lead to would lose its page.
        """
        notes = Array([page.obj.get("/Annots", Array()) for page in pdf.pages])
        for page in pdf.pages:
            if "/Annots" in page.obj:
                del page.obj.Annots
        first = len(self.made.pages)
        self.made.pages.extend(pdf.pages)
        root = pdf.Root
        whole = Dictionary(Annots=notes, Tree=root.StructTreeRoot)
        for key, held in (("/Outlines", root), ("/Dests", root.get("/Names", Dictionary()))):
            if key in held:
                whole[key] = held[key]
        taken = self.made.copy_foreign(pdf.make_indirect(whole))
        for page, each in zip(self.made.pages[first:], taken.Annots, strict=True):
            if len(each):
                page.obj.Annots = each
        return taken

    def _add_tags(self, element: Any) -> None:
        """Add the tags of a part as a part of the whole (ISO 32000-1, 14.8.4.2)."""
        element.S, element.P = Name.Part, self.top
        self.top.K.append(element)

    def _add_marks(self, marks: Sequence[Any], title: str, page: pikepdf.Page) -> None:
        """Add the bookmarks of a part: below its title, as they usually are already."""
        if len(marks) == 1:
            self.marks += marks
            return
        item = self.made.make_indirect(Dictionary(Title=String(title), Dest=[page.obj, Name.Fit]))
        _link(item, marks)
        self.marks.append(item)

    def finish(self) -> None:
        """Write the trees."""
        root, tree = self.made.Root, self.tree
        tree.K = Array([self.top])
        numbers = [each for pair in sorted(self.parents.items()) for each in pair]
        tree.ParentTree = self.made.make_indirect(Dictionary(Nums=Array(numbers)))
        if self.spaces:
            tree.Namespaces = Array(self.spaces)
        if self.ids:
            tree.IDTree = self.made.make_indirect(_name_tree(self.ids))
        if self.places:
            names = root.get("/Names", Dictionary())
            names.Dests = self.made.make_indirect(_name_tree(self.places))
            root.Names = names
        root.Outlines = self.made.make_indirect(Dictionary(Type=Name.Outlines))
        _link(root.Outlines, self.marks)
        root.PageLabels = Dictionary(Nums=Array(self.labels))
        # ISO 32000-1, 12.2: the default of a viewer's print dialog.
        root.ViewerPreferences.Duplex = Name.DuplexFlipLongEdge


def _list(value: Object | None) -> list[Any]:
    """Return the members of an array; another object is the only one."""
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


def _renumber(item: Any, first: int) -> None:
    """Let a page, form, or annotation find its tags, whose numbers now begin at `first`."""
    for key in ("/StructParents", "/StructParent"):
        if key in item:
            item[key] = int(item[key]) + first


def _rename(item: Any, mark: str) -> None:
    """Put a mark before the names of places and elements that an object has or refers to."""
    action = item.get("/A")
    for holder, key in ((item, "/Dest"), (action, "/D")):
        if isinstance(holder, Dictionary) and isinstance(holder.get(key), String):
            holder[key] = String(f"{mark}{holder[key]}")
    if "/S" not in item or "/P" not in item:  # not an element of the tags
        return
    if "/ID" in item:
        item.ID = String(f"{mark}{item.ID}")
    for each in _list(action):
        if isinstance(each, Dictionary) and "/Headers" in each:
            each.Headers = Array([String(f"{mark}{name}") for name in _list(each.Headers)])


def _marked(tree: Any, mark: str) -> dict[bytes, Any]:
    """Return the entries of a name tree, with a mark before each name."""
    items = NameTree(tree).items() if tree is not None else ()
    return {bytes(String(mark + cast(str, name))): value for name, value in items}


def _name_tree(entries: dict[bytes, Any]) -> Dictionary:
    """Return a name tree (ISO 32000-1, 7.9.6), sorted by the bytes of the names."""
    return Dictionary(Names=Array([e for n in sorted(entries) for e in (String(n), entries[n])]))


def _marks(outlines: Any) -> list[Any]:
    """Return the bookmarks of the first level (ISO 32000-1, 12.3.3)."""
    found, item = [], outlines.get("/First") if outlines is not None else None
    while item is not None:
        found.append(item)
        item = item.get("/Next")
    return found


def _link(parent: Any, items: Sequence[Any]) -> None:
    """Put bookmarks below another, or below the root."""
    for number, item in enumerate(items):
        item.Parent = parent
        for key, other in (("/Prev", number - 1), ("/Next", number + 1)):
            if 0 <= other < len(items):
                item[key] = items[other]
            elif key in item:
                del item[key]
    if items:
        parent.First, parent.Last = items[0], items[-1]
        parent.Count = sum(1 + max(0, int(item.get("/Count", 0))) for item in items)
