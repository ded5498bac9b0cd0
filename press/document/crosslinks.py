"""Links to other handouts and to published files, for formats that travel alone.

In: a Document, whose links to other files are relative to the output folder, as its web page needs
them. Out: the Document for a PDF or an e-book, in which they lead to the web, or are plain words
if the project has no address. The text is the same. This module must not know any renderer.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin

from press.core import trees
from press.core.model import Document, Part

_HOME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|#")
_RELATIVE = re.compile(rf'<a [^>]*href="(?!{_HOME.pattern})')


def alone(document: Document) -> Document:
    """Return a document whose links do not depend on the files next to it."""
    parts = tuple(_alone(part, document.address) for part in document.parts)
    return document if parts == document.parts else replace(document, parts=parts)


def _alone(part: Part, address: str) -> Part:
    if not _RELATIVE.search(part.xhtml):
        return part
    root = trees.parse(part.xhtml)
    for link in root.iter("a"):
        target = link.get("href")
        if target is None or _HOME.match(target):
            continue
        if address:
            link.set("href", urljoin(address, target))
        else:
            link.tag = "span"
            del link.attrib["href"]
    return replace(part, xhtml=trees.serialize(root))


def neighbors(document: Document) -> set[str]:
    """Return the addresses of the files next to a web page that its text links to."""
    found = set()
    for part in document.parts:
        if _RELATIVE.search(part.xhtml):
            links = (link.get("href") or "#" for link in trees.parse(part.xhtml).iter("a"))
            found |= {link for link in links if not _HOME.match(link)}
    return found
