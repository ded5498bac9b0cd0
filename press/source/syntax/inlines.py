"""The inlines of Markdown, as CommonMark 0.31 reads them (6), and Pandoc's beyond.

In: the text of each block in the library's tree. Out: the elements in it. The library's patterns
are tried one after another over the whole text, so that brackets and emphasis come out wrong where
they cross; here, one pass from left to right decides. The patterns of others, in the library's own
registry, are tried at each place. This module must not know blocks.
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as etree  # noqa: N813, ICN001 - the library's name
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from markdown.extensions.attr_list import get_attrs_and_remainder
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString, code_escape

from press.core.records import dataclass
from press.source.syntax import references
from press.source.syntax.tree import Parser

_SPECIAL = re.compile(r"[\\`<&!\[\]*_~^=\n{@$\"'.:-]|https?://|www\.")
_PLAIN = re.compile(r"[^\\`<&!\[\]*_~^=\n{@$\"'.:hw-]+")
_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_TICKS = re.compile("`+")
_BREAK = re.compile(r"[ \t]*\n[ \t]*")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\x00-\x20<>]*)>")
_MAIL = re.compile(
    r"<([\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)>"
)
_ATTRIBUTE = r"""\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?"""
_HTML = re.compile(
    rf"<[A-Za-z][A-Za-z0-9-]*(?:{_ATTRIBUTE})*\s*/?>|</[A-Za-z][A-Za-z0-9-]*\s*>"
    r"|<!-->|<!--->|<!--.*?-->|<\?.*?\?>|<![A-Za-z][^>]*>|<!\[CDATA\[.*?\]\]>",
    re.DOTALL,
)
_WORD_TAG = re.compile(r"</?(?:o|w|v|st1):[a-z]+[^<>]*>", re.I)
"""A tag of Word's, such as `<o:p>`."""
_BRACES = re.compile(
    r"\{:?[ ]*(?:[#.][^\s{}]+|[\w:-]+=(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s{}\"']+)|-)"
    r"(?:[ ]+(?:[#.][^\s{}]+|[\w:-]+=(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s{}\"']+)))*[ ]*\}"
)
_EXAMPLE = re.compile(r"(?<=\()@([\w-]+)(?=\))")
_BARE = re.compile(r"(?:https?://|www\.)[^\s<>\x02\x03\"]+")
_DASHES = re.compile("-{2,}")
_QUOTES = {
    "en": "\u201c\u201d\u2018\u2019", "de": "\u201e\u201c\u201a\u2018",
    "fr": "\u00ab\u202f|\u202f\u00bb|\u2039\u202f|\u202f\u203a",
    "es": "\u00ab\u00bb\u201c\u201d", "it": "\u00ab\u00bb\u201c\u201d",
    "pt": "\u201c\u201d\u2018\u2019", "nl": "\u201c\u201d\u2018\u2019",
    "pl": "\u201e\u201d\u201a\u2019", "cs": "\u201e\u201c\u201a\u2018",
    "sv": "\u201d\u201d\u2019\u2019", "fi": "\u201d\u201d\u2019\u2019",
    "da": "\u201d\u201d\u2019\u2019", "nb": "\u00ab\u00bb\u2018\u2019",
    "ru": "\u00ab\u00bb\u201e\u201c", "uk": "\u00ab\u00bb\u201e\u201c",
    "hu": "\u201e\u201d\u00bb\u00ab", "el": "\u00ab\u00bb\u201c\u201d",
    "de-ch": "\u00ab\u00bb\u2039\u203a", "en-gb": "\u201c\u201d\u2018\u2019",
}  # fmt: skip
_TAGS = {"*": ("em", "strong"), "_": ("em", "strong"), "~": ("sub", "del"), "^": ("sup", ""),
         "=": ("", "mark")}  # fmt: skip
