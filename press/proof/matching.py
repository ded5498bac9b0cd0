"""Matching: the blocks of a document are compared with those of a finished file, one by one.

In: the units of a document, and the blocks that are heard from a file, both in reading order. Out:
a problem for each unit that is missing, altered, doubled, in another place, or of another kind,
and the blocks that are not part of the text. This module must not know formats.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from urllib.parse import unquote

from press.core import trees
from press.core.model import Document
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.core.speech import Block, plain_words
from press.core.trees import Element, has_class
from press.document.units import Unit, letters

HINT = "check your custom styles and templates; the file was not published"
LINK, END, FIGURE, FIGURE_END = "\x02", "\x03", "\x04", "\x05"
ANY_PAGE = "\x06"
"""After a link back to the text, or a cross-reference, where paper adds the number of the page."""
MARKS = re.compile(f"[{LINK}{END}{ANY_PAGE}]|{FIGURE}[^{FIGURE_END}]*{FIGURE_END}")

PICTURE = re.compile(f"{FIGURE}([^{FIGURE_END}]*){FIGURE_END}")

Differs = Callable[[Unit, Block], str]
"""Says how a block differs from a unit, as the end of a sentence; empty if it does not."""


def marked(block: Block) -> str:
    """Return the text of a block, with marks where links begin and end, and for pictures."""
    return plain_words("".join(_marked_pieces(block)))


def _marked_pieces(block: Block) -> Iterator[str]:
    for piece in block.pieces:
        if piece.kind == "link":
            yield LINK
        elif piece.kind == "end":
            paged = any(has_class(piece.owner, name) for name in ("backlink", "xref"))
            yield f"{ANY_PAGE if paged else ''}{END}"
        elif piece.kind == "figure":
            yield f"{FIGURE}{piece.text}{FIGURE_END}"
        else:
            yield piece.text  # nothing, where deleted text begins or ends


def kind_differs(unit: Unit, block: Block, *, levels: bool = True) -> str:
    """Say how the kind of a block differs from that of a unit: role, number, place in a table.

    Without `levels`, the levels of headings are not compared.
    """
    mine = unit.block
    assert mine is not None
    roles = [each.role if levels else re.sub(r"\d", "", each.role) for each in (mine, block)]
    if roles[0] != roles[1]:
        return f"is {_a(block.role)}, not {_a(mine.role)}"
    if not same_numbers(mine.labels, block.labels):
        return wrong_number(mine.labels, block.labels)
    if mine.depth != block.depth:
        return f"is in {block.depth} lists, not {mine.depth}"
    if (mine.row, mine.column) != (block.row, block.column):
        where = f"row {block.row + 1}, column {block.column + 1}"
        return f"is in {where}, not row {mine.row + 1}, column {mine.column + 1}"
    if mine.headers != block.headers and _bag(mine.headers) != _bag(block.headers):
        return f"is read under the headers {_quoted(block.headers)}, not {_quoted(mine.headers)}"
    return ""


def struck_differs(mine: Block, block: Block, label: str = "") -> str:
    """Say how the deleted text of a block differs, as the end of a sentence.

    `label` is what is heard with it, in a file that must say so itself: `deleted: {words}`.
    """
    wanted, found = _struck(mine), _struck(block)
    if [letters(words) for words, _ in wanted] != [letters(words) for words, _ in found]:
        words = next((words for words, _ in wanted), "") or found[0][0]
        return f"does not have the same deleted text: '{excerpt(words, 40)}'"
    for words, owner in found if label else ():
        said = owner.get("said")
        if said is not None and letters(said) != letters(label.format(words=words)):
            return f"has '{excerpt(words, 40)}', which is heard as '{excerpt(said, 40)}'"
    return ""


def _struck(block: Block) -> list[tuple[str, Element]]:
    """Return each deleted text of a block, with its element; without those that have no letters."""
    found: list[tuple[str, Element]] = []
    open_: list[int] = []
    for piece in block.pieces:
        if piece.kind == "struck":
            open_.append(len(found))
            found.append(("", piece.owner))
        elif piece.kind == "kept":
            open_.pop()
        for at in open_:
            found[at] = f"{found[at][0]}{piece.text}", found[at][1]
    return [(words, owner) for words, owner in found if letters(words)]


def _bag(headers: Sequence[str]) -> Counter[str]:
    """Return headers as they are compared: lines may break in them, and their order is free."""
    return Counter(map(letters, headers))


def links_differ(mine: Block, block: Block, *, names: bool = True) -> str:
    """Say how the links of a block differ: where they lead and, with `names`, how they are heard.

    A place in the work may be in another file; a PDF says only that it is in the work.
    """
    for (words, name, wanted), (_, other, found) in zip(_links(mine), _links(block), strict=False):
        inner = wanted.startswith("#") and (found == "#" or found.endswith(wanted))
        if not inner and unquote(found) != unquote(wanted):
            where = f"to '{excerpt(found)}'" if found else "nowhere"
            return f"has a link, '{excerpt(words, 40)}', that leads {where}"
        if names and name != other:
            return f"has a link that is heard as '{excerpt(other)}' instead of '{excerpt(name)}'"
    return ""


def _links(block: Block) -> Iterator[tuple[str, str, str]]:
    """Yield the words of each link, the name that it has instead, and where it leads."""
    begun = [(at, piece) for at, piece in enumerate(block.pieces) if piece.kind == "link"]
    for at, piece in begun:
        words = "".join(p.text for p in block.pieces[at + 1 : at + 3] if p.kind == "text")
        yield plain_words(words), piece.text, piece.owner.get("href") or ""


def _a(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{each}'" for each in words) or "'none'"


_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


def same_numbers(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Say if labels of list items count alike; a style may count with letters."""
    if len(wanted) != len(found):
        return False
    pairs = zip(wanted, found, strict=True)
    return all(mine == other or mine in _numbers(other) for mine, other in pairs)


