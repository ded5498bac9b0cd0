"""Web pages: HTML, as saved by a browser or made by another reader, to a `Draft`.

In: bytes of HTML, and the folder in which its pictures are. Out: a `Draft`. What no handout can
have is marked in the text. Nothing is fetched. Must not know Markdown.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from press.core.files import is_file
from press.core.problems import counted
from press.core.trees import Element, is_block, plain
from press.importing.draft import Draft, Unreadable, mark
from press.source.sanitize import clean
from press.source.values import LANG

_SILENT = frozenset("script style link meta base title head template noscript source track".split())
"""Elements without words of the author's."""
_LARGEST_PICTURE = 64 * 2**20


def text_of(data: bytes) -> str:
    """Decode a text of any common encoding: by its mark, as its HTML declares, else UTF-8."""
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(bom):
            return data.decode(encoding, "replace")
    declared = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{1,40})", data[:4096], re.I)
    for name in ("utf-8", declared[1].decode() if declared else "", "cp1252", "latin-1"):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    raise AssertionError("Latin-1 decodes every byte")


def read_page(html: str, folder: Path | None) -> Draft:
    """Read a web page; with a folder, its pictures are read from there.

    Raises:
        Unreadable: its elements are nested too deeply.
    """
    head = html[:100_000]
    title = re.search(r"<title[^>]*>(.*?)</title", head, re.S | re.I)
    lang = re.search(r"<html[^>]*\slang\s*=\s*[\"']?([\w-]+)", head, re.I)
    html = re.sub(r"</?col(group)?\b[^>]*>", "", html, flags=re.I)
    try:
        body = clean(html, [], _named)
    except RecursionError:
        hint = "save the page with fewer levels of elements"
        raise Unreadable("its elements are nested too deeply", hint) from None
    draft = Draft(body, lang=lang[1] if lang and LANG.match(lang[1]) else "")
    if title:
        draft.title = plain(clean(title[1], []))
    _main_part(draft)
    _pictures(draft, folder)
    return draft


def _named(element: Any, local: str) -> str:
    """Return the mark for an element that no handout can have; '' if it has no words."""
    if local in _SILENT:
        return ""
    said = " ".join("".join(element.itertext()).split())
    source = str(element.get("src") or element.get("data") or "")
    return mark(f"<{local}> was left out{': ' if said or source else ''}{said or source}")


def _main_part(draft: Draft) -> None:
    """Take the one `<main>` or `<article>` of a page; say that the rest was left out."""
    for name in ("was-main", "was-article"):
        found = [div for div in draft.body.iter("div") if div.get("class") == name]
        if len(found) == 1:
            before = len(plain(draft.body).split())
            main = found[0]
            main.tail = None
            parent = main.getparent()
            assert parent is not None
            parent.remove(main)
            main.tag = "body"
            draft.body = main
            left = before - len(plain(main).split())
            if left:
                tag = name.removeprefix("was-")
                draft.said.append(
                    f"text outside <{tag}>, such as menus, was left out: {counted(left, 'word')}"
                )
            break
    _unwrap_divs(draft.body)


def _unwrap_divs(body: Element) -> None:
    """Make the blocks of `<div>`, `<section>`, and `<figure>` without a picture top-level."""
    for element in list(body.iter("div", "section", "figure")):
        if element.tag == "figure" and element.find(".//img") is not None:
            continue
        if element.getparent() is None:
            continue
        if not any(is_block(child) for child in element):
            element.tag = "p"
        else:
            _lift(element)


def _lift(element: Element) -> None:
    """Replace an element with its blocks; loose text between them was wrapped by `clean`."""
    parent = element.getparent()
    assert parent is not None
    if element.get("id"):
        element[0].set("id", element[0].get("id") or element.get("id") or "")
    index = parent.index(element)
    if element.tail and element.tail.strip():
        element[-1].tail = (element[-1].tail or "") + element.tail
    element.tail = None
    children = list(element)
    parent.remove(element)
    for offset, child in enumerate(children):
        parent.insert(index + offset, child)


def _pictures(draft: Draft, folder: Path | None) -> None:
    for image in list(draft.body.iter("img")):
        source = image.get("src") or ""
        data = _data(source) if source.startswith("data:") else None
        if data is None and folder and source:
            data = _local(source, folder)
        if data:
            key = f"data:{len(draft.pictures)}" if source.startswith("data:") else source
            image.set("src", key)
            draft.pictures[key] = data


def _data(address: str) -> bytes | None:
    """Return the bytes of a `data:` address (RFC 2397); None if it is damaged."""
    head, comma, rest = address.partition(",")
    if not comma or len(rest) > 2 * _LARGEST_PICTURE:
        return None
    try:
        return base64.b64decode(unquote(rest)) if ";base64" in head else unquote_to_bytes(rest)
    except (binascii.Error, ValueError):
        return None


def _local(source: str, folder: Path) -> bytes | None:
    """Return a picture that is in the page's folder or below it; None if there is none."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", source):
        return None
    path = folder / unquote(source.partition("?")[0].partition("#")[0])
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        if inside and is_file(path) and path.stat().st_size <= _LARGEST_PICTURE:
            return path.read_bytes()
    except (OSError, RuntimeError, ValueError):  # a name too long, or links in a circle
        pass
    return None
