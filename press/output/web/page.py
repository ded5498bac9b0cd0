"""The web page: the whole handout in one self-contained file.

In: a Document, the files that can be downloaded with it, the styles. Out: the bytes of an HTML page
with styles, fonts, and pictures embedded, and no script. XML and HTML parsers read it alike. This
module writes no file, reads no clock, and must not know the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from lxml import etree

from press.core import trees
from press.core.files import INDEX
from press.core.formats import file_of, way_home
from press.core.model import Artifact, Document, Download, Part, PartKind
from press.core.records import dataclass
from press.core.trees import Element, has_class, plain
from press.design.color import nearest_text, parse_hex
from press.design.faces import data_uri, faces, lettered
from press.design.styles import Styles
from press.document.ranges import range_id, ranges_of
from press.document.semantics import (
    contact_links,
    give_roles,
    hold_tables,
    mark_ground,
    stack_tables,
    tell_apart,
)
from press.output.web.offers import Offer, offers

_COLUMNS = 4
"""Columns from which a table may be too wide for 320 pixels and scrolls sideways by itself."""
_UNCHANGED = " !$'()*+,-./:;=?@[]_~"
"""What a data URL in an attribute may contain as it is (RFC 2397; URL Standard, 4.4)."""
_NUMBER = 4
"""Letters from which the text of a link is wide enough for a finger."""
_OWN = ("page-top", "page-text", "page-contents", "page-downloads", "page-title", "page-close")
_ITALIC = frozenset("em i cite dfn var".split())


@dataclass(frozen=True)
class _Link:
    """An entry of the table of contents."""

    id: str
    title: str
    kind: PartKind | Literal["downloads"]


@dataclass(frozen=True)
class _Urgent:
    """The numbers of the crisis notice, for the top of the page."""

    id: str
    title: str
    calls: Sequence[tuple[str, str]]
    """Link and words of each number."""


def write_page(document: Document, downloads: Sequence[Download], styles: Styles) -> Artifact:
    """Make the page.

    `downloads` are the files that will be published in the same folder.

    Raises:
        ProblemsError: a custom template or style sheet is broken.
    """
    bodies = [_body(part, document, styles) for part in document.parts]
    tell_apart(bodies)
    for part, body in zip(document.parts, bodies, strict=True):
        if part.kind == "references":
            _fold(body, document.labels)
    ids = _own_ids(bodies)
    offered = offers(downloads, document.labels)
    text = styles.fill(
        "page.html",
        document=document,
        matter=document.matter,
        labels=document.labels,
        ids=ids,
        parts=[trees.serialize(body) for body in bodies],
        before=_contents_before(document, bodies),
        contents=_contents(document, offered, ids),
        contact=contact_links(document),
        urgent=_urgent(document.parts, bodies),
        logo=_logo(document),
        offers=offered,
        library=way_home(document.name) + INDEX,
        css=_css(document, styles, bodies),
    )  # fmt: skip
    return Artifact(file_of(document.name, "html"), "html", text.encode())


def _body(part: Part, document: Document, styles: Styles) -> Element:
    """Return a part for the page: ids and heading levels are kept, pictures are embedded."""
    holder = trees.fragment(part.xhtml, "div")
    pictures = {image.name: image for image in document.images}
    for element in holder.iter("*"):
        give_roles(element, document.labels)
        if element.get("role") == "doc-endnotes" and part.title:
            element.set("aria-label", f"{document.labels['notes']}: {part.title}")
    for image in holder.iter("img"):
        if picture := pictures.get(image.get("src") or ""):
            image.set("src", _uri(picture.media_type, lettered(picture, styles, document.faces)))
            mark_ground(image, picture)
    for link in holder.iter("a"):
        if re.match("https?:", link.get("href") or ""):
            link.set("rel", "noreferrer")
    _part_targets(holder)
    hold_tables(holder, _COLUMNS, document.labels["table"])
    stack_tables(holder)
    section = holder[0]
    assert len(holder) == 1
    for inner in holder.iter("section"):  # with names, they would be dozens of landmarks
        if not inner.get("role"):
            inner.attrib.pop("aria-labelledby", None)
    return section


def _uri(media_type: str, data: bytes) -> str:
    """Return a picture as a data URL; a drawing is text, and has fonts in Base64 inside already."""
    if media_type != "image/svg+xml":
        return data_uri(media_type, data)
    return f"data:{media_type},{quote(data, safe=_UNCHANGED)}"


def _part_targets(holder: Element) -> None:
    """Mark the links that a finger would hit together: numbers, and marks next to each other."""
    before = None
    for mark in holder.iter("span", "sup"):
        if not has_class(mark, "citation") and not has_class(mark, "noteref"):
            continue
        if before is not None and mark.getprevious() is before and not (before.tail or "").strip():
            mark.set("class", f"{mark.get('class')} next")
        before = mark
        links = list(mark.iter("a"))
        for link in links:
            if len(links) > 1 and len(plain(link)) < _NUMBER:
                link.set("class", f"{link.get('class', '')} number".strip())


def _fold(section: Element, labels: Mapping[str, str]) -> None:
    """Let a phone fold the list of references; a link or a search into it unfolds it (HTML, 6.1).

    A browser that does not know `until-found` shows the list, as the styles say.
    """
    items = next(section.iter("ol", "ul"))
    holder = etree.Element("div", attrib={"class": "fold", "hidden": "until-found"})
    section.replace(items, holder)
    holder.append(items)
    links = etree.Element("nav", attrib={"class": "unfold", "aria-label": labels["references"]})
    link = etree.SubElement(links, "a", href=f"#{items.get('id')}")
    link.text = labels["references-show"].format(count=len(items))
    holder.addprevious(links)


def _urgent(parts: Sequence[Part], bodies: Sequence[Element]) -> _Urgent | None:
    """Return the numbers to call of the first notice that has any."""
    for part, body in zip(parts, bodies, strict=True):
        links = {e.get("href") or "": plain(e) for e in body.iter("a")}
        calls = [(href, text) for href, text in links.items() if href.startswith("tel:")]
        if part.kind == "notice" and calls:
            return _Urgent(part.id, part.title, calls)
    return None


def _own_ids(bodies: Iterable[Element]) -> dict[str, str]:
    """Return ids for the page's own elements that no id of the document can clash with."""
    taken = {e.get("id") or "" for body in bodies for e in body.iter("*")}
    taken |= {name.removesuffix("-title") for name in taken if name.endswith("-title")}
    return {name.removeprefix("page-"): trees.free_id(name, taken) for name in _OWN}


