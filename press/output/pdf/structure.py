"""The structure of laid-out pages: which element each piece of text belongs to.

In: WeasyPrint's pages, before they are painted. Out: a tree of nodes; each box that will be painted
gets its node, or is an artifact. A box knows the HTML element that it was made for, so boxes of one
element on several lines or pages become one node. The tree is in the order of the boxes, which is
the order of the elements. This module must not know how the tree is written into a file.
"""

from __future__ import annotations

import re
from typing import Any

from press.core.speech import EMOJI_CLASS
from press.core.trees import has_class
from press.output.pdf.nodes import LAYOUT, Annotation, Node

PAGINATION = b"/Artifact <</Type /Pagination>> BDC"
_RUNNING = {
    "@top": b"/Artifact <</Type /Pagination /Attached [/Top] /Subtype /Header>> BDC",
    "@bottom": b"/Artifact <</Type /Pagination /Attached [/Bottom] /Subtype /Footer>> BDC",
}

_ROLES = {
    "main": "Part", "article": "Art", "section": "Sect", "blockquote": "BlockQuote",
    **dict.fromkeys(("div", "header", "footer", "nav", "aside", "address", "figure"), "Div"),
    "p": "P", **{f"h{n}": f"H{n}" for n in range(1, 7)},
    **dict.fromkeys(("ul", "ol", "dl"), "L"), "table": "Table",
    **dict.fromkeys(("caption", "figcaption"), "Caption"),
    "thead": "THead", "tbody": "TBody", "tfoot": "TFoot", "tr": "TR", "th": "TH", "td": "TD",
    **dict.fromkeys(("code", "samp"), "Code"), "img": "Figure",
    "{http://www.w3.org/2000/svg}svg": "Figure",
}  # fmt: skip
"""HTML elements and their structure types (ISO 32000-1, 14.8.4); the others need none."""

_STYLES = {
    "disc": "Disc", "circle": "Circle", "square": "Square",
    "decimal": "Decimal", "decimal-leading-zero": "Decimal",
    "upper-roman": "UpperRoman", "lower-roman": "LowerRoman",
    "upper-alpha": "UpperAlpha", "upper-latin": "UpperAlpha",
    "lower-alpha": "LowerAlpha", "lower-latin": "LowerAlpha",
}  # fmt: skip
"""CSS list styles and their ListNumbering (ISO 32000-1, table 347)."""

PICTURES = ("Figure", "Formula")
"""Structure types of what is seen as a picture, and heard as its description."""

_SPACES = re.compile("[ \xa0]+")


class Spaces(str):
    """Spaces between two elements, which WeasyPrint draws only if they do not look empty.

    ISO 32000-1, 14.8.2.5: words in a tagged file are separated by explicit spaces.
    """

    __slots__ = ()

    def strip(self, _: str | None = None) -> str:
        """Return the spaces, unlike other texts."""
        return self


