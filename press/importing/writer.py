"""A document's tree, written as Markdown that makebook reads back as the same tree.

In: a `Draft` made regular. Out: Markdown, and the lines of what was marked or guessed. Each block
is read back at once; one that Markdown cannot hold, such as a table with joined cells, is written
as HTML. Must not know files.
"""

from __future__ import annotations

import copy
import re
from dataclasses import field
from html import escape

from press.core.records import dataclass
from press.core.trees import Element, is_block, serialize, unwrap
from press.importing.draft import GUESS, HEADINGS, MARK, NOTE, TOKENS, Draft, words
from press.source import markup

_BOLD = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_STRUCTURE = frozenset(
    "h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre tr td th strong em sub sup code img s u "
    "hr br".split()
)
_SAME = {"b": "strong", "i": "em", "del": "s", "ins": "u"}
_BLOCK_ONLY = frozenset(("p", "ul", "ol", "pre", "blockquote", "dl"))
"""Blocks that Markdown can hold in a list item or a quotation."""


@dataclass
class Written:
    """Markdown, and the places in it that the author should look at."""

    text: str = ""
    marks: list[tuple[int, str]] = field(default_factory=list)
    """For each mark, its line (from 1) and its words."""
    guesses: dict[str, list[int]] = field(default_factory=dict)
    """For each kind of element recognized by its look, the lines."""


def write(draft: Draft, first: int) -> Written:
    """Write a draft; `first` is the line of the file on which the text begins."""
    writer = _Writer(draft.notes)
    chunks: list[tuple[str, str, str]] = []  # text, mark, guess
    before = ""
    for block in draft.body:
        text = writer.checked(block)
        marks = [m[1] for m in MARK.finditer("".join(block.itertext()))]
        kind = str(block.tag)
        if text and before == kind and kind in ("ul", "ol", "blockquote", "dl"):
            chunks.append(("<!-- -->", "", ""))
        if text:
            chunks.append((text, "", block.get(GUESS) or ""))
            before = kind
        for said in marks:
            chunks.append((_comment(said), said, ""))
            before = "" if kind == "p" else before
    for label, note in draft.notes.items():
        if label in writer.written:
            chunks += [(writer.note(label, note), "", "")]
            marks = [m[1] for m in MARK.finditer("".join(note.itertext()))]
            chunks += [(_comment(said), said, "") for said in marks]
    written, line = Written(), first
    for text, said, guess in chunks:
        if said:
            written.marks.append((line, said))
        if guess:
            written.guesses.setdefault(guess, []).append(line)
        written.text += f"{text}\n\n"
        line += text.count("\n") + 2
    written.text = written.text.rstrip("\n") + "\n"
    return written


def _comment(text: str) -> str:
    """Return an HTML comment; no text can end it early (HTML, 13.1.6)."""
    return f"<!-- import: {re.sub('--+', '–', text).replace('>', '›').replace('<', '‹')} -->"