_IMPLIED = "\0"
"""Begins the title of a link to a heading, until it is written."""
_HANDLERS = {
    "\\": "escape", "&": "entity", "\n": "line", "`": "code", "<": "angle", "{": "braces",
    "http://": "address", "https://": "address", "www.": "address", "-": "dash", ".": "dots",
    '"': "quote", "'": "quote", "*": "run", "_": "run", "~": "run", "^": "run", "=": "run",
    "!": "picture", "[": "bracket", "]": "close",
}  # fmt: skip
"""What reads a sign."""
Item = Any  # a str, an Element, or a _Run


@dataclass(eq=False)
class _Run:
    """A run of equal signs that may begin or end emphasis."""

    sign: str
    number: int
    opens: bool
    closes: bool
    whole: int = 0
    """Its number of signs before any was used."""


@dataclass(eq=False)
class _Bracket:
    """A bracket that may begin a link, a picture, or a note."""

    place: int
    """Its place among the items."""
    start: int
    """Where its words begin in the text."""
    sign: str
    active: bool = True


class Inlines(Treeprocessor):
    """The library's step that reads the text of blocks."""

    lang = "en"
    """The language, whose quotation marks are set."""

    def __init__(self, md: Any, parser: Parser) -> None:
        super().__init__(md)
        self.parser = parser
        self.used_labels: set[str] = set()
        self.stashed_nodes: dict[str, Any] = {}

    def run(self, root: etree.Element) -> None:
        """Read the text of every element, and the text between blocks."""
        blocks = self.parser.blocks
        self.links: Mapping[str, tuple[str, str]] = blocks.links
        self.notes: Mapping[str, Any] = blocks.notes
        self.examples: Collection[str] = blocks.examples
        self.headings: Mapping[str, int] = blocks.headings
        self.inline_notes: list[etree.Element] = []
        self.used: dict[str, int] = {}
        self.used_labels = set()
        signs = _QUOTES.get(self.lang.lower()) or _QUOTES.get(self.lang.split("-")[0].lower(), "")
        signs = signs or _QUOTES["en"]
        self.quotes = signs.split("|") if "|" in signs else list(signs)
        for element in list(root.iter()):
            if element.tag in ("code", "pre"):
                continue
            children = list(element)
            if element.text and not isinstance(element.text, AtomicString):
                items, element.text = self.read(element.text), None
                _insert(element, 0, items)
            for child in children:
                tail = child.tail
                if tail and tail.strip() and not isinstance(tail, AtomicString):
                    child.tail = None
                    _insert(element, list(element).index(child) + 1, self.read(tail))
        if self.inline_notes:
            list_ = root.find("./div[@class='footnote']/ol")
            if list_ is None:
                holder = etree.SubElement(root, "div", {"class": "footnote"})
                list_ = etree.SubElement(holder, "ol")
            list_.extend(self.inline_notes)

    def read(self, text: str) -> list[Item]:
        """Return the strings and elements of a text."""
        return _Scanner(self, text).read()


def _insert(parent: etree.Element, place: int, items: list[Item]) -> None:
    """Put strings and elements before the child at a place."""
    for item in items:
        if not isinstance(item, str):
            parent.insert(place, item)
            place += 1
        elif place:
            before = parent[place - 1]
            before.tail = (before.tail or "") + item
        else:
            parent.text = (parent.text or "") + item


_ENDS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"), ("<?", "?>"))


