"""The tree of a document, made regular: title, headings, links, ids, captions, and lists.

In: a `Draft` as its reader left it. Out: the same draft, ready to be written. What no handout can
have, such as an unsafe link, becomes plain text with a mark. Must not know Markdown or any file.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from lxml import etree

from press.core.trees import Element, is_block, remove, text_runs, unwrap
from press.importing.draft import (
    GUESS,
    HEADINGS,
    MARK,
    TOKENS,
    Draft,
    mark,
    words,
)
from press.importing.references import remove_element

_SAFE = re.compile(r"(https?://[^\s/]+|mailto:[^\s@]+@[^\s@]+|tel:\+?[\d() -]+)", re.I)
_BARE = re.compile(r"https?://[^\s<>\"'{}|\\^`\[\]]+[^\s<>\"'{}|\\^`\[\].,;:!?)]", re.I)
_NO_TITLE = re.compile(r"(untitled|document|microsoft word|word document|doc)\b.{0,20}", re.I)
_LONGEST_BOLD = 80
_CODE = ("code", "pre", "kbd", "samp")
_SYMBOLS = re.compile("[\ue000-\uf8ff]")
_MERGED = ("strong", "b", "em", "i", "s", "u", "code", "sub", "sup")


def regular(draft: Draft, name: str) -> None:
    """Make a draft regular; `name` is the title if the document has none."""
    trees = [draft.body, *draft.notes.values()]
    for tree in trees:
        _symbols(tree)
        _links(tree)
    ids = {e.get("id") for tree in trees for e in tree.iter("*") if e.get("id")}
    for tree in trees:
        _inner_links(tree, ids)
    _rename_ids(trees)
    for tree in trees:
        _tidy(tree)
    _captions(draft.body)
    for holder in [p for p in draft.body.iter("p") if _in_figure(p)]:
        unwrap(holder)
    for table in list(draft.body.iter("table")):
        _header_row(table)
    _title(draft, name)
    _bold_headings(draft)
    _levels(draft.body)


def _symbols(body: Element) -> None:
    """Write Word's bullets as bullets, and mark other characters of symbol fonts."""
    for run in text_runs(body):
        text = run.read()
        if _SYMBOLS.search(text):
            text = text.replace("\uf0b7", "•")
            run.write(
                _SYMBOLS.sub(lambda m: mark(f"the character U+{ord(m[0]):04X} of a font"), text)
            )


def _links(body: Element) -> None:
    """Keep safe links, and mark others."""
    for link in list(body.iter("a")):
        target = (link.get("href") or "").strip()
        if target.startswith("#") and len(target) > 1:
            continue
        if _SAFE.match(target):
            link.set("href", quote(target, safe="!#$%&*+,-./:;=?@_~[]").replace("|", "%7C"))
            if not words(link) and link.find("img") is None:
                link.text = target
            continue
        if target:
            _after(link, f"the link to {target} was left out")
        link.attrib.pop("href", None)
        link.tag = "span"
    _bare_addresses(body)


def _bare_addresses(body: Element) -> None:
    """Link addresses that are plain text."""
    for run in text_runs(body):
        home = run.element.getparent() if run.is_tail else run.element
        if home is None or any(e.tag in ("a", *_CODE) for e in (home, *home.iterancestors())):
            continue
        text = MARK.split(run.read())
        pieces: list[str | Element] = []
        for number, part in enumerate(text):
            if number % 2:
                pieces.append(mark(part))
            else:
                pieces += _linked(part)
        if any(not isinstance(piece, str) for piece in pieces):
            run.insert(pieces)


def _linked(text: str) -> list[str | Element]:
    """Split text at its web addresses, which become links."""
    pieces: list[str | Element] = []
    done = 0
    for found in _BARE.finditer(text):
        end = found.end()
        if found[0].count("(") > found[0].count(")") and text[end : end + 1] == ")":
            end += 1
        link = etree.Element("a", href=quote(text[found.start() : end], safe="!#$%&*+,-./:;=?@_~"))
        link.text = text[found.start() : end]
        pieces += [text[done : found.start()], link]
        done = end
    return [*pieces, text[done:]]


def _after(element: Element, text: str) -> None:
    element.tail = mark(text) + (element.tail or "")


def _inner_links(body: Element, ids: set[str | None]) -> None:
    """Unwrap links to places that are not in the document."""
    for link in list(body.iter("a")):
        target = link.get("href") or ""
        if target.startswith("#") and target[1:] not in ids:
            if not target[1:].startswith("_"):  # those of Word's own fields
                _after(link, f"the link to {target} leads nowhere")
            link.attrib.pop("href")
            link.tag = "span"