class _Writer:
    def __init__(self, notes: dict[str, Element]) -> None:
        self.notes = notes
        self.written: dict[str, None] = {}
        """The labels of notes to which the Markdown refers."""
        self.paired = ""
        """Signs that occur twice in the block and so could have a meaning."""

    def checked(self, block: Element) -> str:
        """Write one block; as HTML if it would not be read back as it is."""
        before = dict(self.written)
        self.paired = _paired(block)
        text = self.block(block)
        if text is not None and _reads_back(text, block):
            return text
        self.written = before
        return self.raw(block)

    def note(self, label: str, note: Element) -> str:
        self.paired = _paired(note)
        text = self.blocks(note)
        lines = (words(note) if text is None else text).split("\n")
        indented = [f"    {line}" if line else "" for line in lines[1:]]
        return "\n".join([f"[^{label}]: {lines[0]}", *indented])

    # Blocks: None if Markdown cannot hold them.

    def blocks(self, parent: Element, *, tight: bool = False) -> str | None:
        """Write the content of an element that holds blocks, or text."""
        if not any(is_block(child) for child in parent):
            return _guard(self.inline(parent).strip())
        parts: list[str] = []
        for child in parent:
            text = self.block(child) if child.tag in _BLOCK_ONLY else None
            if text is None:
                return None
            parts.append(text)
        return ("\n" if tight else "\n\n").join(part for part in parts if part)

    def block(self, element: Element) -> str | None:
        tag = str(element.tag)
        if tag == "p":
            return f"{self._anchor(element)}{_guard(self.inline(element).strip())}"
        if tag in HEADINGS:
            text = re.sub(r"(#+)\Z", r"\\\1", self.inline(element).strip())
            name = element.get("id")
            return f"{'#' * int(tag[1])} {text}{f' {{#{name}}}' if name else ''}"
        if tag in ("ul", "ol"):
            return self.list_(element)
        method = {
            "blockquote": self.quote, "pre": self.code, "hr": lambda _: "* * *",
            "table": self.table, "figure": self.figure, "dl": self.definitions,
        }.get(tag)  # fmt: skip
        return method(element) if method else None

    def quote(self, element: Element) -> str | None:
        text = self.blocks(element)
        return (
            None
            if text is None
            else re.sub("^(?=.)", "> ", text, flags=re.M).replace("\n\n", "\n>\n")
        )

    def code(self, element: Element) -> str | None:
        text = TOKENS.sub("", "".join(element.itertext())).strip("\n")
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
        return f"{fence}\n{text}\n{fence}" if text.strip() else None

    def definitions(self, element: Element) -> str | None:
        parts: list[str] = []
        for child in element:
            text = self.inline(child).strip()
            if not text or any(inner.tag in _BLOCK_ONLY for inner in child):
                return None
            if child.tag == "dt":
                parts += ["", _guard(text)]
            else:
                parts.append(f":   {_guard(text)}")
        return "\n".join(parts).strip("\n")

    def list_(self, element: Element) -> str | None:
        if set(element.attrib) - {"start", GUESS, "id"} or element.get("id"):
            return None
        start = element.get("start") or "1"
        if not start.isdigit():
            return None
        items: list[str] = []
        loose = any(self._is_loose(item) for item in element)
        for number, item in enumerate(element, int(start)):
            if item.tag != "li" or item.get("value"):
                return None
            marker = "- " if element.tag == "ul" else f"{number}. "
            marker += " " * (-len(marker) % 2) if element.tag == "ol" else ""
            text = self.blocks(item, tight=not loose)
            if not text:
                return None
            indented = re.sub("\n(?=[^\n])", "\n" + " " * len(marker), text)
            items.append(f"{marker}{self._anchor(item)}{indented}")
        return ("\n\n" if loose else "\n").join(items)

    def _is_loose(self, item: Element) -> bool:
        kinds = [child.tag for child in item if child.tag in _BLOCK_ONLY]
        rest = [kind for kind in kinds if kind not in ("ul", "ol")]
        return (
            len(rest) > 1
            or any(kind in ("pre", "blockquote") for kind in rest)
            or any(self._is_loose(inner) for inner in item.iter("li") if inner is not item)
        )

    def figure(self, element: Element) -> str | None:
        image, caption = element.find("img"), element.find("figcaption")
        if image is None or len(element) > 2 or (caption is not None and len(caption)):
            return None
        title = words(caption) if caption is not None else ""
        return None if re.search(r'["\\<>&{}@]', title) else self.image(image, title)

    def table(self, element: Element) -> str | None:
        rows = [list(row) for row in element.iter("tr")]
        caption = element.find("caption")
        if not rows or len({len(row) for row in rows}) != 1 or len(rows) < 2 or len(rows[0]) < 2:
            return None
        if any(cell.tag != "th" for cell in rows[0]):
            return None
        cells = [cell for row in rows for cell in row]
        if any(cell.tag == "th" for row in rows[1:] for cell in row) or any(
            set(cell.attrib) - {"scope", "class"} for cell in cells
        ):
            return None
        texts = [[self.cell(cell) for cell in row] for row in rows]
        if any(text is None for row in texts for text in row):
            return None
        sides = [_side([row[n] for row in rows[1:]]) for n in range(len(rows[0]))]
        lines = [f"| {' | '.join(map(str, row))} |" for row in texts]
        lines.insert(1, f"|{'|'.join(sides)}|")
        if caption is not None:
            lines += ["", f"Table: {self.inline(caption).strip()}"]
        return "\n".join(lines)

    def cell(self, cell: Element) -> str | None:
        content = [child for child in cell if child.tag in _BLOCK_ONLY]
        if any(child.tag != "p" for child in content) or len(content) > 1:
            return None
        alone = len(content) == 1 and len(cell) == 1 and not (cell.text or "").strip()
        if content and (not alone or (content[0].tail or "").strip()):
            return None
        text = self.inline(content[0] if content else cell).strip()
        return None if "\n" in text else text.replace("|", "&#124;")

    # Inlines

    def inline(self, element: Element) -> str:
        """Write the content of an element as one line."""
        made = self.text(element.text or "")
        for child in element:
            tail = self.text(child.tail or "")
            made = self._join(made, child, tail)
        return made

    def _join(self, before: str, child: Element, tail: str) -> str:
        tag = str(child.tag)
        if tag in _BOLD:
            inner = self.inline(child)
            core = inner.strip()
            lead, trail = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
            if not core:
                return before + inner + tail
            left, following = (before + lead)[-1:], child.getnext()
            after = "" if following is None else "".join(map(str, following.itertext())) or "x"
            follows = (trail + tail + after)[:1]
            clear = not (left.isalnum() or follows.isalnum() or core[0] in "*<_`[!" or core[-1] in
                         "*>_`)" or left in ("*", "_", "\\", "&", ";"))  # fmt: skip
            sign = _BOLD[tag]
            name = _SAME.get(tag, tag)
            core = f"{sign}{core}{sign}" if clear else f"<{name}>{core}</{name}>"
            return f"{before}{lead}{core}{trail}{tail}"
        return before + self.span(child, tag) + tail

    def span(self, child: Element, tag: str) -> str:
        if tag == "br":
            return "<br />"
        if tag == "img":
            return self.image(child, child.get("title") or "")
        if tag in ("code", "kbd", "samp") and not len(child):
            text = " ".join(TOKENS.sub("", child.text or "").split())
            sign = "`" * (max([0, *map(len, re.findall("`+", text))]) + 1)
            pad = " " if text.startswith("`") or text.endswith("`") else ""
            # The library finds comments before code.
            plain_code = text and tag == "code" and not re.search("<[!?]", text)
            return f"{sign}{pad}{text}{pad}{sign}" if plain_code else _html(child)
        inner = self.inline(child)
        if tag == "a" and child.get("href"):
            href = child.get("href") or ""
            label = words(child)
            if (
                label == href
                and not len(child)
                and re.fullmatch(r"https?://[\w./:#?=&%~+-]+", href)
            ):
                return f"<{href}>"
            href = href.replace("(", "%28").replace(")", "%29").replace("*", "%2A")
            return f"{self._anchor(child)}[{inner.strip()}]({href})"
        attributes = "".join(
            f' {name}="{_attribute(value)}"'
            for name, value in child.attrib.items()
            if name in ("id", "lang", "dir", "title", "datetime")
        )
        if tag == "span" and not attributes:
            return inner
        name = _SAME.get(tag, tag)
        return f"<{name}{attributes}>{inner}</{name}>"

    def image(self, image: Element, title: str = "") -> str:
        alt = self.text(image.get("alt") or "").strip()
        shown = f' "{title}"' if title and '"' not in title else ""
        return f"![{alt}]({image.get('src')}{shown})"

    def _anchor(self, element: Element) -> str:
        name = element.get("id")
        return f'<span id="{name}"></span>' if name else ""

    def text(self, text: str) -> str:
        """Write plain text so that none of its signs has a meaning."""
        text = re.sub(r"[^\S\u00a0\u202f\u2007]+", " ", MARK.sub("", text))
        pieces = NOTE.split(text)
        for index, piece in enumerate(pieces):
            if index % 2:
                self.written[piece] = None
                pieces[index] = f"[^{piece}]"
            else:
                pieces[index] = self._escaped(TOKENS.sub("", piece))
        return "".join(pieces)

    def _escaped(self, text: str) -> str:
        text = re.sub(r"([\\`*\[\]{}])", r"\\\1", text)
        text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
        text = re.sub(r"(?<![\w.+-])@|(?<=\[)@", r"\\@", text)
        text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;")
        for sign in self.paired:
            text = text.replace(sign, f"&#{ord(sign)};")
        return text

    # HTML

    def raw(self, block: Element) -> str:
        """Write a block as HTML, with its notes as text."""
        made = copy.deepcopy(block)
        made.tail = None
        made.attrib.pop(GUESS, None)
        for element in made.iter("*"):
            element.attrib.pop(GUESS, None)
            for is_tail in (False, True):
                text = (element.tail if is_tail else element.text) or ""
                text = TOKENS.sub("", NOTE.sub(self._note_words, text))
                if is_tail:
                    element.tail = text or None
                else:
                    element.text = text or None
        for span in [e for e in made.iter("span") if not e.attrib and e is not made]:
            unwrap(span)
        html = _html(made)
        if block.tag != "pre":
            html = re.sub(r"\s*\n\s*", " ", html)
            html = re.sub(
                r"(?<=[>])(?=<(tr|thead|tbody|caption|li|dt|dd|/table|/ul|/ol)\b)", "\n", html
            )
        return html

    def _note_words(self, found: re.Match[str]) -> str:
        note = self.notes.get(found[1])
        return f" ({words(note)})" if note is not None and words(note) else ""


