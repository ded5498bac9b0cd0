"""Citation styles of a project, checked before the engine reads them.

In: the bytes of a CSL file. Out: why it cannot be used, or nothing. A style is a small program: its
macros call each other, so one of a few lines could unfold to more than can be run. This module must
not know how styles work otherwise.
"""

from __future__ import annotations

from lxml import etree

from press.core.trees import Element

LARGEST = 1_000_000
"""The most bytes of a style; the longest that is published has a third."""
_DEEPEST = 80
MOST = 20_000
"""The most elements that the citation or the bibliography of a style may unfold to."""
_CSL = "{http://purl.org/net/xbiblio/csl}"


def flaw(data: bytes) -> str:
    """Say why a style cannot be used; return '' if it can, or if it is not well-formed.

    What is not well-formed is left to the engine, which says where.
    """
    if len(data) > LARGEST:
        return f"it has {len(data)} bytes; the maximum is {LARGEST}"
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return "it has a document type, which a style does not need"
    try:
        root = etree.fromstring(
            data, etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
        )
    except etree.XMLSyntaxError:
        return ""
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element.iterchildren("*")]
        if not level:
            return _unfolding(root)
    return f"its elements are nested on more than {_DEEPEST} levels"


def _unfolding(root: Element) -> str:
    """Say if a macro calls itself, or if the macros unfold to too much."""
    macros = {macro.get("name") or "": macro for macro in root.iter(f"{_CSL}macro")}
    sizes: dict[str, int] = {}

    def size(element: Element, path: tuple[str, ...]) -> int:
        name = element.get("macro") or ""
        if name in path or len(path) > _DEEPEST:
            raise RecursionError(name)
        if name in macros and name not in sizes:
            sizes[name] = size(macros[name], (*path, name))
        inner = [size(child, path) for child in element.iterchildren("*")]
        # Of the branches of a choice, only one is run.
        own = max(inner, default=0) if element.tag == f"{_CSL}choose" else sum(inner)
        return min(1 + own + sizes.get(name, 0), MOST + 1)

    try:
        if any(size(element, ()) > MOST for element in root.iterchildren("*")):
            return "its macros unfold to too much"
    except RecursionError as error:
        return f"its macro '{error}' calls itself, or calls others on too many levels"
    return ""
