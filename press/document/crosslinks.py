"""Links to other handouts and to published files, for formats that travel alone.

In: a Document, whose links to other files are relative to the output folder, as its web page needs
them. Out: the Document for a PDF or an e-book, in which they lead to the web, or are plain words
if the project has no address; and for an imprint, the Document whose links lead to what is there.
The text is the same. This module must not know any renderer.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote, urljoin

from press.core import trees
from press.core.model import Document, Part

_HOME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|#")
_RELATIVE = re.compile(rf'<a [^>]*href="(?!{_HOME.pattern})')


def alone(document: Document) -> Document:
    """Return a document whose links do not depend on the files next to it."""
    return _led(document, lambda link: _address(link, document))


def published(document: Document) -> Document:
    """Return a document for a web page, whose links lead where its imprint is published."""
    if not (document.imprint and document.imprint.address):
        return document
    return _led(document, lambda to: _address(to, document) if _is_out(to, document) else to)


def _led(document: Document, lead: Callable[[str], str]) -> Document:
    """Give each relative link another address, or make it plain words if that is empty."""
    parts = tuple(_led_in(part, lead) for part in document.parts)
    return document if parts == document.parts else replace(document, parts=parts)


def _led_in(part: Part, lead: Callable[[str], str]) -> Part:
    if not _RELATIVE.search(part.xhtml):
        return part
    root = trees.parse(part.xhtml)
    for link in root.iter("a"):
        target = link.get("href")
        if target is None or _HOME.match(target):
            continue
        if address := lead(target):
            link.set("href", address)
        else:
            link.tag = "span"
            del link.attrib["href"]
    return replace(part, xhtml=trees.serialize(root))


def _address(link: str, document: Document) -> str:
    """Return the web address of a relative link; empty without one.

    The folder above that of an imprint with an address of its own is somewhere else.
    """
    if document.imprint and document.imprint.address and _is_out(link, document):
        file, mark, part = link.partition("#")
        path = name_in_folder(file, document.name)
        return document.above and f"{document.above}/{path}{mark}{part}"
    return urljoin(document.address, link) if document.address else ""


def _is_out(link: str, document: Document) -> bool:
    """Say if a link leads out of the output folder."""
    return path_of(link, document.name).startswith(_ABOVE)


def path_of(file: str, article: str) -> str:
    """Return where a link of an article leads, from the output folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(article), file))


def name_in_folder(file: str, article: str) -> str:
    """Return the file to which a link leads: in the output folder, or above that of an imprint."""
    return path_of(file, article).removeprefix(_ABOVE)


def neighbors(document: Document) -> dict[str, str]:
    """Return the relative links of a text, and the name of what each leads to.

    For a link to an article, that is the name of the article.
    """
    found = set[str]()
    for part in document.parts:
        if _RELATIVE.search(part.xhtml):
            links = (link.get("href") or "#" for link in trees.parse(part.xhtml).iter("a"))
            found |= {link for link in links if not _HOME.match(link)}
    return {link: _name(link, document.name) for link in found}


def _name(link: str, article: str) -> str:
    return posixpath.splitext(name_in_folder(unquote(link.partition("#")[0]), article))[0]


def beyond(document: Document, is_here: Callable[[str], bool]) -> Document:
    """Return a document of an imprint, whose links lead out of its folder where they have to.

    `is_here` says of the name of what a link leads to whether it is in the folder of the imprint.
    All else is in the folder above.
    """
    names = neighbors(document)
    here = {name: is_here(name) for name in set(names.values())}
    return _led(document, lambda link: link if here[names[link]] else f"{_ABOVE}{link}")


_ABOVE = "../"