def wrong_number(wanted: Sequence[str], found: Sequence[str]) -> str:
    """Say that a list item has other numbers, as the end of a sentence."""
    mine, other = (" ".join(filter(None, labels)) for labels in (wanted, found))
    return f"has the number '{other}', not '{mine}'"


def _numbers(label: str) -> set[str]:
    """Return the numbers that a label may stand for, if a style counts with letters."""
    low, found = label.lower(), set[str]()
    if re.fullmatch("[a-z]{1,3}", low):
        value = 0
        for letter in low:
            value = value * 26 + ord(letter) - ord("a") + 1
        found.add(str(value))
    if low and set(low) <= set(_ROMAN):
        values = [_ROMAN[letter] for letter in low]
        pairs = zip_longest(values, values[1:], fillvalue=0)
        found.add(str(sum(-a if a < b else a for a, b in pairs)))
    return found


@dataclass(frozen=True)
class Extra:
    """A block of a file that is not part of the text of the document."""

    block: Block
    before: int
    """The number of units that come before it."""


@dataclass(frozen=True)
class Match:
    """What a comparison found."""

    pairs: list[tuple[Unit, Block]]
    extras: list[Extra]
    faults: list[tuple[Unit, str]]
    """A unit, and what is wrong with it, as a sentence without its subject."""


def compare(units: Sequence[Unit], found: Sequence[Block], differs: Differs) -> Match:
    """Compare the units of a document with the blocks of a file, one by one and in order."""
    pairs: list[tuple[Unit, Block]] = []
    extras: list[Extra] = []
    for block in found:
        unit = units[len(pairs)] if len(pairs) < len(units) else None
        if unit is not None and not differs(unit, block):
            pairs.append((unit, block))
        else:
            extras.append(Extra(block, len(pairs)))
    if len(pairs) == len(units):
        return Match(pairs, extras, [])
    return _search(units, found, differs)


def _search(units: Sequence[Unit], found: Sequence[Block], differs: Differs) -> Match:
    """Find out what differs: align both sequences by their letters."""
    mine, theirs = [_key(u.text) for u in units], [_key(b.text) for b in found]
    pairs: list[tuple[int, int]] = []
    for tag, a, b, c, d in SequenceMatcher(
        None, mine, theirs, autojunk=len(mine) > _MANY
    ).get_opcodes():
        if tag == "equal":
            pairs += zip(range(a, b), range(c, d), strict=True)
        elif tag == "replace":
            pairs += _alike(units, found, (a, b, c, d))
    at, matched = dict(pairs), {j: i for i, j in pairs}
    faults = [(i, fault) for i, j in pairs if (fault := differs(units[i], found[j]))]
    spare = [j for j in range(len(found)) if j not in matched]
    for i in range(len(units)):
        if i in at:
            continue
        elsewhere = next((j for j in spare if theirs[j] == mine[i]), None)
        if elsewhere is None:
            faults.append((i, "is missing"))
            continue
        spare.remove(elsewhere)
        before = next((units[matched[j]] for j in range(elsewhere, -1, -1) if j in matched), None)
        after = f"after '{excerpt(before.text, 40)}'" if before else "at the beginning"
        faults.append((i, f"is in another place, {after}"))
    number, extras = 0, []
    for j, block in enumerate(found):
        number = matched[j] + 1 if j in matched else number
        if j in spare:
            extras.append(Extra(block, number))
    named = [(units[i], what) for i, what in sorted(faults)]
    return Match([(units[i], found[j]) for i, j in pairs], extras, named)


