"""The proof of a web page, which is opened again and searched for everything it must contain.

In: a Document, the bytes of its page, the files that it must offer. Out: a problem for whatever is
missing, hidden, leads nowhere, or would be loaded from elsewhere. The page is read as it appears in
light mode, in dark mode, and printed. This module must not know how the page was made.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import quote, unquote

import tinycss2
from lxml import etree

from press.core import trees
from press.core.files import INDEX
from press.core.formats import way_home
from press.core.model import Artifact, Document, Download
from press.core.problems import Problem, Span, counted
from press.core.trees import Element
from press.document.crosslinks import neighbors
from press.document.units import Unit, letters
from press.proof.elements import Look, Page, prove_pages
from press.proof.matching import HINT, internal_links
from press.proof.visibility import DARK, LIGHT, PAPER, Sight, Surface

_WHERE: dict[Surface, str] = {LIGHT: "", DARK: " in dark mode", PAPER: " when printed"}
_FETCHING = {
    # Attributes that make a browser load something, and the elements that have them.
    "src": "*",
    "srcset": "*",
    "poster": "*",
    "data": "object",
    "action": "form",
    "background": "*",
    "href": "link image use base",
}
_OWN = frozenset("nav header footer".split())
"""Elements that belong to the page, not to the document."""
_INSIDE = re.compile(r"data:|#|\s*\Z")


def prove_page(
    document: Document,
    artifact: Artifact,
    downloads: Sequence[Download],
    problems: list[Problem],
) -> None:
    """Prove a web page.

    Problems: PRF001 text, PRF002 short disclaimer, PRF003 links and downloads, PRF005 a page that
    cannot be opened, or that would load something from elsewhere, PRF006 text that is not as in the
    document.
    """
    span = Span(artifact.name)
    try:
        root = etree.fromstring(artifact.data, etree.XMLParser(no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        problems.append(Problem("PRF005", span, f"cannot be opened: {error}", HINT))
        return
    css = "".join(e.text or "" for e in root.iter("style"))
    sight = Sight(root, css)
    problems += _prove_text(document, root, sight, span)
    problems += [
        Problem("PRF003", span, message, HINT)
        for message in (*_dead(document, root, downloads), *_offered(root, sight, downloads))
    ]
    for asked in dict.fromkeys(_asked(root, css)):
        message = f"the page would load '{asked[:80]}', which is not part of it"
        problems.append(Problem("PRF005", span, message, HINT))


def _prove_text(document: Document, root: Element, sight: Sight, span: Span) -> Iterator[Problem]:
    looks = [Look(where, said) for where, said in _WHERE.items()]
    calls = _calls(document)
    said = " ".join([calls[0], *(words for _, words in calls[1])]) if calls else ""
    before = [Unit("crisis numbers", said, "title block")] if calls else []
    yield from prove_pages(document, [Page(root, sight, looks, _picture)], span, before)
    shown = [
        [(link.get("href"), "".join(map(str, link.itertext()))) for link in line.iter("a")][1:]
        for line in root.iter("p")
        if "".join(map(str, line.itertext())).split() == said.split()
    ]
    if calls and calls[1] not in shown:
        message = "the crisis numbers at the top call other numbers"
        yield Problem("PRF003", span, message, HINT)


def _calls(document: Document) -> tuple[str, list[tuple[str | None, str]]] | None:
    """Return the title of the first notice with numbers to call, and each link with its words."""
    for part in document.parts:
        links = {a.get("href"): trees.plain(a) for a in trees.parse(part.xhtml).iter("a")}
        calls = [(href, words) for href, words in links.items() if (href or "").startswith("tel:")]
        if part.kind == "notice" and calls:
            return part.title, calls
    return None


def _picture(src: str) -> bytes:
    """Return the picture in a data URL (RFC 2397); nothing for another address."""
    head, _, data = src.partition(",")
    if not head.startswith("data:"):
        return b""
    try:
        return base64.b64decode(data) if head.endswith(";base64") else unquote(data).encode()
    except ValueError:
        return b""


def _dead(document: Document, root: Element, downloads: Sequence[Download]) -> Iterator[str]:
    """Report dead links, duplicate ids, and links of the document that are missing."""
    ids = Counter(e.get("id") for e in root.iter("*") if e.get("id"))
    yield from (
        f"the id '{id_}' occurs {counted(count, 'time')}" for id_, count in ids.items() if count > 1
    )
    files = {way_home(document.name) + INDEX, *(download.name for download in downloads)}
    beside = neighbors(document)  # the proof of the text compares where each leads
    found: Counter[str] = Counter()
    for link in root.iter("a"):
        target = link.get("href") or ""
        if target.startswith("#"):
            found[target] += not any(e.tag in _OWN for e in link.iterancestors())
            if unquote(target[1:]) not in ids and target[1:] not in ids:
                yield f"the link to '{target}' is broken"
        elif (
            not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", target)
            and unquote(target) not in files
            and target not in beside
        ):
            yield f"the link to '{target}' is broken"
    for target, count in (internal_links(document) - found).items():
        yield f"the page lacks {counted(count, 'link')} to '{target}'"


def _offered(root: Element, sight: Sight, downloads: Sequence[Download]) -> Iterator[str]:
    """Report each file that the page does not link to, or does not name."""
    links = {link.get("href") for link in root.iter("a")}
    invisible = sight.hidden(LIGHT)
    text = {letters(e.text or "") for e in root.iter("*") if e not in invisible}
    for download in downloads:
        if quote(download.name) not in links or letters(download.name) not in text:
            yield f"the page has no link to the file '{download.name}' with its name"


def _asked(root: Element, css: str) -> Iterator[str]:
    """Yield every address that a browser would load besides the page itself."""
    for element in root.iter("*"):
        for name, value in element.attrib.items():
            tags = _FETCHING.get(str(name).rpartition("}")[2], "")
            tag = str(element.tag).rpartition("}")[2]
            if (tags == "*" or tag in tags.split()) and not _INSIDE.match(str(value)):
                yield str(value)
        if style := element.get("style"):
            yield from _addresses(style)
        if element.tag == "meta" and (element.get("http-equiv") or "").lower() == "refresh":
            yield element.get("content") or ""
    yield from _addresses(css)


def _addresses(css: str) -> Iterator[str]:
    """Return the addresses that a style loads."""

    def walk(tokens: Sequence[object]) -> Iterator[str]:
        imports = False
        for token in tokens:
            kind = getattr(token, "type", "")
            if kind == "at-keyword":
                imports = getattr(token, "lower_value", "") == "import"
            if kind == "url" or (kind == "string" and imports):
                yield str(getattr(token, "value", ""))
            if kind == "function" and getattr(token, "lower_name", "") in ("url", "image-set"):
                yield from (t.value for t in getattr(token, "arguments", ()) if t.type == "string")
            inner = getattr(token, "content", None) or getattr(token, "arguments", None)
            if isinstance(inner, list):
                yield from walk(inner)

    found = walk(tinycss2.parse_component_value_list(css))
    return (address for address in found if not _INSIDE.match(address))