def _rename_ids(trees: list[Element]) -> None:
    """Give each place that is linked to a short new id, and remove all other ids."""
    linked = {(a.get("href") or "")[1:] for tree in trees for a in tree.iter("a")
              if (a.get("href") or "").startswith("#")}  # fmt: skip
    names: dict[str, str] = {}
    for tree in trees:
        for element in tree.iter("*"):
            old = element.attrib.pop("id", None)
            if old and old in linked and old not in names:
                reference = re.fullmatch(r"ref-\d+", old)
                names[old] = old if reference else f"place-{len(names) + 1}"
                element.set("id", names[old])
    for tree in trees:
        for link in tree.iter("a"):
            target = link.get("href") or ""
            if target.startswith("#"):
                link.set("href", f"#{names[target[1:]]}")


def _tidy(body: Element) -> None:
    """Remove what has no meaning: empty elements, classes, `<span>`s, and nested equals."""
    for element in list(body.iter("*")):
        parent = element.getparent()
        if parent is None or element is body:
            continue
        kept = [c for c in (element.get("class") or "").split() if c in _CLASSES]
        element.attrib.pop("class", None)
        if kept:
            element.set("class", " ".join(kept))
        anchor = element.get("id") is not None
        plain_span = element.tag in ("span", "a") and not (set(element.attrib) - {"id"})
        if element.tag == "a" and anchor and not element.get("href"):
            element.tag = "span"
        if plain_span and not anchor:
            unwrap(element)
        elif element.tag in _BY_LOOK and not len(element) and not re.search(r"\w", _bare(element)):
            unwrap(element)  # a bold period
        elif element.tag in _MERGED and any(True for _ in element.iterancestors(str(element.tag))):
            unwrap(element)
        elif element.tag in HEADINGS:
            _tidy_heading(element)
        elif element.tag in ("p", "blockquote", "li", "figure") and not anchor:
            _drop_empty(element)
    _merge(body)


_BY_LOOK = ("strong", "b", "em", "i")


def _bare(element: Element) -> str:
    return TOKENS.sub("", element.text or "")


_CLASSES = frozenset("left right center was-head was-title was-subtitle was-caption".split())


def _tidy_heading(heading: Element) -> None:
    """Remove bold type from a heading, and headings without words."""
    for inner in list(heading.iter("strong", "b")):
        unwrap(inner)
    for inner in list(heading.iter("br")):
        inner.tail = f" {inner.tail or ''}"
        unwrap(inner)
    for inner in list(heading.iter("span")):
        if not heading.get("id") and not words(inner) and inner.get("id"):
            heading.set("id", inner.attrib.pop("id"))
            unwrap(inner)
    if not TOKENS.sub("", "".join(heading.itertext())).strip():
        heading.tag = "p"
        _drop_empty(heading)


def _drop_empty(element: Element) -> None:
    text = "".join(element.itertext()).strip()
    shown = element.find(".//img") is not None or element.find(".//hr") is not None
    if not text and not shown and not any(e.get("id") for e in element.iter("*")):
        remove_element(element)


def _merge(body: Element) -> None:
    """Join equal elements that touch, such as two bold runs of one word."""
    for element in list(body.iter(*_MERGED)):
        following = element.getnext()
        while (
            following is not None
            and not element.tail
            and following.tag == element.tag
            and not following.attrib
            and not element.attrib
        ):
            if following.text:
                if len(element):
                    element[-1].tail = (element[-1].tail or "") + following.text
                else:
                    element.text = (element.text or "") + following.text
            element.extend(list(following))
            element.tail, following.tail = following.tail, None
            body_of = following.getparent()
            assert body_of is not None
            body_of.remove(following)
            following = element.getnext()


def _captions(body: Element) -> None:
    """Join a caption with the picture above it or the table beside it."""
    for caption in [p for p in body.iter("p") if p.get("class") == "was-caption"]:
        caption.attrib.pop("class")
        above, below = caption.getprevious(), caption.getnext()
        if above is not None and _only_picture(above):
            figure = etree.Element("figure")
            above.addprevious(figure)
            figure.append(next(above.iter("img")))
            figure[0].tail = None
            holder = above.getparent()
            assert holder is not None
            holder.remove(above)
            caption.tag = "figcaption"
            figure.append(caption)
            continue
        table = next((t for t in (below, above) if t is not None and t.tag == "table"), None)
        if table is not None and table.find("caption") is None:
            caption.tag = "caption"
            table.insert(0, caption)


def _header_row(table: Element) -> None:
    """Take a first row that looks like a header as one."""
    styled = [_unwrapped(cell) for cell in table.iter("td", "th")]
    rows = list(table.iter("tr"))
    first = list(rows[0]) if rows else []
    if len(rows) < 2 or not all(cell.tag == "td" and words(cell) for cell in first):
        return
    bold = all(_all_bold(cell) for cell in first)
    names = len(rows) > 2 and not any(re.search(r"\d", words(cell)) for cell in first)
    given = all(styled[: len(first)])
    if not (given or bold or names):
        return
    for cell in first:
        cell.tag = "th"
        for inner in list(cell.iter("strong", "b")) if bold else ():
            unwrap(inner)
    if not given:
        table.set(GUESS, "the header row of a table")