def _html(element: Element) -> str:
    """Serialize an element, with signs as entities that Markdown or a placeholder would have."""
    alone = copy.deepcopy(element)
    alone.tail = None
    html = serialize(alone)
    html = html.replace("[^", "&#91;^")
    return html.replace("{", "&#123;").replace("@", "&#64;").replace("`", "&#96;")


def _attribute(value: str) -> str:
    return escape(" ".join(value.split())).replace("{", "&#123;").replace("@", "&#64;")


def _side(cells: list[Element]) -> str:
    """Return the delimiter of a column, by the alignment that all its cells share."""
    sides = {cell.get("class") for cell in cells}
    side = sides.pop() if len(sides) == 1 else None
    return {"left": ":---", "right": "---:", "center": ":--:"}.get(side or "", "---")


def _paired(block: Element) -> str:
    text = "".join(block.itertext())
    return "".join(sign for sign in "~^$" if text.count(sign) > 1)


def _guard(line: str) -> str:
    """Escape what would have a meaning at the beginning of a block."""
    line = re.sub(r"\A(\d{1,9})([.)])(?=\s|\Z)", r"\1\\\2", line)
    line = re.sub(r"\A([#>]|[-+](?=\s|\Z|--))", r"\\\1", line)
    return re.sub(r"\A([:|=~])", lambda m: f"&#{ord(m[1])};", line)