class Structure:
    """The structure tree of some pages. Sets `owner` and `order` on each box that is painted."""

    def __init__(self, pages: Any) -> None:
        from weasyprint.formatting_structure import boxes
        from weasyprint.layout.absolute import AbsolutePlaceholder

        self._boxes, self._placeholder = boxes, AbsolutePlaceholder
        self.root = Node("Document")
        self.homes: dict[Any, Node] = {}
        """Element, or element and `::marker`, to the node that holds its content."""
        self.targets: dict[str, Node] = {}
        """For each id, the node that a link to it leads to."""
        self.headings: list[Node] = []
        """The node of each bookmark."""
        self._groups: dict[Any, int] = {}
        self._order = self._line = 0
        for self._page, page in enumerate(pages):
            self._add_page(page)

    def _add_page(self, page: Any) -> None:
        box = page._page_box  # noqa: SLF001 - the library has no other way to ask
        self._height = box.margin_height()
        if not self.root.lang and box.children:
            self.root.lang = _lang(box.children[0].element) or ""
        self._linked = {id(link[-1]) for link in page.links}
        self._spare: set[int] = set()
        for child in box.children:
            if not isinstance(child, self._boxes.MarginBox):
                self._walk(child, self.root)
                continue
            # An artifact cannot hold a link (ISO 14289-1, 7.18.5).
            drawn = {id(each) for each in child.descendants()}
            page.links = [link for link in page.links if id(link[-1]) not in drawn]
            self._leave_out(child, _RUNNING.get(child.at_keyword.partition("-")[0], PAGINATION))
        page.links = [link for link in page.links if id(link[-1]) not in self._spare]

    def _walk(self, box: Any, node: Node, *, spoken: bool = True, linked: bool = False) -> None:
        if isinstance(box, self._placeholder):
            box = box._box  # noqa: SLF001 - the library has no other way to ask
        if self._is_repeated(box):
            self._leave_out(box, PAGINATION)
            spoken = False
        if box.element is not None:
            node = self._home(box, node)
        if box.bookmark_label and box.style["bookmark_level"] != "none":
            self.headings.append(node)
        if id(box) in self._linked:
            linked = self._add_link(box, node, linked=linked)
        if isinstance(box, self._boxes.LineBox):
            self._line += 1
        if spoken and isinstance(box, self._boxes.TextBox):
            self._add_text(box, node)
        elif spoken and isinstance(box, self._boxes.ReplacedBox):
            self._add_picture(box, node)
        for child in box.children:
            self._walk(child, node, spoken=spoken, linked=linked)

    def _add_link(self, box: Any, node: Node, *, linked: bool) -> bool:
        """Add the annotation of a link; return whether its rectangle covers the boxes in it.

        `linked` is whether another rectangle of the link covers this box.
        """
        inline = isinstance(box, self._boxes.InlineBox)
        if linked and inline:
            self._spare.add(id(box))
        elif link := node.within("Link"):
            link.kids.append(Annotation(box, self._page))
        return inline

    def _is_repeated(self, box: Any) -> bool:
        """Return whether a box is the head or foot of a table, again on a later page."""
        if not isinstance(box, self._boxes.TableRowGroupBox):
            return False
        if not (box.is_header or box.is_footer):
            return False
        return self._groups.setdefault(box.element, self._page) != self._page

    def _leave_out(self, box: Any, artifact: bytes) -> None:
        """Make everything in a box an artifact: it is painted but not part of the text."""
        if isinstance(box, self._placeholder):
            box = box._box  # noqa: SLF001 - the library has no other way to ask
        box.owner = artifact
        for child in box.children:
            self._leave_out(child, artifact)

    def _add_text(self, box: Any, node: Node) -> None:
        if node.kind == "Figure":  # an emoji
            self._outline(box, node, box.position_x, box.position_y)
        if _SPACES.fullmatch(box.text):
            box.text = Spaces(box.text)
        # WeasyPrint holds an empty list item open with a zero-width space.
        if box.text.strip().strip("\u200b") and box.style["visibility"] == "visible":
            self._place(box, node)
        else:
            box.owner = LAYOUT

    def _add_picture(self, box: Any, node: Node) -> None:
        if node.kind in PICTURES:
            node.inline = isinstance(box, self._boxes.InlineReplacedBox)
            self._outline(box, node, box.content_box_x(), box.content_box_y())
        if node.kind in PICTURES or "::" in box.element_tag:
            self._place(box, node)
        else:  # without a description, it is decoration
            box.owner = LAYOUT

    def _outline(self, box: Any, node: Node, x: float, y: float) -> None:
        """Say where a figure is on its page (ISO 32000-1, table 344); `x` and `y` in pixels."""
        left, top = x * 0.75, (self._height - y) * 0.75
        right, bottom = left + box.width * 0.75, top - box.height * 0.75
        layout = node.attributes.setdefault("Layout", {})
        layout["Placement"] = "Inline" if node.inline else "Block"
        layout["BBox"] = [left, bottom, right, top]

    def _place(self, box: Any, node: Node) -> None:
        box.owner, box.order, box.line, box.mark = node, self._order, self._line, None
        self._order += 1
        node.kids.append(box)

    def _home(self, box: Any, node: Node) -> Node:
        """Return the node for the content of a box, which may have been made on an earlier page."""
        element, marker = box.element, box.element_tag.endswith("::marker")
        key = (element, "marker") if marker else element
        home = self.homes.get(key)
        if home is None:
            home = self._marker(box) if marker else self._make(box, node)
            self.homes[key] = home
            self.targets.setdefault(element.get("id") or "", home)
        return home

    def _marker(self, box: Any) -> Node:
        """Return the label of a list item; its list gets the numbering of the label."""
        body = self.homes[box.element]
        item = body.parent
        if body.kind != "LBody" or item is None or item.parent is None:
            return body
        style = box.style["list_style_type"]
        ordered = item.parent.element is not None and item.parent.element.tag == "ol"
        numbering = _STYLES.get(style, "Ordered" if ordered else "Unordered")
        item.parent.attributes.setdefault("List", {"ListNumbering": numbering})
        label = Node("Lbl", None, item)
        item.kids.insert(0, label)
        return label

    def _make(self, box: Any, node: Node) -> Node:
        """Make the node for an element, if it needs one, and return the node for its content."""
        element = box.element
        lang = _lang(element)
        home = self._node_for(box, element, node)
        if lang and lang != node.lang and element.tag != "html":
            home = home if home is not node else node.add("Span", element)
            (home.parent if home.kind == "LBody" and home.parent else home).entries["Lang"] = lang
            home.lang = lang
        return home

    def _node_for(self, box: Any, element: Any, node: Node) -> Node:
        tag = element.tag
        if tag in ("li", "dt", "dd") or (node.kind == "L" and tag == "div"):
            return _item(node, element)
        if box.link and node.within("Link") is None:
            label = has_class(element, "note-back") and node.within("Note") is not None
            return (node.add("Lbl") if label else node).add("Link", element)
        if tag in ("del", "s") or (tag == "abbr" and element.get("title")):
            return _span(node, element)
        if tag == "pre":
            around = node.add("P", element)
            return around if _is_code(element) else _block(around.add("Code", element))
        if has_class(element, "noteref"):
            return node.add("Reference", element)
        inside = node.element is not None and has_class(node.element, "notes")
        if inside and has_class(element, "note"):
            note = node.add("Note", element)
            note.id = element.get("id") or f"note-{self._order}"
            return note
        kind = "Caption" if has_class(element, "caption") else _ROLES.get(tag, "")
        kind = "Figure" if has_class(element, EMOJI_CLASS) else kind
        if kind == "Figure":
            return _figure(node, element)
        made = node.add(kind, element) if kind else node
        outer = node.element if node.kind == "P" else None
        if kind == "Code" and outer is not None and outer.tag == "pre":
            _block(made)
        return made