def _unwrapped(cell: Element) -> bool:
    """Unwrap the lone paragraph of a cell; return whether its style is that of a header."""
    styles = [p.attrib.pop("class", "") for p in cell.iter("p")]
    alone = len(cell) == 1 and cell[0].tag == "p" and not (cell.text or "").strip()
    if alone and not cell[0].get("id") and not (cell[0].tail or "").strip():
        unwrap(cell[0])
    return "was-head" in styles


def _all_bold(cell: Element) -> bool:
    inner = [child for child in cell if child.tag in ("strong", "b")]
    return len(inner) == len(cell) == 1 and words(inner[0]) == words(cell)


def _in_figure(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == "figure" and _only_picture(element)


def _only_picture(element: Element) -> bool:
    pictures = list(element.iter("img"))
    return element.tag == "p" and len(pictures) == 1 and not "".join(element.itertext()).strip()


def _title(draft: Draft, name: str) -> None:
    """Find the title: as styled, the only first heading, the document's own, or the first."""
    body = draft.body
    for part in [p for p in body.iter("p") if p.get("class") == "was-subtitle"]:
        part.attrib.pop("class")
        if not draft.subtitle and words(part):
            draft.subtitle = _take(part)
    styled = [h for h in body.iter("h1") if h.get("class") == "was-title"]
    heads = [h for h in body.iter(*HEADINGS) if h not in styled]
    top = min((str(h.tag) for h in heads), default="")
    tops = [h for h in heads if h.tag == top]
    own = "" if _NO_TITLE.fullmatch(draft.title) else draft.title
    if styled:
        chosen: Element | None = styled[0]
    elif len(tops) == 1 and tops[0] is heads[0]:
        chosen = tops[0]
    elif any(words(h).casefold() == own.casefold() for h in heads[:1]):
        chosen = heads[0]
    else:
        chosen = heads[0] if not own and heads and heads[0] is next(iter(body)) else None
    for heading in styled[1:]:
        heading.attrib.pop("class")
    if chosen is not None:
        draft.title = _take(chosen)
    else:
        draft.title = own or (words(heads[0]) if heads else "") or name


def _take(element: Element) -> str:
    """Take an element out of the text and return its words; its marks and notes stay."""
    text = words(element)
    rest = TOKENS.findall("".join(element.itertext()))
    left = "".join(m[0] for m in TOKENS.finditer("".join(element.itertext()))) if rest else ""
    pictures = list(element.iter("img"))
    anchor = next((e.get("id") for e in element.iter("*") if e.get("id")), None)
    if left or pictures or anchor:
        tail = element.tail
        element.attrib.clear()
        if anchor:
            element.set("id", anchor)
        for child in list(element):
            element.remove(child)
        element.tag, element.text, element.tail = "p", left, tail
        element.extend(pictures)
        for picture in pictures:
            picture.tail = None
    else:
        remove_element(element)
    return text


def _bold_headings(draft: Draft) -> None:
    """In a document without headings, take short bold lines as headings."""
    body = draft.body
    if any(True for _ in body.iter(*HEADINGS)):
        return
    for block in list(body):
        bold = block[0] if len(block) == 1 and block[0].tag in ("strong", "b") else None
        if block.tag != "p" or bold is None or (block.text or "").strip():
            continue
        text, following = words(block), block.getnext()
        if (bold.tail or "").strip() or following is None or len(text) > _LONGEST_BOLD:
            continue
        if bold.find(".//img") is None and not text.endswith((".", ":", ",", ";")):
            unwrap(bold)
            block.tag = "h2"
            block.set(GUESS, "a heading")


def _levels(body: Element) -> None:
    """Let headings begin at level 2 and skip no level; equals stay equals."""
    above: list[str] = []
    for heading in body.iter(*HEADINGS):
        while above and above[-1] >= str(heading.tag):
            above.pop()
        above.append(str(heading.tag))
        heading.tag = f"h{min(len(above) + 1, 6)}"


def lift_loose_text(body: Element) -> None:
    """Put text that stands between blocks into paragraphs."""
    for child in list(body):
        if (child.tail or "").strip():
            block = etree.Element("p")
            block.text, child.tail = child.tail, None
            child.addnext(block)
        if not is_block(child) and child.tag != "p":
            block = etree.Element("p")
            child.addprevious(block)
            block.append(child)
    if (body.text or "").strip():
        block = etree.Element("p")
        block.text, body.text = body.text, None
        body.insert(0, block)


def leave_out(element: Element, text: str) -> None:
    """Remove a picture, and leave a mark in its place."""
    _after(element, text)
    remove(element)


def leave_mark(element: Element, text: str) -> None:
    """Put a mark after an element."""
    _after(element, text)
