"""Citations of several references in a row, such as `2-5`: one link, which leads to all of them.

In: the mark of a citation, or a list of references. Out: the same, with one link for a range, and
an element to which it leads. A format shows all entries of a range for that link, as it can. This
module must not know formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from press.core.trees import Element, has_class

_DASH = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")
_ID = re.compile(r"refs-(\d+)-(\d+)")


def range_id(first: int, last: int) -> str:
    """Return the id of the element to which the link of a range leads."""
    return f"refs-{first}-{last}"


def ends_of(href: str) -> tuple[int, int] | None:
    """Return the numbers of the first and last reference that the link of a range leads to."""
    found = _ID.fullmatch(href.removeprefix("#"))
    return (int(found[1]), int(found[2])) if found else None


def join_ranges(mark: Element, numbers: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Make one link of the two of `2-5`, and yield the two numbers of each.

    `numbers` has the number of each reference by the link to it.
    """
    for first in list(mark.iter("a")):
        last, parent = first.getnext(), first.getparent()
        if (
            last is None
            or parent is None
            or last.tag != "a"
            or not _DASH.fullmatch(first.tail or "")
        ):
            continue
        one, other = (numbers.get(link.get("href") or "", 0) for link in (first, last))
        if (first.text, last.text) != (str(one), str(other)) or other < one + 2:
            continue
        first.set("href", f"#{range_id(one, other)}")
        first.text, first.tail = f"{first.text}{first.tail}{last.text}", last.tail
        last.tail = None
        parent.remove(last)
        yield one, other


_JOINED = re.compile(r'(<a class="cite"[^>]* href=")#refs-(\d+)-(\d+)">\d+(\D+)\d+</a>')
_PLACE = re.compile(r'<span id="refs-\d+-\d+" class="range">((?:(?!<span id="refs-).)*?)</span>')
_LABELED = re.compile(r'(<a href="[^"]*">)(PMC?I?D:) ')


def as_before(xhtml: str, links: Mapping[int, str]) -> str:
    """Return a part as versions without ranges and labels in links wrote it, for their hashes.

    `links` has the link to each reference by its number.
    """

    def apart(found: re.Match[str]) -> str:
        ends = ((number, links.get(int(number), "")) for number in found.group(2, 3))
        return found[4].join(f'{found[1]}{href}">{number}</a>' for number, href in ends)

    xhtml, again = _JOINED.sub(apart, xhtml), 1
    while again:
        xhtml, again = _PLACE.subn(r"\1", xhtml)
    return _LABELED.sub(r"\2 \1", xhtml)


def enclose(item: Element, number: int, ranges: Iterable[tuple[int, int]]) -> None:
    """Put the first words of the first reference of a range into an element for its links."""
    for first, last in sorted(pair for pair in ranges if pair[0] == number):
        place = etree.Element("span", id=range_id(first, last), attrib={"class": "range"})
        place.text, item.text = item.text, None
        if not (place.text or "").strip() and len(item):
            child = item[0]
            place.tail, child.tail = child.tail, None
            place.append(child)
        item.insert(0, place)


def ranges_of(body: Element) -> list[tuple[int, int]]:
    """Return the ranges whose elements are in a tree, the longest last."""
    ids = (e.get("id") or "" for e in body.iter("span") if has_class(e, "range"))
    found = {ends for id_ in ids if (ends := ends_of(id_))}
    return sorted(found, key=lambda pair: (pair[1] - pair[0], pair))
