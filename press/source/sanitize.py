"""Any HTML, converted to a small, valid, safe subset of XHTML: owner of the HTML parser.

In: HTML made by Markdown or written by hand. Out: an lxml `<body>` that contains only the elements
and attributes of the tables below, nested as HTML allows. Everything removed is reported: text is
never dropped silently. This module must not know where the HTML came from, nor any renderer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from lxml import etree

from press.core.trees import BLOCKS, Element, add_text, is_block, remove, unwrap

Dropped = tuple[Literal["element", "attribute", "words"], str]
"""Something that is lost: its kind and its name; the words of a tag that HTML does not have."""
_DEEPEST = 100
"""The maximum nesting depth of elements; libxml2 reads at most 256 levels."""

INLINES = frozenset(
    "a abbr b strong i em u s del ins sub sup small code kbd samp var q cite dfn mark span br img "
    "time wbr bdi bdo".split()
)
DROPPED = frozenset(
    "script style iframe frame frameset object embed applet form input button select textarea "
    "option video audio source track canvas svg math template noscript noembed map area link "
    "meta base title head dialog portal".split()
)
"""Elements that are removed with their content, and reported (HTM001)."""
RENAMED = {
    "tt": "code", "strike": "s", "big": "span", "font": "span", "label": "span", "data": "span",
    "acronym": "abbr", "legend": "p",
}  # fmt: skip
_INLINE_UNKNOWN = frozenset("blink nobr rb rp rt rtc ruby output meter progress slot".split())
ATTRIBUTES = {
    "*": ("id", "class", "lang", "dir", "title"),
    "a": ("href",),
    "img": ("src", "alt", "width", "height"),
    "ol": ("start", "type", "reversed"),
    "li": ("value",),
    "td": ("colspan", "rowspan", "headers"),
    "th": ("colspan", "rowspan", "headers", "scope"),
    "time": ("datetime",),
}
_VALUES = {
    "start": re.compile(r"-?\d{1,9}", re.A),
    "value": re.compile(r"-?\d{1,9}", re.A),
    "type": re.compile("[1aAiI]"),
}
"""The values of attributes of lists (HTML, 4.4.5); others have no effect."""
PHRASING_ONLY = frozenset("p h1 h2 h3 h4 h5 h6 pre dt caption".split())
_CONTAINERS = frozenset("body div section blockquote".split())
_EMPTIED = (INLINES | {"p"}) - {"img", "br", "wbr"}
"""Elements removed when empty, unless they have an id and so can be linked to."""
_TABLE_ROWS = frozenset("thead tbody tfoot".split())
_LOOSE_CELL = re.compile(r"(<table\b.*?</table\s*>)|<(?=t[dhr]\b)", re.DOTALL | re.IGNORECASE)
"""Cells outside a table: HTML forgets them, so that the words of two would run into one."""
_BLOCKS_OF_HTML = frozenset(
    "details summary search hgroup nav main dir menu center fieldset marquee listing plaintext xmp "
    "div address article aside header footer html body hr".split()
)
_MADE_UP = re.compile(r".*[:-].*")
"""The name of an element of another program, such as `<o:p>`."""
_BOOLEANS = frozenset(
    "hidden open reversed checked disabled nowrap compact noshade markdown inert autofocus "
    "itemscope alt title class id style lang href name start border align width height cellpadding "
    "cellspacing valign summary rel target scope type value color bgcolor size face abbr headers "
    "colspan rowspan datetime cite download loading srcset sizes role tabindex itemprop".split()
)
"""Attributes of HTML that may have no value."""
_ALIGN = re.compile(r"text-align:\s*(left|right|center)")
_XML_ILLEGAL = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
    "|[\u007f-\u0084\u0086-\u009f]"
)


def legal(text: str) -> str:
    """Drop the characters that XML 1.0 (2.2) forbids or discourages."""
    return _XML_ILLEGAL.sub("", text)


Instead = Callable[[Any, str], str]
"""A function that returns the text to put in place of an element with a given name."""


def _nothing(_: Any, __: str) -> str:
    return ""


def clean(html: str, dropped: list[Dropped], instead: Instead = _nothing) -> Element:
    """Parse HTML as browsers do (HTML, 13.2) and keep what the tables allow.

    Appends to `dropped` a pair (`element` or `attribute`, name) for everything that is lost:
    an element and its content, or an attribute with an effect. The text that `instead` returns
    for a lost element takes its place.
    """
    import tinyhtml5

    html = _LOOSE_CELL.sub(lambda found: found[1] or " <", legal(html))
    root = tinyhtml5.parse(html, namespace_html_elements=False)
    body = etree.Element("body")
    head = root.find("head")  # what HTML does not show goes there if it comes first
    dropped += (("element", e.tag) for e in (head if head is not None else ()) if e.tag in DROPPED)
    source = root.find("body")
    if source is not None:
        _copy(source, body, dropped, instead)
    while _repair(body):
        pass
    return body


def _copy(
    source: Any, target: Element, dropped: list[Dropped], instead: Instead, depth: int = 0
) -> None:
    """Copy the content of a parsed element below `target`, filtered."""
    if depth > _DEEPEST:
        raise RecursionError
    add_text(target, legal(source.text or ""))
    for child in source:
        tag = child.tag
        if isinstance(tag, str):
            local = tag.rpartition("}")[2].lower()
            if local in DROPPED:
                dropped.append(("element", local))
                add_text(target, legal(instead(child, local)))
            else:
                name = _allowed_name(local)
                element = etree.SubElement(target, name)
                _words(child, local, dropped)
                if name == "div" and local != "div":
                    element.set("class", f"was-{re.sub('[^a-z0-9]', '', local)}")
                _attributes(child, element, dropped)
                _copy(child, element, dropped, instead, depth + 1)
                if local == "rt" and not any(str(e.tag).endswith("rp") for e in source):
                    _bracketed(element)
        add_text(target, legal(child.tail or ""))


def _bracketed(reading: Element) -> None:
    """Put a reading aid (`rt`) in brackets after the word that it explains, on the line."""
    reading.text = f" ({reading.text or ''}"
    add_text(reading, ")")


def _words(source: Any, local: str, dropped: list[Dropped]) -> None:
    """Report words that only look like a tag, such as `<your clinic>` or `<b and c>`."""
    words = [str(name) for name, value in source.attrib.items() if not value]
    if _allowed_name(local) != "div" or local in _BLOCKS_OF_HTML:
        words = [word for word in words if word not in _BOOLEANS and not word.startswith("data-")]
        if not words:
            return
    if not _MADE_UP.fullmatch(local) or words:
        dropped.append(("words", " ".join([local, *words])))


def _allowed_name(local: str) -> str:
    if local in BLOCKS or local in INLINES:
        return local
    inline = local in _INLINE_UNKNOWN or ":" in local  # `o:p` is Word's
    return RENAMED.get(local, "span" if inline else "div")


def _attributes(source: Any, element: Element, dropped: list[Dropped]) -> None:
    allowed = ATTRIBUTES["*"] + ATTRIBUTES.get(str(element.tag), ())
    for name, value in source.attrib.items():
        text = legal(str(value))
        if name in allowed:
            if name in _VALUES and not _VALUES[name].fullmatch(text):
                continue
            if name == "reversed":
                text = name
            if text or name == "alt":
                element.set(name, text)
        elif name == "style" and (align := _ALIGN.search(text)):
            element.set("class", f"{element.get('class', '')} {align[1]}".strip())
        elif name == "align" and text in ("left", "right", "center"):
            element.set("class", f"{element.get('class', '')} {text}".strip())
        elif name == "style" or str(name).startswith("on"):
            dropped.append(("attribute", str(name)))


def _elements(body: Element) -> Iterator[Element]:
    for element in list(body.iter()):
        if isinstance(element.tag, str):
            yield element


def _repair(body: Element) -> bool:
    """Make one pass of structural repair; return True if anything changed."""
    changed = _wrap_inline_runs(body)
    for element in _elements(body):
        parent = element.getparent()
        if parent is not None and _repair_one(element, parent):
            changed = True
    return changed


def _repair_one(element: Element, parent: Element) -> bool:
    """Repair one element in place; return True if the tree changed."""
    return any(rule(element, parent) for rule in _RULES)


def _loosen(element: Element, parent: Element) -> bool:
    """Unwrap inline elements that are empty or contain blocks; keep no link in a link."""
    del parent
    if element.tag in INLINES and any(is_block(child) for child in element):
        unwrap(element)
        return True
    empty = not len(element) and not (element.text or "").strip()
    if element.tag in _EMPTIED and empty and not element.get("id"):
        unwrap(element)
        return True
    inside = any(True for _ in element.iterancestors("a"))
    if element.tag == "a" and (inside or not element.get("href")):
        element.tag = "span"
        element.attrib.pop("href", None)
        return True
    return False


def _flatten(element: Element, parent: Element) -> bool:
    """Turn a paragraph with blocks into a `<div>`, and blocks in headings etc. into `<span>`s."""
    del parent
    blocks = [child for child in element if is_block(child)]
    if element.tag not in PHRASING_ONLY or not blocks:
        return False
    if element.tag == "p":
        element.tag = "div"
        return True
    for child in blocks:
        child.tag = "span"
        child.tail = " " + (child.tail or "")
    return True


def _rehome(element: Element, parent: Element) -> bool:
    """Turn an item outside a list, or a cell outside a table, into a `<div>` or `<p>`."""
    home = _HOMES.get(str(element.tag))
    if not home or parent.tag in home:
        return False
    element.tag = "p" if element.tag in ("dt", "figcaption", "caption") else "div"
    return True


def _fill(element: Element, parent: Element) -> bool:
    """Wrap loose content: in items for lists, in cells for tables, in paragraphs elsewhere."""
    del parent
    if element.tag in ("ul", "ol", "dl"):
        return _repair_list(element, "li" if element.tag != "dl" else "dd")
    if element.tag in ("table", "tr", *_TABLE_ROWS):
        return _repair_table(element)
    holders = (*_CONTAINERS, "li", "dd", "td", "th", "figure")
    return element.tag in holders and _wrap_inline_runs(element)


_RULES = (_loosen, _flatten, _rehome, _fill)
_HOMES = {
    "li": ("ul", "ol"),
    "dt": ("dl",),
    "dd": ("dl",),
    "figcaption": ("figure",),
    "caption": ("table",),
    "thead": ("table",),
    "tbody": ("table",),
    "tfoot": ("table",),
    "tr": ("table", "thead", "tbody", "tfoot"),
    "td": ("tr",),
    "th": ("tr",),
}


def _repair_list(element: Element, item: str) -> bool:
    allowed = ("li",) if item == "li" else ("dt", "dd")
    if (element.text or "").strip():
        first = etree.Element(item)
        first.text, element.text = element.text, None
        element.insert(0, first)
        return True
    for child in list(element):
        if child.tag not in allowed:
            wrapper = etree.Element(item)
            element.replace(child, wrapper)
            wrapper.tail, tail = None, child.tail
            wrapper.append(child)
            child.tail = tail
            return True
        if (child.tail or "").strip():
            add_text(child, " " + (child.tail or ""))
            child.tail = None
            return True
    if not len(element):
        remove(element)
        return True
    return item == "dd" and _repair_terms(element)


def _repair_terms(element: Element) -> bool:
    """Take what has no term out of a list of terms: a description needs one to be heard as such."""
    for child in element:
        if child.tag == "dt" and not len(child) and not (child.text or "").strip():
            following = child.getnext()
            if child.get("id") and following is not None and not following.get("id"):
                following.set("id", child.get("id") or "")
            remove(child)
            return True
    if element[0].tag == "dd":
        first = element[0]
        first.tag = "div"
        element.addprevious(first)
        return True
    return False


def _repair_table(element: Element) -> bool:
    """Put loose text in a table into a cell, and remove a table or row without cells."""
    cell_home = element if element.tag == "tr" else None
    for child in [None, *element]:
        text = (element.text if child is None else child.tail) or ""
        if not text.strip():
            continue
        row = cell_home if cell_home is not None else etree.SubElement(element, "tr")
        etree.SubElement(row, "td").text = text.strip()
        if child is None:
            element.text = None
        else:
            child.tail = None
        return True
    if not len(element):
        remove(element)
        return True
    return False


def _wrap_inline_runs(element: Element) -> bool:
    """Put loose text and inline elements among blocks into paragraphs."""
    blocks = [child for child in element if is_block(child)]
    if not blocks and element.tag not in ("body", "section", "blockquote"):
        return False
    changed = False
    run: list[Element] = []
    text = element.text or ""
    element.text = None

    def flush(place: Callable[[Element], None]) -> None:
        nonlocal changed, run, text
        if text.strip() or run:
            paragraph = etree.Element("p")
            paragraph.text = text.lstrip()
            paragraph.extend(run)
            place(paragraph)
            run, changed = [], True
        text = ""

    for child in list(element):
        if is_block(child):
            flush(child.addprevious)
            text, child.tail = child.tail or "", None
        else:
            run.append(child)
    flush(element.append)
    return changed