_NUMBERED = re.compile(r"\([^()\d]*\d+\)")
"""A page number that paper adds, or any number in brackets."""


def _key(text: str) -> str:
    return letters(_NUMBERED.sub("", MARKS.sub("", text)))


_MANY = 2000
"""Blocks from which texts that are everywhere, such as "1", are not aligned one by one."""
_NEAR = 8
"""Blocks among which one that is like a unit is looked for."""


def _alike(
    units: Sequence[Unit], found: Sequence[Block], between: tuple[int, int, int, int]
) -> Iterator[tuple[int, int]]:
    """Pair units with blocks that were put in their place: in order, the first that is like it."""
    a, b, c, d = between
    for i in range(a, b):
        for j in range(c, min(d, c + _NEAR)):
            mine, theirs = _key(units[i].text), _key(found[j].text)
            matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
            like = matcher.quick_ratio() > 0.5 and matcher.ratio() > 0.5
            block = units[i].block
            same = (b - a, 1) == (d - c, 1) and block is not None and block.role == found[j].role
            if like or same:
                yield i, j
                c = j + 1
                break


def reads(wanted: str, found: str) -> str:
    """Say that a text reads otherwise, with the words around the first difference."""
    plain = [plain_words(MARKS.sub("", text)) for text in (wanted, found)]
    if plain[0] == plain[1]:
        alts, others = (PICTURE.findall(text) for text in (wanted, found))
        if len(alts) == len(others) and alts != others:
            alt, other = next((a, b) for a, b in zip(alts, others, strict=True) if a != b)
            return f"has a picture described as '{excerpt(other)}' instead of '{excerpt(alt)}'"
        return "has other links or pictures"
    if not plain[1]:
        return "is missing"
    at = next(
        (i for i, (a, b) in enumerate(zip(*plain, strict=False)) if a != b), min(map(len, plain))
    )
    start = max(0, plain[0].rfind(" ", 0, max(0, at - 12)) + 1)
    there, here = (excerpt(text[start:] or "nothing", 40) for text in reversed(plain))
    return f"reads '{there}' instead of '{here}'"


def fault(unit: Unit, what: str, span: Span, where: str = "") -> Problem:
    """Return the problem of a unit (PRF001 if it is missing, else PRF006).

    `where` completes the message: ` in dark mode`.
    """
    code = "PRF001" if what in ("is missing", "is hidden") else "PRF006"
    words = f": '{excerpt(MARKS.sub('', unit.text))}'" if letters(unit.text) else ""
    return Problem(code, span, f"{unit.what} {what}{where}{words}", HINT)


def stray(words: str, texts: Mapping[str, Unit], span: Span) -> Problem:
    """Return the problem of words within the text that should not be there (PRF006).

    `texts` has the units of the text by their letters: one that is there again is named.
    """
    if unit := texts.get(letters(words)):
        return fault(unit, "is there twice", span)
    return Problem("PRF006", span, f"'{excerpt(words)}' is not in the article", HINT)


def no_short(span: Span, where: str = "") -> Problem:
    """Say that the short disclaimer is missing (PRF002); `where` completes the message."""
    return Problem("PRF002", span, f"the short disclaimer is missing{where}", HINT)


def excerpt(text: str, most: int = 80) -> str:
    """Return the beginning of a text, on one line of at most `most` characters."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def internal_links(document: Document) -> Counter[str]:
    """Count the targets of the links within a document."""
    links = (link for part in document.parts for link in trees.parse(part.xhtml).iter("a"))
    targets = (link.get("href") or "" for link in links)
    return Counter(target for target in targets if target.startswith("#"))
