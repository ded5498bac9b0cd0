"""The web page: the whole handout in one self-contained file.

In: a Document, the files that can be downloaded with it, the styles. Out: the bytes of an HTML page
with styles, fonts, and pictures embedded, and no script. XML and HTML parsers read it alike. This
module writes no file, reads no clock, and must not know the configuration.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from press.core import trees
from press.core.files import INDEX
from press.core.formats import file_of
from press.core.model import Artifact, Document, Download, Part, PartKind
from press.core.trees import Element
from press.design.color import nearest_text, parse_hex
from press.design.faces import data_uri, faces, lettered
from press.design.styles import Styles
from press.document.semantics import (
    contact_links,
    give_roles,
    hold_tables,
    mark_ground,
    stack_tables,
)
from press.output.web.offers import Offer, offers

_COLUMNS = 4
"""Columns from which a table may be too wide for 320 pixels and scrolls sideways by itself."""
_OWN = ("page-top", "page-text", "page-contents", "page-downloads", "page-title")
_ITALIC = frozenset("em i cite dfn var".split())


@dataclass(frozen=True)
class _Link:
    """An entry of the table of contents."""

    id: str
    title: str
    kind: PartKind | Literal["downloads"]


def write_page(document: Document, downloads: Sequence[Download], styles: Styles) -> Artifact:
    """Make the page.

    `downloads` are the files that will be published in the same folder.

    Raises:
        ProblemsError: a custom template or style sheet is broken.
    """
    bodies = [_body(part, document, styles) for part in document.parts]
    _tell_apart(bodies)
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
        logo=_logo(document),
        offers=offered,
        library=INDEX,
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
            image.set(
                "src", data_uri(picture.media_type, lettered(picture, styles, document.faces))
            )
            mark_ground(image, picture)
    for link in holder.iter("a"):
        if re.match("https?:", link.get("href") or ""):
            link.set("rel", "noreferrer")
    hold_tables(holder, _COLUMNS, document.labels["table"])
    stack_tables(holder)
    section = holder[0]
    assert len(holder) == 1
    for inner in holder.iter("section"):  # with names, they would be dozens of landmarks
        if not inner.get("role"):
            inner.attrib.pop("aria-labelledby", None)
    return section


def _tell_apart(bodies: Iterable[Element]) -> None:
    """Give the regions of a page distinct names: the second `Table` becomes `Table 2`."""
    count: Counter[str] = Counter()
    for body in bodies:
        for element in body.iter("*"):
            name = element.get("aria-label") or ""
            if name and element.get("role") in ("region", "doc-endnotes"):
                count[name] += 1
                element.set("aria-label", f"{name} {count[name]}" if count[name] > 1 else name)


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
    fonts = faces("".join(words), styles, document.faces, italic=stressed)
    return fonts + page_css(styles) + sheet


def page_css(styles: Styles) -> str:
    """Return `page.css`, escaped so that nothing in it closes the element that holds it."""
    css = _COMMENT.sub(lambda found: found[1] or "", _dark(styles).css("page.css"))
    return css.replace("</", "<\\/").replace("]]>", "]] >")


_COMMENT = re.compile(r"(\"[^\"\n]*\"|'[^'\n]*')|/\*.*?\*/\n?", re.DOTALL)
"""A comment, or a string, which may look like one."""


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