class _Scanner:
    """One pass over a text."""

    def __init__(self, inlines: Inlines, text: str) -> None:
        self.inlines, self.md, self.text = inlines, inlines.md, text
        self.at = 0
        self.items: list[Item] = []
        self.brackets: list[_Bracket] = []
        self.no_ticks: set[int] = set()
        self.no_ends: set[str] = set()
        """Ends of comments and the like that do not occur in the rest of the text."""
        self.patterns = list(self.md.inlinePatterns)

    def read(self) -> list[Item]:
        text = self.text.strip(" \t\n")
        self.text = text
        while self.at < len(text):
            found = _SPECIAL.search(text, self.at)
            end = found.start() if found else len(text)
            if end > self.at:
                self.items.append(text[self.at : end])
                self.at = end
            if found:
                self._special(found[0])
        return emphasize(self.items)

    def _special(self, sign: str) -> None:
        example = _EXAMPLE.match(self.text, self.at)
        if example and example[1] in self.inlines.examples:
            self._take(example[0], example.end())  # numbered when the tree is whole
            return
        if self._other():
            return
        getattr(self, f"_{_HANDLERS.get(sign, 'literal')}")(sign)

    def _other(self) -> bool:
        """Try the library's registry: patterns that others added."""
        for pattern in self.patterns:
            if not isinstance(pattern, InlineProcessor):
                continue
            found = pattern.getCompiledRegExp().match(self.text, self.at)
            if not found:
                continue
            node, start, end = pattern.handleMatch(found, self.text)
            if start is None or end is None or end <= start or node is None:
                continue
            before = self.text[self.at : start]
            if before.strip("\\"):
                continue
            self.items.append("".join(map(_literal, before[::2])))  # pairs of backslashes
            self._take(node, end)
            return True
        return False

    def _take(self, item: Item, end: int) -> None:
        self.items.append(item)
        self.at = end

    def _literal(self, sign: str) -> None:
        self._take(sign, self.at + len(sign))

    # Signs that stand for others

    def _escape(self, sign: str) -> None:
        after = self.text[self.at + 1 : self.at + 2]
        if after == "\n":
            end = _BREAK.match(self.text, self.at + 1)
            assert end is not None
            self._take(etree.Element("br"), end.end())
        elif after and after in _MARKS:
            self._take(_literal(after), self.at + 2)
        elif after == " ":  # Pandoc's space that does not break
            self._take("\u00a0", self.at + 2)
        else:
            self._literal(sign)

    def _entity(self, sign: str) -> None:
        found = references.ENTITY.match(self.text, self.at)
        said = references.entity(found[0]) if found else ""
        if found and said != found[0]:
            self._take("".join(map(_literal, said)), found.end())
        else:
            self._take(_literal(sign), self.at + 1)

    def _line(self, sign: str) -> None:
        del sign
        found = _BREAK.match(self.text, self.at)
        assert found is not None
        last = self.items[-1] if self.items else ""
        hard = isinstance(last, str) and last.endswith("  ")
        if isinstance(last, str) and self.items:
            self.items[-1] = last.rstrip(" \t")
        if hard:
            self.items.append(etree.Element("br"))
            self.at = found.end()
        else:
            self._take("\n", found.end())

    def _code(self, sign: str) -> None:
        del sign
        ticks = _TICKS.match(self.text, self.at)
        assert ticks is not None
        width = len(ticks[0])
        if width not in self.no_ticks:
            for end in _TICKS.finditer(self.text, ticks.end()):
                if len(end[0]) == width:
                    said = self.text[ticks.end() : end.start()].replace("\n", " ")
                    if said.startswith(" ") and said.endswith(" ") and said.strip():
                        said = said[1:-1]
                    code = etree.Element("code")
                    code.text = AtomicString(code_escape(said))
                    self._take(code, end.end())
                    return
            self.no_ticks.add(width)
        self._take(ticks[0], ticks.end())

    def _angle(self, sign: str) -> None:
        if found := _AUTOLINK.match(self.text, self.at):
            self._take(_link(found[1], [found[1]], ""), found.end())
        elif found := _MAIL.match(self.text, self.at):
            self._take(_link(f"mailto:{found[1]}", [found[1]], ""), found.end())
        elif self._ends() and (
            found := _HTML.match(self.text, self.at) or _WORD_TAG.match(self.text, self.at)
        ):
            self._take(self.md.htmlStash.store(found[0]), found.end())
        elif self.text.startswith("<!--", self.at):  # never closed: printed as it is
            self._take("".join(map(_literal, "<!--")), self.at + 4)
        else:
            self._literal(sign)

    def _ends(self) -> bool:
        """Return whether the end of a comment or the like is there, searched for only once."""
        for begin, end in _ENDS:
            if self.text.startswith(begin, self.at):
                if end not in self.no_ends and self.text.find(end, self.at) < 0:
                    self.no_ends.add(end)
                return end not in self.no_ends
        return True

    def _braces(self, sign: str) -> None:
        found = _BRACES.match(self.text, self.at)
        alone = self.text[self.at - 1 : self.at] in ("", "\n")
        if found and not (alone and self.text.startswith("\n", found.end())):
            self._take(found[0], found.end())
        else:  # the library takes any braces at the end of a block for attributes
            self._take(_literal(sign), self.at + 1)

    def _address(self, sign: str) -> None:
        before = self.text[self.at - 1 : self.at]
        found = _BARE.match(self.text, self.at)
        if not found or (before and (before.isalnum() or before in "/(<[") and before != "("):
            self._literal(sign)
            return
        said = _trimmed(found[0])
        if "." not in said or len(said) < 8:
            self._literal(sign)
            return
        href = said if "://" in said else f"https://{said}"
        self._take(_link(href, [said], ""), self.at + len(said))

    # Typography

    def _dash(self, sign: str) -> None:
        found = _DASHES.match(self.text, self.at)
        if not found:
            self._literal(sign)
            return
        count, end = len(found[0]), found.end()
        if count % 3 == 0 or count % 2 == 0:  # as many as fit, all alike
            long, short = (count // 3, 0) if count % 3 == 0 else (0, count // 2)
        else:
            short = 1 if count % 3 == 2 else 2
            long = (count - 2 * short) // 3
        self._take("\u2014" * long + "\u2013" * short, end)

    def _dots(self, sign: str) -> None:
        if self.text.startswith("...", self.at):
            self._take("\u2026", self.at + 3)
        else:
            self._literal(sign)

    def _quote(self, sign: str) -> None:
        opens, closes = _flanks(self.text, self.at, self.at + 1)
        before = self.text[self.at - 1 : self.at]
        first, last = self.inlines.quotes[:2] if sign == '"' else self.inlines.quotes[2:]
        if sign == "'":
            ahead = self.text[self.at + 1 :]
            apostrophe = (before and before.isalnum()) or not opens or bool(
                re.match(r"\d\ds?\b", ahead)
            )  # fmt: skip
            closing = re.search(r"(?<=[\w.,!?\u2026)])'(?!\w)", ahead)
            if apostrophe or not closing:
                later = self.quote_open and (not before or not before.isalnum() or not opens)
                self._take(last if later and closes else "\u2019", self.at + 1)
                if later and closes:
                    self.quote_open = False
                return
            self.quote_open = True
            self._take(first, self.at + 1)
            return
        opening = opens and (not closes or not before or not before.isalnum())
        self._take(first if opening else last, self.at + 1)

    quote_open = False

    # Emphasis

    def _run(self, sign: str) -> None:
        end = self.at
        while end < len(self.text) and self.text[end] == sign:
            end += 1
        number = end - self.at
        if sign == "^" and self.text.startswith("^[", self.at):
            self._open("^[")
            return
        if (sign == "=" and number != 2) or (sign == "~" and number > 2) or (
            sign == "^" and number > 1):  # fmt: skip
            self._take(sign * number, end)
            return
        left, right = _flanks(self.text, self.at, end)
        opens, closes = left, right
        if sign == "_":
            before, after = self.text[self.at - 1 : self.at], self.text[end : end + 1]
            opens = left and (not right or _is_mark(before))
            closes = right and (not left or _is_mark(after))
        elif sign in "~^" and number == 1:
            after, before = self.text[end : end + 1], self.text[self.at - 1 : self.at]
            based = sign == "^" or (
                bool(before) and not before.isspace() and before not in "([{/\u2013-"
            )
            opens = bool(after) and not after.isspace() and based  # `~5` alone means about 5
            closes = bool(before) and not before.isspace()
        self._take(_Run(sign, number, opens, closes, number), end)

    # Brackets

    def _open(self, sign: str) -> None:
        self.brackets.append(_Bracket(len(self.items), self.at + len(sign), sign))
        self._take(sign, self.at + len(sign))

    def _picture(self, sign: str) -> None:
        if self.text.startswith("![", self.at) and not self.text.startswith("![^", self.at):
            self._open("![")
        else:
            self._literal(sign)

    def _bracket(self, sign: str) -> None:
        if self.text.startswith("[^", self.at) and self._note():
            return
        self._open(sign)

    def _note(self) -> bool:
        found = re.compile(r"\[\^([^\]\s]+)\]").match(self.text, self.at)
        if not found or found[1] not in self.inlines.notes:
            return False
        self._take(self.inlines_mark(found[1]), found.end())
        return True

    def inlines_mark(self, name: str) -> etree.Element:
        """Return the mark of a note, in the form of the library's footnotes."""
        count = self.inlines.used[name] = self.inlines.used.get(name, 0) + 1
        sup = etree.Element("sup", id=f"fnref{count if count > 1 else ''}:{name}")
        link = etree.SubElement(sup, "a", {"class": "footnote-ref", "href": f"#fn:{name}"})
        link.text = AtomicString(name)
        return sup

    def _close(self, sign: str) -> None:
        if not self.brackets:
            self._literal(sign)
            return
        opener = self.brackets.pop()
        if not opener.active:
            self._literal(sign)
            return
        if opener.sign == "^[":
            self._inline_note(opener)
            return
        end = self.at + 1
        target = references.tail(self.text, end)
        if target is None:
            target = self._reference(opener, end)
        if target is None:
            if not self._span(opener, end):
                self._literal(sign)
            return
        href, title, end = target
        inside = emphasize(self.items[opener.place + 1 :])
        del self.items[opener.place :]
        if opener.sign == "![":
            image = etree.Element("img", src=href, alt="".join(_words(inside)))
            _insert(image, 0, self.inlines.read(title))  # `source.captions` puts it after
            self._take(image, end)
            return
        self._take(_link(href, inside, title), end)
        for bracket in self.brackets:
            if bracket.sign == "[":
                bracket.active = False

    def _reference(self, opener: _Bracket, end: int) -> tuple[str, str, int] | None:
        """Return what a reference link leads to: `[words][label]`, `[label][]`, or `[label]`."""
        words = self.text[opener.start : self.at]
        named = references.label(self.text, end)
        label, after = words, end
        if named and named[0].strip():
            label, after = named
        elif self.text.startswith("[]", end):
            after = end + 2
        elif "[" in re.sub(r"\\.", "", words):
            return None
        if len(label) > 999:
            return None
        found = self.inlines.links.get(references.normal(label))
        if found is None and opener.sign == "[":
            found = self._heading(label)
        if found:
            self.inlines.used_labels.add(references.normal(label))
        return (*found, after) if found else None

    def _heading(self, label: str) -> tuple[str, str] | None:
        """Return a link to a heading of a name, which is completed once headings have ids."""
        name = references.normal(label)
        return ("#", f"{_IMPLIED}{name}") if name in self.inlines.headings else None

    def _inline_note(self, opener: _Bracket) -> None:
        inside = emphasize(self.items[opener.place + 1 :])
        del self.items[opener.place :]
        name = f"inline-{len(self.inlines.inline_notes) + 1}"
        item = etree.Element("li", id=f"fn:{name}")
        _insert(etree.SubElement(item, "p"), 0, inside)
        self.inlines.inline_notes.append(item)
        self._take(self.inlines_mark(name), self.at + 1)

    def _span(self, opener: _Bracket, end: int) -> bool:
        """Read `[words]{.class}`, Pandoc's bracketed span."""
        found = _BRACES.match(self.text, end)
        if not found or opener.sign != "[":
            return False
        inside = emphasize(self.items[opener.place + 1 :])
        del self.items[opener.place :]
        span = etree.Element("span")
        for name, value in get_attrs_and_remainder(found[0].strip("{}: "))[0]:
            if name == ".":
                span.set("class", f"{span.get('class', '')} {value}".strip())
            else:
                span.set(name, value or "")
        classes = (span.get("class") or "").split()
        for name, tag in (("underline", "u"), ("ul", "u"), ("mark", "mark")):
            if name in classes:
                span.tag = tag
        _insert(span, 0, inside)
        self._take(span, found.end())
        return True


def _literal(sign: str) -> str:
    """Return a sign so that no later step of the library reads it as markup."""
    return "\x02amp\x03amp;" if sign == "&" else f"\x02{ord(sign)}\x03"


def _trimmed(address: str) -> str:
    """Return a bare address without the punctuation of the sentence after it."""
    while True:
        said = address.rstrip("?!.,:*_~'\u2026;")
        if said.endswith(")") and said.count(")") > said.count("("):
            said = said[:-1]
        if said == address:
            return said
        address = said


def _is_mark(sign: str) -> bool:
    return bool(sign) and unicodedata.category(sign)[0] in "PS"


def _flanks(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Say if a run is left-flanking, and if it is right-flanking (6.2)."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    space_after, space_before = not after or after.isspace(), not before or before.isspace()
    mark_after, mark_before = _is_mark(after), _is_mark(before)
    left = not space_after and (not mark_after or space_before or mark_before)
    right = not space_before and (not mark_before or space_after or mark_after)
    return left, right


def _link(href: str, inside: list[Item], title: str) -> etree.Element:
    link = etree.Element("a", href=href.replace(" ", "%20"))
    if title.startswith(_IMPLIED):
        link.set("class", "implied")
        link.set("title", title.removeprefix(_IMPLIED))
    elif title:
        link.set("title", title)
    _insert(link, 0, inside)
    return link


def _words(items: list[Item]) -> Iterator[str]:
    """Yield the plain words of items, for the alternative of a picture."""
    for item in items:
        if isinstance(item, str):
            yield re.sub("\x02(\\d+)\x03", lambda found: chr(int(found[1])), item).replace(
                "\x02amp\x03amp;", "&"
            )
        elif item.tag == "img":
            yield item.get("alt") or ""
        elif item.tag == "sup" and (item.get("id") or "").startswith("fnref"):
            yield f"[^{''.join(item.itertext())}]"
        else:
            yield from _words([*item.itertext()])


def emphasize(items: list[Item]) -> list[Item]:
    """Turn runs into emphasis (CommonMark 0.31, appendix): the nearest pairs first."""
    items = list(items)
    bottom: dict[tuple[object, ...], int] = {}
    at = 0
    while at < len(items):
        closer = items[at]
        if not isinstance(closer, _Run) or not closer.closes or not closer.number:
            at += 1
            continue
        key = (closer.sign, closer.opens, closer.whole % 3, closer.number)
        floor = bottom.get(key, -1)
        place = next(
            (n for n in range(at - 1, floor, -1) if _pairs(items[n], closer, items, n, at)), None
        )
        if place is None:
            bottom[key] = at - 1
            if not closer.opens:
                items[at] = _unused(closer)
            at += 1
            continue
        opener = items[place]
        used = 2 if opener.number >= 2 and closer.number >= 2 else 1
        element = etree.Element(_TAGS[closer.sign][used - 1])
        _insert(element, 0, [_unused(item) for item in items[place + 1 : at]])
        opener.number -= used
        closer.number -= used
        rest = [*([opener] if opener.number else ()), element, *([closer] if closer.number else ())]
        items[place : at + 1] = rest
        at = place + len(rest) - bool(closer.number)
        bottom = {known: min(value, place - 1) for known, value in bottom.items()}
    return [_unused(item) for item in items]


def _pairs(opener: Item, closer: _Run, items: list[Item], start: int, end: int) -> bool:
    if not isinstance(opener, _Run) or opener.sign != closer.sign or not opener.opens:
        return False
    if not opener.number:
        return False
    if closer.sign in "~^=":
        inside = items[start + 1 : end]
        tight = closer.number == 2 or not any(
            isinstance(item, str) and re.search(r"\s", item) for item in inside
        )
        return opener.number == closer.number and tight and bool(inside)
    odd = (opener.closes or closer.opens) and closer.whole % 3 != 0
    return not (odd and (opener.whole + closer.whole) % 3 == 0)


def _unused(item: Item) -> Item:
    if not isinstance(item, _Run):
        return item
    return "".join(map(_literal, item.sign * item.number)) if item.number else ""
