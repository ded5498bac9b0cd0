"""The blocks of Markdown, recognized line by line as CommonMark 0.31 describes (appendix).

In: the lines of a text. Out: a tree of `Node`s, link references, notes, and what was left open.
Python-Markdown divides a text at its blank lines first, and so cannot see where a list, a
quotation, or a fence ends; this module takes its place. It must not know how a block is written.
"""

from __future__ import annotations

import re
from dataclasses import field

from press.core.records import dataclass
from press.source.syntax import lists, references, tables
from press.source.syntax.levels import nest
from press.source.syntax.nodes import CONTAINERS, Kind, Node, is_kind

_DEEPEST = 200
"""Blocks within each other; what reads the tree fails a little later."""
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_SETEXT = re.compile(r"(?:(=+)|-+)[ \t]*$")
_FENCE = re.compile(r"(`{3,})(?!.*`)|(~{3,})")
_DIV = re.compile(r"(:{3,})[ \t]*(?:(\{[^{}]*\})|([\w-]+))[ \t]*(\[[^\]]*\]|[^:{}]*?)[ \t]*:*$")
_DIV_END = re.compile(r":{3,}[ \t]*$")
_DIRECTIVE = re.compile(r"\{([\w-]+)\}[ \t]*(.*)")
_DIRECTIVE_END = re.compile(r"(?:`{3,}|~{3,})[ \t]*$")
_NOTE = re.compile(r"\[\^([^\]\s]+)\]:[ \t]*")
_MEANING = re.compile(r"[:~][ \t]+(?=\S)")
_ADMONITION = re.compile(r'(?:!!!|\?\?\?\+?)[ \t]+([\w-]+(?:[ \t]+[\w-]+)*)(?:[ \t]+"([^"]*)")?$')
_SHORT = re.compile(r"\*\[([^\]]+)\]:[ \t]*(.*)$")
_PAGE = re.compile(
    r"(?:\\(?:newpage|pagebreak|clearpage)(?:\{\})?|\{\{<[ \t]*pagebreak[ \t]*>\}\})[ \t]*$"
)
_TASK = re.compile(r"\[([ xX]?)\][ \t]+(?=\S)")
_BLOCKS = (
    "address article aside base basefont blockquote body caption center col colgroup dd details "
    "dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 "
    "head header hr html iframe legend li link main menu menuitem nav noframes ol optgroup option "
    "p param search section summary table tbody td tfoot th thead title tr track ul"
).replace(" ", "|")
_ATTRIBUTE = r"""[ \t]+[A-Za-z_:][\w.:-]*(?:[ \t]*=[ \t]*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?"""
_TAG = rf"<[A-Za-z][A-Za-z0-9-]*(?:{_ATTRIBUTE})*[ \t]*/?>|</[A-Za-z][A-Za-z0-9-]*[ \t]*>"
_VERBATIM = "script|pre|style|textarea"
_HTML = (
    # what begins a block of HTML, and what ends it (CommonMark, 4.6); None for a blank line
    (re.compile(rf"<(?:{_VERBATIM})(?:\s|>|$)", re.I), re.compile(rf"</(?:{_VERBATIM})>", re.I)),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<![A-Za-z]"), re.compile(r">")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(rf"</?(?:{_BLOCKS})(?:\s|/?>|$)", re.I), None),
    (re.compile(rf"(?:{_TAG})\s*$", re.I), None),
)
_WRAP = re.compile(r"<([a-z][a-z0-9]*)((?:\s[^<>]*?)?)\smarkdown(?:=([\"']?)\w*\3)?([^<>]*)>", re.I)