def _contents_before(document: Document, bodies: Sequence[Element]) -> int:
    """Return the index of the part before which the contents go: the first ordinary section."""
    for index, (part, body) in enumerate(zip(document.parts, bodies, strict=True)):
        if part.kind in ("section", "references") and not trees.has_class(body, "key-points"):
            return index
    return len(document.parts)


def _contents(document: Document, offered: Sequence[Offer], ids: dict[str, str]) -> list[_Link]:
    """Return the table of contents; empty if it would have fewer than three entries."""
    links = [_Link(part.id, part.title, part.kind) for part in document.parts if part.title]
    if offered:
        links.append(_Link(ids["downloads"], document.labels["downloads"], "downloads"))
    return links if len(links) > 2 else []


def _logo(document: Document) -> str:
    logo = document.imprint.logo if document.imprint else None
    return data_uri(logo.media_type, logo.data) if logo else ""


def _css(document: Document, styles: Styles, bodies: Sequence[Element]) -> str:
    """Return the CSS of the page, with its fonts, and with header and footer for printing."""
    matter = document.matter
    words = [matter.title, matter.subtitle, matter.abstract, document.short, document.stamp]
    words += [*document.facts, *document.labels.values(), *(v for _, v in document.contact)]
    words += ["".join(trees.texts(body)) for body in bodies]
    words += list(document.imprint.clinic.values()) if document.imprint else []
    stressed = any(e.tag in _ITALIC for body in bodies for e in body.iter("*"))
    count = f'counter(page) " {css_text(document.labels["of"])[1:-1]} " counter(pages)'
    sheet = (
        f"@page {{ @top-left {{ content: {css_text(document.stamp)}; }} "
        f"@bottom-left {{ content: {css_text(document.short)}; }} "
        f"@bottom-right {{ content: {count}; }} }}\n"
    )
    if ranges := [ends for body in bodies for ends in ranges_of(body)]:
        sheet += _small(styles.css("ranges.css")) + "".join(map(_of_range, ranges))
    fonts = faces("".join(words), styles, document.faces, italic=stressed)
    return fonts + page_css(styles) + sheet


def _of_range(ends: tuple[int, int]) -> str:
    """Return the rule by which the link of a range shows its references, and no others."""
    first, last = ends
    return (
        f"@media screen {{ .reference-list:has(#{range_id(first, last)}:target) > "
        f"li:nth-child(n+{first}):nth-child(-n+{last}) "
        "{ position: static; visibility: visible; height: auto; } }\n"
    )


def page_css(styles: Styles) -> str:
    """Return `page.css` made small, and escaped: nothing in it closes the element that holds it."""
    return _small(_dark(styles).css("page.css"))


def library_css(styles: Styles) -> str:
    """Return the same for the library page, with its own `library.css`."""
    return page_css(styles) + _small(_dark(styles).css("library.css"))


@lru_cache(4)
def _small(css: str) -> str:
    """Return a style sheet made small and escaped, cached because pages of a folder share it."""
    css = _SPARE.sub(lambda found: "".join(filter(None, found.groups())), css)
    return css.replace("</", "<\\/").replace("]]>", "]] >")


_SPARE = re.compile(
    r"(\"[^\"\n]*\"|'[^'\n]*'|url\([^\"'()]*\))|/\*.*?(?:\*/|\Z)\s*"
    r"|(?:(?<!\s)\s++)?([{};,])\s*|(:)\s+",
    re.DOTALL,
)
"""A comment, or the space around a sign; or a string or an address, which may look like one."""


def _dark(styles: Styles) -> Styles:
    """Return the styles with an accent for dark backgrounds, in the hue of the imprint's accent."""
    accent = parse_hex(styles.colors.get("--accent", ""))
    grounds = [parse_hex(styles.tokens[f"--dark-{name}"]) for name in ("paper", "tint")]
    if accent is None or "--dark-accent" in styles.colors:
        return styles
    found = nearest_text(accent, [ground for ground in grounds if ground])
    return styles.with_colors({"dark-accent": found}) if found else styles


def css_text(text: str) -> str:
    r"""Return a CSS string (CSS Syntax 3, 4.3.5); special characters become `\` and hex."""
    return '"' + re.sub(r"[^\w .,:;·()-]", lambda c: f"\\{ord(c[0]):x} ", text) + '"'