def _reads_back(text: str, block: Element) -> bool:
    """Return whether Markdown is read as the block that it was written from."""
    problems: list[object] = []
    body = markup.convert(text, "", 1, problems).body  # type: ignore[arg-type]
    if problems:
        return False
    made, given = _facts(body), _facts(block)
    if block.find("caption") is not None:  # written below the table
        return sorted(made[0]) == sorted(given[0]) and made[1:] == given[1:]
    return made == given


def _facts(tree: Element) -> tuple[str, list[str], list[str]]:
    """Return what must be the same: words, structure, and links."""
    said = re.sub(r"\[\^\d+\]", "", TOKENS.sub("", "".join(_texts(tree))))
    said = said.replace("--", "–").replace("–-", "—")
    said = re.sub(r"[\"“”„'‘’‚«»]", "'", said).replace("...", "…")
    said = re.sub(r"\s+", "", re.sub(r"\A\s*Table:", "", said.replace("Table:", "")))
    structure, links = [], []
    for element in tree.iter("*"):
        tag = _SAME.get(str(element.tag), str(element.tag))
        parent = element.getparent()
        fenced = tag == "code" and parent is not None and parent.tag == "pre"
        if tag in _STRUCTURE and not fenced:
            structure.append(tag)
        if tag == "a" and element.get("href"):
            links.append(_plain_address(element.get("href") or ""))
        if tag == "img":
            links.append(f"{element.get('src')} {' '.join((element.get('alt') or '').split())}")
        if element.get("id") and element.get("id") != "body":
            links.append(f"id {element.get('id')}")
    return said, structure, links


def _plain_address(href: str) -> str:
    return href.replace("%28", "(").replace("%29", ")").replace("%2A", "*")


def _texts(tree: Element) -> list[str]:
    """Return the texts of a tree; a figure's caption may be its picture's title."""
    texts = [str(text) for text in tree.itertext() if text]
    texts += [image.get("title") or "" for image in tree.iter("img")]
    return texts