@dataclass
class Blocks:
    """The blocks of a text, read line by line."""

    root: Node = field(default_factory=lambda: Node("document", 0))
    links: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The address and title of each link reference, by its label."""
    meanings: dict[str, str] = field(default_factory=dict)
    """The meanings of abbreviations."""
    notes: dict[str, Node] = field(default_factory=dict)
    left_open: list[tuple[int, str]] = field(default_factory=list)
    """Lines, from 0, with a fence that is never closed, or that closes nothing; and the fence."""
    headings: dict[str, int] = field(default_factory=dict)
    """The words of headings, as labels, with how often each occurs."""
    examples: set[str] = field(default_factory=set)
    """The names of numbered examples."""
    lang: str = "en"
    misnumbered: list[tuple[int, str, int]] = field(default_factory=list)
    """Lines with an item whose number is not the next one: its mark, and the number printed."""

    def read(self, lines: list[str]) -> Blocks:
        """Read all lines."""
        self.lines, self.skip = lines, 0
        self.tip = self.matched = self.root
        self.closed = True
        for number, line in enumerate(lines):
            if number >= self.skip:
                self.number = number
                self._read_line(line)
        while self.tip is not self.root:
            self._close(self.tip)
        nest(self.root)
        return self

    def _read_line(self, line: str) -> None:
        self.line, self.at = line, 0
        node, self.old = self.root, self.tip
        while node.children and node.children[-1].open:
            inner = node.children[-1]
            goes_on = getattr(self, f"_on_{inner.kind}")(inner)
            if goes_on is None:
                return
            if not goes_on:
                break
            node = inner
        self.matched, self.closed = node, node is self.old
        leaf = node.kind not in CONTAINERS and node.kind != "paragraph"
        while not leaf and not self._is_blank():
            begun = self._begin(node)
            if begun is None:
                return
            if not begun:
                break
            node = self.tip
            leaf = node.kind not in CONTAINERS
        self._add_text(node)

    def _add_text(self, node: Node) -> None:
        """Add the rest of the line to the block reached, or to a paragraph that goes on lazily."""
        blank = self._is_blank()
        if not self.closed and not blank and self.tip.kind == "paragraph":
            self.tip.lines.append(self._words())
            return
        self._close_unmatched()
        if blank and node.last:
            node.last.blank = True
        verbatim = node.kind == "code" and node.data["fence"]
        fresh = node.kind == "item" and not node.children and node.line == self.number
        quiet = blank and not (node.kind == "quote" or verbatim or fresh)
        above: Node | None = node
        while above:
            above.blank, above = quiet, above.parent
        if node.kind == "paragraph":
            node.lines.append(self._words())
        elif node.kind not in CONTAINERS:
            self._add_line(node)
        elif not blank:
            self._add("paragraph").lines.append(self._words())

    def _add_line(self, node: Node) -> None:
        if node.data.pop("begun", None):
            return  # its first line is a fence
        node.lines.append(self.line[self.at :])
        end = node.data.get("end")
        if end and end.search(self.line, self.at):
            self._close(node)

    # The line

    def _indent(self) -> int:
        """Return the number of blank columns before the text; tabs are expanded (2.2)."""
        end = self.at
        while end < len(self.line) and self.line[end] in " \t":
            if self.line[end] == "\t":
                self.line = self.line[:end] + " " * (4 - end % 4) + self.line[end + 1 :]
            end += 1
        return end - self.at

    def _is_blank(self) -> bool:
        return not self.line[self.at :].strip(" \t")

    def _words(self) -> str:
        return self.line[self.at :].lstrip(" \t")

    # The tree

    def _add(self, kind: Kind, **data: object) -> Node:
        """Add a block below the innermost open one that can hold it.

        Raises:
            RecursionError: it is too deep for what reads the tree.
        """
        self._close_unmatched()
        while not _can_hold(self.tip, kind):
            self._close(self.tip)
        node = Node(kind, self.number, self.tip, data=data)
        if node.depth > _DEEPEST:
            raise RecursionError
        self.tip.children.append(node)
        self.tip = node
        return node

    def _close_unmatched(self) -> None:
        if not self.closed:
            while self.old is not self.matched:
                above = self.old.parent or self.root
                self._close(self.old)
                self.old = above
            self.closed = True

    def _close(self, node: Node) -> None:
        node.open = False
        self.tip = node.parent or self.root
        if node.kind == "heading":
            self._remember(node)
        elif node.kind == "paragraph":
            self._take_references(node)
        elif node.kind == "code" and not node.data["fence"]:
            while node.lines and not node.lines[-1].strip():
                node.lines.pop()
        elif node.data.get("fence") and not node.data.get("ended"):
            self.left_open.append((node.line, node.data["fence"]))

    def _remember(self, heading: Node) -> None:
        words = re.sub(r"[ \t]*\{[^{}]*\}$", "", " ".join(heading.lines).strip())
        name = references.normal(re.sub(r"[*_`]", "", words))
        self.headings[name] = self.headings.get(name, 0) + 1

    def _take_references(self, node: Node) -> None:
        """Take link references out of the beginning of a paragraph (4.7)."""
        text = "\n".join(node.lines)
        while found := references.definition(text):
            label, address, title, end = found
            self.links.setdefault(label, (address, title))
            text = text[end:]
        node.lines = text.split("\n") if text.strip() else []
        if not node.lines and node.parent and node in node.parent.children:
            node.parent.children.remove(node)

    # Does an open block go on? None: the line is used up.

    def _on_document(self, node: Node) -> bool | None:
        del node
        return True

    _on_list = _on_definitions = _on_document

    def _on_quote(self, node: Node) -> bool | None:
        del node
        indent = self._indent()
        if indent >= 4 or self.line[self.at + indent : self.at + indent + 1] != ">":
            return False
        self._pass_quote(indent)
        return True

    def _pass_quote(self, indent: int) -> None:
        self.at += indent + 1
        if self._indent():
            self.at += 1

    def _on_item(self, node: Node) -> bool | None:
        if self._is_blank():
            return bool(node.children) or node.kind != "item"
        if self._indent() < node.data["indent"]:
            return False
        self.at += node.data["indent"]
        return True

    _on_note = _on_definition = _on_item

    def _on_div(self, node: Node) -> bool | None:
        if "indent" in node.data:
            return self._on_item(node)
        indent = self._indent()
        end = _DIV_END if node.data["fence"][0] == ":" else _DIRECTIVE_END
        if indent >= 4 or not end.match(self.line, self.at + indent):
            return True
        if node.data["fence"][0] != ":":
            return self._on_directive(node)
        inner = node.last
        if inner and inner.open and (inner.kind in ("div", "code") or (indent and inner.children)):
            return True
        self._end(node)
        return None

    def _on_directive(self, node: Node) -> bool | None:
        text = self._words().strip()
        if set(text) != {node.data["fence"][0]} or len(text) < len(node.data["fence"]):
            return True
        self._end(node)
        return None

    def _on_wrap(self, node: Node) -> bool | None:
        tag = node.data["tag"]
        text = self.line[self.at :]
        opened = len(re.findall(rf"<{tag}\b", text, re.I))
        closed = len(re.findall(rf"</{tag}\s*>", text, re.I))
        node.data["depth"] += opened - closed
        if node.data["depth"] > 0 or not closed:
            return True
        self._end(node)
        return None

    def _end(self, node: Node) -> None:
        node.data["ended"] = True
        while self.tip is not node:
            self._close(self.tip)
        self._close(node)

    def _on_heading(self, node: Node) -> bool | None:
        del node
        return False

    _on_rule = _on_page = _on_heading

    def _on_code(self, node: Node) -> bool | None:
        fence = node.data["fence"]
        if not fence:
            if self._is_blank():
                self.at += min(4, self._indent())
                return True
            if self._indent() < 4:
                return False
            self.at += 4
            return True
        text = self.line[self.at :].strip(" \t")
        if set(text) == {fence[0]} and len(text) >= len(fence) and self._indent() < 4:
            self._end(node)
            return None
        lead = len(self.line[self.at :]) - len(self.line[self.at :].lstrip(" "))
        self.at += min(lead, node.data["lead"])
        return True

    def _on_html(self, node: Node) -> bool | None:
        return node.data["end"] is not None or not self._is_blank()

    def _on_paragraph(self, node: Node) -> bool | None:
        del node
        return not self._is_blank()

    def _on_table(self, node: Node) -> bool | None:
        del node
        if self._is_blank():
            return False
        indent = self._indent()
        text = self.line[self.at + indent :]
        caption = re.match(r"(?:Table:|:)[ \t]", text) and "|" not in text
        return indent < 4 and not _BREAKS_TABLE.match(text) and not caption

    def _on_lines(self, node: Node) -> bool | None:
        del node
        return bool(re.match(r"\|(?: |$)| +\S", self.line[self.at :]))

    # Does a block begin? False: no; None: the line is used up.

    def _begin(self, node: Node) -> bool | None:
        indent = self._indent()
        if indent >= 4:
            if self.tip.kind == "paragraph":
                return False
            self.at += 4
            self._add("code", fence="", info="")
            return True
        self.text = self.line[self.at + indent :]
        for name in _STARTS:
            begun: bool | None = getattr(self, f"_start_{name}")(node, indent)
            if begun is not False:
                return begun
        return False

    def _start_quote(self, node: Node, indent: int) -> bool | None:
        del node
        if not self.text.startswith(">"):
            return False
        self._pass_quote(indent)
        self._add("quote")
        return True

    def _start_heading(self, node: Node, indent: int) -> bool | None:
        del node, indent
        found = _HEADING.match(self.text)
        if not found:
            return False
        words = re.sub(r"(?:^|[ \t]+)#+[ \t]*$", "", self.text[found.end() :])
        words = re.sub(r"[ \t]+#+[ \t]*(\{[^{}]*\})[ \t]*$", r" \1", words)
        self._add("heading", level=len(found[1])).lines.append(words.strip(" \t"))
        self._close(self.tip)
        return None

    def _start_fence(self, node: Node, indent: int) -> bool | None:
        del node
        found = _FENCE.match(self.text)
        if not found:
            return False
        info = self.text[found.end() :].strip(" \t")
        if (box := _DIRECTIVE.fullmatch(info)) and is_kind(box[1]):  # MyST's form of a box
            self._add("div", fence=found[0], words=box[1], title=box[2])
            return None
        self._add("code", fence=found[0], info=info, lead=indent, begun=True)
        return True

    def _start_div(self, node: Node, indent: int) -> bool | None:
        del node, indent
        found = _DIV.match(self.text)
        if found:
            words = found[2] or found[3]
            self._add("div", fence=found[1], words=words, title=found[4] or "")
            return None
        if _DIV_END.match(self.text):
            self.left_open.append((self.number, self.text.strip()))
        return False

    def _start_html(self, node: Node, indent: int) -> bool | None:
        if not self.text.startswith("<"):
            return False
        if found := _WRAP.match(self.text):
            return self._wrap(found, indent)
        for number, (start, end) in enumerate(_HTML):
            if 0 < number < 5 and end and not self._ends_later(end):
                continue  # it would hide the rest of the text
            if start.match(self.text) and (number < 6 or not self._interrupts(node)):
                self._add("html", end=end)
                return True
        return False

    def _ends_later(self, end: re.Pattern[str]) -> bool:
        return any(end.search(line) for line in (self.text, *self.lines[self.number + 1 :]))

    def _wrap(self, found: re.Match[str], indent: int) -> bool | None:
        """Begin an element whose content is Markdown: it has the attribute `markdown`."""
        tag = found[1].lower()
        rest = self.text[found.end() :]
        end = re.search(rf"</{tag}\s*>", rest, re.I)
        node = self._add("wrap", tag=tag, open=f"<{tag}{found[2]}{found[4]}>", depth=1)
        if rest.strip():
            inside = rest[: end.start()] if end else rest
            self._add("paragraph").lines.append(inside.strip())
            if end:
                self._end(node)
        del indent
        return None

    def _interrupts(self, node: Node) -> bool:
        """Say if what begins here would end a paragraph, be it one that goes on lazily."""
        lazy = not self.closed and self.tip.kind == "paragraph"
        return node.kind == "paragraph" or lazy

    def _start_setext(self, node: Node, indent: int) -> bool | None:
        del indent
        found = _SETEXT.match(self.text)
        if not found or node.kind != "paragraph":
            return False
        self._close_unmatched()
        self._take_references(node)
        if not node.lines:
            if node.parent and node not in node.parent.children:
                node.parent.children.append(node)
            return False
        node.kind, node.data = "heading", {"level": 1 if found[1] else 2}
        self._close(node)
        return None

    def _start_table(self, node: Node, indent: int) -> bool | None:
        """Begin a table: at the line below its head, or at its first line (`tables`)."""
        del indent
        if node.kind == "paragraph":
            if tables.is_rule(self.text) and tables.columns(self.text) == tables.columns(
                node.lines[-1]
            ):
                self._close_unmatched()
                head = node.lines.pop()
                self.tip = node
                if not node.lines and node.parent:
                    node.parent.children.remove(node)
                    self.tip = node.parent
                else:
                    self._close(node)
                self._add("table", rows=[head], rule=self.text)
                self.tip.line -= 1
                return None
            return False
        found = tables.ahead(self.lines, self.number, self.line, self.at)
        if found is None:
            return False
        count, data = found
        self._add("table", **data)
        self._close(self.tip)
        self.skip = self.number + count
        return None

    def _start_rule(self, node: Node, indent: int) -> bool | None:
        del node, indent
        if not _RULE.match(self.text):
            return False
        self._add("rule")
        self._close(self.tip)
        return None

    def _start_page(self, node: Node, indent: int) -> bool | None:
        del indent
        if not _PAGE.match(self.text) or node.kind == "paragraph":
            return False
        self._add("page")
        self._close(self.tip)
        return None

    def _start_note(self, node: Node, indent: int) -> bool | None:
        found = _NOTE.match(self.text)
        if not found:
            return False
        del node
        note = self._add("note", label=found[1], indent=4)
        self.notes.setdefault(found[1], note)
        self.at += indent + found.end()
        return True

    def _start_admonition(self, node: Node, indent: int) -> bool | None:
        del indent
        found = _ADMONITION.match(self.text.rstrip())
        if not found or node.kind == "paragraph":
            return False
        self._add("div", words=found[1], title=found[2] or "", indent=4)
        return None

    def _start_short(self, node: Node, indent: int) -> bool | None:
        del indent
        found = _SHORT.match(self.text)
        if not found or node.kind == "paragraph":
            return False
        self._close_unmatched()
        self.meanings[found[1]] = found[2].strip()
        return None

    def _start_lines(self, node: Node, indent: int) -> bool | None:
        del indent
        text = self.text.rstrip()
        if not re.match(r"\|(?: |$)", text) or node.kind == "paragraph" or text[1:].endswith("|"):
            return False
        if self.number + 1 < len(self.lines) and tables.is_rule(self.lines[self.number + 1]):
            return False
        self._add("lines")
        return True

    def _start_meaning(self, node: Node, indent: int) -> bool | None:
        found = _MEANING.match(self.text)
        if not found:
            return False
        if node.kind == "paragraph" and self.closed:
            term = node
        else:
            term = node.last if node.kind in CONTAINERS else None  # type: ignore[assignment]
            term = node if node.kind == "definitions" else term
            if term is None or term.kind not in ("paragraph", "definitions"):
                return False
            if term.kind == "paragraph" and (term.open or _is_caption(term.lines)):
                return False
        self._close_unmatched()
        if term.kind == "paragraph":
            self._become_term(term)
        elif self.tip is not term:
            self._reopen(term)
        while self.tip.kind != "definitions":
            self._close(self.tip)
        width = min(len(found[0]), 4)
        loose = self.number > 0 and not self.lines[self.number - 1].strip()
        self._add("definition", indent=max(2, width), loose=loose)
        self.at += indent + found.end()
        return True

    def _become_term(self, term: Node) -> None:
        """Turn a paragraph into the terms of a list of definitions, one on each line."""
        parent = term.parent or self.root
        place = parent.children.index(term)
        before = parent.children[place - 1] if place else None
        lines, term.open = term.lines, False
        if before is not None and before.kind == "definitions":
            parent.children.remove(term)
            group = before
        else:
            group = parent.children[place] = Node("definitions", term.line, parent)
        group.children += [Node("paragraph", term.line, group, [], [line], {}, False, False)
                           for line in lines]  # fmt: skip
        self._reopen(group)

    def _reopen(self, node: Node) -> None:
        node.open = True
        self.tip = node
        self.matched, self.closed = node, True

    def _start_item(self, node: Node, indent: int) -> bool | None:
        below = _is_below_pasted(node)
        o = self.lang[:2].lower() not in _O_IS_A_WORD
        mark = lists.read_mark(self.text, below=below and o)
        if mark is None:
            return False
        within = node if node.kind == "list" else None
        rest = self.text[len(mark.text) :]
        if node.kind == "paragraph" and (
            not rest.strip() or (mark.kind and mark.number != 1) or (mark.fancy and not mark.pasted)
        ):
            return False
        first = within.data["mark"] if within else None
        same = first is not None and within and lists.follows(mark, first, len(within.children))
        both = below and mark.pasted and (within is not None or mark.text in lists.LOWER)
        after = self._next_line(indent, mark)
        if not same and not both and not lists.begins_list(mark, after, below=o):
            return False
        self.at += indent + len(mark.text)
        spaces = self._indent()
        blank = self._is_blank()
        width = 1 if blank or spaces > 4 or spaces < 1 else spaces
        self.at += min(width, spaces)
        self._close_unmatched()
        if self.tip.kind != "list" or not same:
            while self.tip.kind in ("list", "paragraph"):
                self._close(self.tip)
            self._add("list", mark=mark)
        if mark.label:
            self.examples.add(mark.label)
        self._count(self.tip, mark)
        item = self._add("item", indent=indent + len(mark.text) + width, mark=mark)
        if found := _TASK.match(self.line, self.at + self._indent()):
            item.data["task"] = found[1] in ("x", "X")
            self.at = found.end()
        return True

    def _count(self, list_: Node, mark: lists.Mark) -> None:
        """Remember a number that is neither the next one nor, as in `1.` and `1.`, repeated."""
        first: lists.Mark = list_.data["mark"]
        if mark.kind != "1" or first.kind != "1" or "#" in mark.delimiter or not list_.children:
            return
        before: lists.Mark = list_.children[-1].data["mark"]
        number = first.number + len(list_.children)
        if mark.number not in (number, before.number, before.number + 1):
            self.misnumbered.append((self.number, mark.text, number))

    def _next_line(self, indent: int, mark: lists.Mark) -> str:
        """Return the next line with text that is indented no further than the marks of a list.

        An item with a pasted bullet can go on in lines that are not indented.
        """
        found = ""
        for line in self.lines[self.number + 1 : self.number + 40]:
            plain = line.expandtabs(4).lstrip("> ")
            lead = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip(" "))
            if plain.strip() and (lead <= self.at + indent + 1 or line.lstrip().startswith(">")):
                found = found or plain.strip()
                if mark.text not in lists.BULLETS or mark.text == "\u2013":
                    break
                if plain.startswith(mark.text):
                    return plain.strip()
            elif found and not plain.strip():
                break
        return found


_STARTS = (
    "quote heading fence div html table setext rule page note admonition short lines meaning item"
).split()
"""The blocks that a line may begin, in the order in which they are tried."""
_O_IS_A_WORD = "ca cs es eu gl hr it mt pl pt sk sl tl".split()
"""Languages in which a line of text can begin with the word `o`."""
_BREAKS_TABLE = re.compile(
    rf">|#{{1,6}}[ \t]|`{{3,}}|~{{3,}}|:{{3,}}|</?(?:{_BLOCKS})\b|<!--|[-+*][ \t]|1[.)][ \t]|\[\^"
)


def _can_hold(node: Node, kind: Kind) -> bool:
    if node.kind == "list":
        return kind == "item"
    if node.kind == "definitions":
        return kind == "definition"
    return node.kind in CONTAINERS and kind not in ("item", "definition")


def _is_below_pasted(node: Node) -> bool:
    """Say if a block is in an item of a list with pasted marks, or is such a list."""
    around: Node | None = node
    while around and around.kind in ("paragraph", "item"):
        around = around.parent
    return around is not None and around.kind == "list" and around.data["mark"].pasted


def _is_caption(lines: list[str]) -> bool:
    return bool(lines) and lines[0].startswith(("Table:", ": "))