def _is_code(pre: Any) -> bool:
    """Say if all content of a preformatted text is in one element, `code`."""
    whole = [child.tag for child in pre] == ["code"]
    return whole and not (pre.text or "").strip() and not (pre[0].tail or "").strip()


def _block(node: Node) -> Node:
    """Say that a piece of code is a block of its own (ISO 32000-1, table 343)."""
    node.attributes["Layout"] = {"Placement": "Block"}
    return node


def _item(node: Node, element: Any) -> Node:
    """Return the node for the content of a list item, a term, or its description.

    ISO 14289-1, 7.6: an item holds a label and a body. A term is the label of its description.
    """
    tag = element.tag
    if node.kind not in ("L", "LI"):
        return node.add("P" if tag == "dt" else "Div", element)
    if tag == "li":
        return node.add("LI", element).add("LBody", element)
    if tag == "div":
        return node.add("LI", element)
    item = node
    if node.kind == "L":
        kinds = [kid.kind for kid in getattr(node.kids[-1], "kids", ())] if node.kids else []
        begun = kinds and (tag == "dd" or kinds[-1] == "Lbl")
        item = node.kids[-1] if begun else node.add("LI")
    return item.add("Lbl" if tag == "dt" else "LBody", element)


def _figure(node: Node, element: Any) -> Node:
    """Return the node for a picture or an emoji, or the node around it if it has no description."""
    title = element.find("{http://www.w3.org/2000/svg}title")
    words = {"img": element.get("alt"), "span": element.get("aria-label")}.get(
        element.tag, getattr(title, "text", "")
    )
    if not words:
        return node
    # ISO 14289-1, 7.7: a formula has a tag of its own.
    figure = node.add("Formula" if has_class(element, "math") else "Figure", element)
    figure.inline = element.tag == "span"
    figure.entries["Alt"] = words
    return figure


def _span(node: Node, element: Any) -> Node:
    """Return the node for an abbreviation or deleted text, which is heard as such.

    ISO 32000-1, 14.9.4 and 5. Hardly any reader says that a line goes through a text (table 345).
    """
    span = node.add("Span", element)
    if element.tag == "abbr":
        span.entries["E"] = element.get("title")
        return span
    span.attributes["Layout"] = {"TextDecorationType": "LineThrough"}
    if said := element.get("data-said"):
        span.entries["ActualText"] = said
    return span


def _lang(element: Any) -> str | None:
    value = element.get("lang") or element.get("{http://www.w3.org/XML/1998/namespace}lang")
    return str(value) if value else None
