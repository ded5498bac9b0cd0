"""One article, from its file to a `Manuscript`: structure normalized, every error reported.

In: an article's file. Out: a `Manuscript` whose body is clean XHTML: sections below `<body>`
begin with `<h2>`, figures and tables have captions, every block has an id, notes are collected.
This module must not know disclaimers, citation styles, or renderers.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from lxml import etree

from press.core import trees
from press.core.files import decode, name_of, read_bytes, read_text, shown
from press.core.labels import labels_for, letter
from press.core.model import Cluster, Config, Image, Linked, Manuscript, NoticeLink
from press.core.nearest import nearest
from press.core.problems import Problem, Span, counted
from press.core.tables import grid_of
from press.core.trees import BLOCKS, Element, plain, remove, unwrap
from press.source import crossrefs, markup
from press.source.captions import NOTE
from press.source.citation_syntax import without_code
from press.source.front_matter import read_matter, split
from press.source.images import read_image
from press.source.links import Target, may_be_file, read_target
from press.source.sizes import set_size
from press.source.syntax.finish import link_headings

_LARGEST = 2_000_000  # bytes: a book of a thousand pages
_ENOUGH = 200
"""Problems of a code that are located; the others are said to be where the last one is."""
_CODE = ("code", "pre", "kbd", "samp")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NAMED = BLOCKS - set("thead tbody tfoot td th caption figcaption hr".split())
_DELIMITER = re.compile(r"[ >]*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_OURS = ("references", "references-title", "reference-list")
"""Ids of the references page."""
_CITATION = re.compile(r"cite-\d+|refs-\d+-\d+")
"""An id of a citation, or of several references."""
_CAPTION = re.compile(r"\A\s*(?:Table:|:)\s+")
"""What a paragraph next to a table begins with if it is its caption (Pandoc's manual, Tables)."""
_LONG_TABLE = 16
"""The number of rows kept together on one page; a longer table may break between rows."""
_SAFE_LINK = re.compile(r"(https?://[^\s/]+|mailto:[^\s@]+@|tel:\+?[\d() -]+|#)", re.I)


def read_manuscript(
    path: Path, root: Path, config: Config, problems: list[Problem]
) -> Manuscript | None:
    """Read and validate one article; return None if its text cannot be read.

    Problems: TXT*, FRM*, HTM*, IMG*, LNK*, MTH*, REF002, REF003, WRD003 (see
    `problems.CODES`), all in one pass.
    """
    file = shown(path, root)
    data = read_bytes(path, file, problems)
    if data is None:
        return None
    if len(data) > _LARGEST:
        most = f"{_LARGEST / 1_000_000:g} MB"
        message = f"is {len(data) / 1_000_000:.1f} MB; the maximum is {most}"
        hint = "split it, or delete anything pasted in by mistake"
        problems.append(Problem("TXT002", Span(file), message, hint))
        return None
    text = decode(data, file, problems)
    if text is None:
        return None
    fields, body_text, first = split(text, file, problems)
    matter = read_matter(fields, config.lang, problems, config.article)
    made = markup.convert(body_text, file, first, problems, matter.lang)
    reader = _ArticleReader(made.body, body_text, file, first, problems)
    cites = reader.settle(matter.title, made.clusters, matter.lang, cites=bool(matter.nocite))
    link_headings(made.body)
    images = reader.images(path.parent)
    linked = reader.links(path, root, config, cites=cites)
    if not "".join(made.body.itertext()).strip() and made.body.find(".//img") is None:
        hint = "write the text below the front matter"
        problems.append(Problem("TXT004", Span(file, first), "the article is empty", hint))
    clusters = _in_reading_order(made.body, made.clusters)
    body = trees.serialize(made.body)
    name = name_of(path, root)
    to_notices = tuple(reader.to_notices)
    return Manuscript(name, file, data, text, matter, body, clusters, images, linked, to_notices)


def _ids_of(path: Path, root: Path) -> set[str | None]:
    """Return the ids of another article; its own build reports what is wrong with it."""
    file, unheard = shown(path, root), list[Problem]()
    text = read_text(path, file, unheard) or ""
    fields, body_text, first = split(text, file, unheard)
    made = markup.convert(body_text, file, first, unheard)
    reader = _ArticleReader(made.body, body_text, file, first, unheard)
    title, nocite = (str(fields.values.get(key) or "") for key in ("title", "nocite"))
    cites = reader.settle(title, made.clusters, "", cites=bool(nocite))
    return {*(e.get("id") for e in made.body.iter("*")), *(["references"] if cites else [])}


def slug(text: str) -> str:
    """Make an id from a heading as Pandoc does: lower case, hyphens, no leading digits."""
    plain = unicodedata.normalize("NFKC", trees.TOKEN.sub("", text)).lower()
    words = re.sub(r"[^\w\s.-]", "", plain)
    return re.sub(r"^[^a-z\u00aa-\uffff]+", "", re.sub(r"\s+", "-", words.strip())) or "section"


def collect_notes(body: Element, text: str, file: str, first: int, problems: list[Problem]) -> None:
    """Collect the notes of a text that is not an article, numbered, at its end.

    Problems: TXT006, TXT008, TXT009.
    """
    _ArticleReader(body, text, file, first, problems).collect_notes()


class _ArticleReader:
    """A reader that normalizes one article's tree and locates each problem in the source."""

    def __init__(
        self, body: Element, text: str, file: str, first: int, problems: list[Problem]
    ) -> None:
        self.body, self.text, self.file, self.first = body, text, file, first
        self.problems = problems
        self.told: Counter[str] = Counter()
        self.last: dict[str, Span] = {}
        """The location of the last problem of each code."""
        self.others: dict[Path, set[str | None]] = {}
        """The ids of other articles."""
        self.to_notices: list[NoticeLink] = []

    def report(self, code: str, pattern: str, message: str, hint: str, nth: int = 0) -> None:
        self.told[code] += 1
        if self.told[code] < _ENOUGH or code not in self.last:
            self.last[code] = self.place(pattern, nth)
        self.problems.append(Problem(code, self.last[code], message, hint))

    def place(self, pattern: str, nth: int = 0) -> Span:
        """Return the location of a pattern's nth match, or of its first if there are fewer."""
        places = (markup.locate(self.text, pattern, self.first, n) for n in (nth, 0))
        return Span(self.file, *next((place for place in places if place[0]), (0, 0)))

    def settle(self, title: str, clusters: Sequence[Cluster], lang: str, *, cites: bool) -> bool:
        """Make the tree regular, link its cross-references, and give its blocks their ids.

        `cites` says that works are listed though not cited. Returns whether there are references.
        """
        self._title(title)
        self._levels()
        self.collect_notes()
        _spell_out(self.body)
        _captions(self.body)
        _figures(self.body)
        self._cross_references(clusters, labels_for(lang))
        cites = cites or trees.CITE_OPEN in "".join(self.body.itertext())
        self._name_blocks(cites=cites)
        return cites

    def _cross_references(self, clusters: Sequence[Cluster], labels: Mapping[str, str]) -> None:
        """Turn the citations of the article's own figures, tables, and sections into links."""

        def report(code: str, key: str, nth: int, message: str, hint: str) -> None:
            self.report(code, rf"@\{{?{re.escape(key)}(?![\w-])", message, hint, nth)

        crossrefs.resolve(self.body, clusters, labels, report)

    def _title(self, title: str) -> None:
        """Remove a first heading that repeats the title, which is printed anyway."""
        first = next((e for e in self.body if isinstance(e.tag, str)), None)
        if first is None or first.tag != "h1":
            return
        if " ".join(plain(first).split()).casefold() == " ".join(title.split()).casefold():
            if id_ := first.get("id"):  # a link may lead to it
                first.tag, first.text = "span", None
                for child in list(first):
                    first.remove(child)
                first.attrib.clear()
                first.set("id", id_)
                holder = etree.Element("p")
                self.body.replace(first, holder)
                holder.append(first)
            else:
                remove(first)

    def _levels(self) -> None:
        """Shift headings so that they start at level 2 and skip no level (ISO 14289-1, 7.4.2)."""
        headings = list(self.body.iter(*_HEADINGS))
        if not headings:
            return
        shift = 2 - min(int(str(h.tag)[1]) for h in headings)
        last = 1
        for heading in headings:
            level = int(str(heading.tag)[1]) + shift
            if level > last + 1:
                words = plain(heading)
                message = f"heading '{words}' is {level - last} levels below the one before it"
                hint = f"write it with {'#' * (last + 1 - shift)}; it is printed at that level"
                pattern = r"(?m)^[ ]{0,3}#+[ ]*" + re.escape(words[:20])
                self.report("TXT005", pattern, message, hint)
                level = last + 1
            last = level
            heading.tag = f"h{min(level, 6)}"

    def collect_notes(self) -> None:
        """Turn the library's footnotes into `<sup class=noteref>` and `<div class=note>`."""
        self._note_twice()
        self._cells()
        numbers: dict[str, int] = {}
        for sup in list(self.body.iter("sup")):
            key = (sup.get("id") or "").partition(":")
            if not key[0].startswith("fnref") or not key[1]:
                continue
            number = numbers.setdefault(key[2], len(numbers) + 1)
            sup.attrib.clear()
            sup.set("class", "noteref")
            for child in list(sup):
                sup.remove(child)
            link = etree.SubElement(sup, "a", href=f"#note-{number}", id=f"noteref-{number}")
            if key[0] != "fnref":
                link.set("id", f"noteref-{number}-{key[0][5:]}")
            link.text, sup.text = letter(number - 1), None
        for holder in [e for e in self.body.iter("div") if e.get("class") == "footnote"]:
            self._note_texts(holder, numbers)

    def _cells(self) -> None:
        """Report table rows with too many cells, since the library drops the extra ones."""
        lines = markup.without_bars(without_code(self.text)).split("\n")
        columns = 0
        for number, line in enumerate(lines):
            above = lines[number - 1] if number else ""
            if "|" in line and _DELIMITER.fullmatch(line) and ("|" in above or not above.strip()):
                columns = _count_cells(line)
            elif not line.strip():
                columns = 0
            elif columns and _count_cells(line) > columns:
                cells = counted(_count_cells(line), "cell")
                message = f"this row has {cells}, but its table has {counted(columns, 'column')}"
                hint = "remove a cell, or add a column to the table; write a literal | as \\|"
                span = Span(self.file, self.first + number, 1)
                self.problems.append(Problem("TXT009", span, message, hint))

    def _note_twice(self) -> None:
        """Report two notes with the same label, since the library keeps only the last."""
        blank = without_code(self.text)
        seen: dict[str, int] = {}
        for found in re.finditer(r"(?m)^[ ]{0,3}\[\^([^\]\n]+)\]:", blank):
            line = self.first + blank.count("\n", 0, found.start())
            if found[1] in seen:
                message = f"note '{found[1]}' is defined twice, first on line {seen[found[1]]}"
                hint = "give one of the notes another label"
                span = Span(self.file, line, 1)
                self.problems.append(Problem("TXT008", span, message, hint))
            seen.setdefault(found[1], line)

    def _note_texts(self, holder: Element, numbers: dict[str, int]) -> None:
        """Move the notes to the ends of the sections that refer to them."""
        notes: dict[str, Element] = {}
        for item in list(holder.iter("li")):
            key = (item.get("id") or "").partition(":")[2]
            if not key:
                continue
            for link in [a for a in item.iter("a") if "footnote-backref" in (a.get("class") or "")]:
                remove(link)
            if key not in numbers:
                pattern = rf"\[\^{re.escape(key)}\]:"
                message = f"nothing in the text refers to note '{key}'"
                hint = f"add [^{key}] to the text, or delete the note"
                self.report("TXT006", pattern, message, hint)
                continue
            name = f"note-{numbers[key]}"
            note = notes[name] = etree.Element("div", id=name)
            note.set("class", "note")
            note.text = item.text
            note.extend(list(item))
        remove(holder)
        _distribute(self.body, notes)

    def _name_blocks(self, *, cites: bool) -> None:
        """Give every block a unique id; keep the author's ids and report duplicates (LNK003).

        No heading gets an id that the references page or a citation will have.
        """
        taken: dict[str, int] = {}
        for element in self.body.iter("*"):
            given = element.get("id")
            if not given:
                continue
            safe = re.sub(r"\s+", "-", given)
            element.set("id", safe)
            taken[safe] = taken.get(safe, 0) + 1
            if taken[safe] > 1:
                pattern = markup.id_pattern(given)
                hint = "give one of the elements another id"
                message = f"the id '{given}' is used more than once"
                self.report("LNK003", pattern, message, hint, taken[safe] - 1)
        count, last = 0, dict[str, int]()
        taken.update(dict.fromkeys(_OURS, 1) if cites else {})
        for element in self.body.iter("*"):
            if element.get("id") or element.tag not in _NAMED:
                continue
            if element.tag in _HEADINGS:
                name = slug(plain(element))
                if _CITATION.fullmatch(name):
                    taken[name] = 1
                name = trees.free_id(name, taken, last)
            else:
                count += 1
                while (name := f"b{count}") in taken:
                    count += 1
            taken[name] = 1
            element.set("id", name)

    def images(self, folder: Path) -> tuple[Image, ...]:
        """Read every image, and check that it exists, is safe, and has alternative text."""
        found: dict[str, Image | None] = {}
        seen: Counter[str] = Counter()
        widths = self._widths(seen)
        seen.clear()
        for element in self.body.iter("img"):
            source = element.get("src") or ""
            place = self._image_place(source, seen)
            if not (element.get("alt") or "").strip():
                hint = "describe the image, for example ![A falling curve](curve.svg)"
                message = f"image '{source}' has no alternative text"
                self.problems.append(Problem("IMG002", place, message, hint))
            self._note_in_words(element, place)
            if not found.get(source):
                width = widths[source]
                found[source] = read_image(source, folder, place, self.problems, width)
            if image := found[source]:
                element.set("src", image.name)
        images = {image.name: image for image in found.values() if image}
        return tuple(images[name] for name in sorted(images))

    def _note_in_words(self, image: Element, place: Span) -> None:
        """Report notes in words of an image that are not text, where they would be lost."""
        for name, words in (("alt", "alternative text"), ("title", "title")):
            for found in NOTE.findall(image.get(name) or ""):
                hint = "refer to the note in the text, or in the caption of an image on its own"
                message = f"{found} is in the {words} of an image, which cannot have notes"
                self.problems.append(Problem("TXT015", place, message, hint))

    def _widths(self, seen: Counter[str]) -> dict[str, float]:
        """Give the images the sizes that the author wrote; return the inches that each needs."""
        widths: dict[str, float] = {}
        for element in self.body.iter("img"):
            source = element.get("src") or ""
            place = self._image_place(source, seen)
            width = set_size(element, place, self.problems)
            widths[source] = max(width, widths.get(source, 0))
        return widths

    def _image_place(self, source: str, seen: Counter[str]) -> Span:
        """Return the location of the next image with this source, which is counted in `seen`."""
        seen[source] += 1
        return self.place(re.escape(source) if source else "<img|!\\[", seen[source] - 1)

    def links(self, path: Path, root: Path, config: Config, *, cites: bool) -> tuple[Linked, ...]:
        """Check that each link leads to an id of this article, to a safe address, or to a file.

        `path` is that of the article. Returns the files of the project to publish with it.
        """
        linked: dict[str, Linked] = {}
        ids = {element.get("id") for element in self.body.iter("*")}
        if cites:
            ids.add("references")
        seen: Counter[str] = Counter()
        known: list[str] = []
        for link in self.body.iter("a"):
            target = link.get("href")
            if target is None:
                continue
            pattern, nth = _as_written(target), seen[target]
            seen[target] += 1
            if may_be_file(target):
                place = self.place(pattern, nth)
                found = read_target(target, path.parent, root, config, place, self.problems)
                if found and found.file:
                    linked[found.file.name] = found.file
                target = self._lead(link, found, path, root, place)
            if not target:
                continue
            if not _SAFE_LINK.match(target):
                message = f"link to '{target}' is neither a web link nor a link within the handout"
                hint = "link to https://…, mailto:…, tel:…, #an-id in this article, or a file"
                self.report("LNK002", pattern, message, hint, nth)
            elif target.startswith("#notice-"):
                continue  # checked once the notices are placed (`assemble`)
            elif target.startswith("#") and target[1:] not in ids:
                known = known or sorted(markup.linkable(ids))
                message = f"link to '{target}': there is no such id in this article"
                self.report("LNK001", pattern, message, nearest(target[1:], known), nth)
        self._lost_notes()
        return tuple(linked[name] for name in sorted(linked))

    def _lead(
        self, link: Element, found: Target | None, path: Path, root: Path, place: Span
    ) -> str:
        """Let a link lead to a file, and name what it leads to, since paper cannot follow it.

        Returns the target within this article, if it leads there.
        """
        if found is None:
            return ""
        if found.article == path:
            link.set("href", f"#{found.part}")
            if not found.part:  # the article itself
                link.tag = "span"
                del link.attrib["href"]
            return found.part and f"#{found.part}"
        link.set("href", found.address)
        if found.name.casefold() not in plain(link).casefold():
            link.tail = f" ({found.name}){link.tail or ''}"
        if found.article and found.part:
            if found.article not in self.others:
                self.others[found.article] = _ids_of(found.article, root)
            known = self.others[found.article]
            if found.part not in known and found.part.startswith("notice-"):
                name = name_of(found.article, root)
                self.to_notices.append(NoticeLink(name, found.part, place))
            elif found.part not in known:
                message = f"there is no id '{found.part}' in {shown(found.article, root)}"
                hint = nearest(found.part, sorted(markup.linkable(known)))
                self.problems.append(Problem("LNK005", place, message, hint))
        return ""

    def _lost_notes(self) -> None:
        """Report each `[^one]` left in the text: there is no such note."""
        for run in trees.text_runs(self.body):
            home = run.element.getparent() if run.is_tail else run.element
            if home is None or home.tag in _CODE or any(True for _ in home.iterancestors(*_CODE)):
                continue
            for found in re.findall(r"\[\^[^\]\s]+\]", run.read()):
                pattern = rf"(?<!\\){re.escape(found)}"
                if self.place(pattern).line:
                    hint = f"write the note as a separate paragraph: '{found}: …'"
                    self.report("LNK001", pattern, f"there is no note for '{found}'", hint)


def _as_written(address: str) -> str:
    """Return a pattern for the ways in which Markdown can spell the address of a link."""
    spelled = "".join(
        _SPELLED.get(piece, rf"\\?{re.escape(piece)}") for piece in re.findall(r"%20|.", address)
    )
    return rf"(?={spelled}(?![\w-]|\.\w))(?:{_BEFORE})"  # in this order, it is quick


_BEFORE = "|".join([r"(?<=[(<\"'=])", *(rf"(?<=\(\s{{{n}}})|(?<=\]:\s{{{n}}})" for n in range(9))])
"""What is before an address: a sign, or the beginning of a link or a definition, and space."""
_SPELLED = {"%20": r"(?:%20|\\?[ ])", "&": r"\\?&(?:amp;)?"}


def _distribute(body: Element, notes: dict[str, Element]) -> None:
    """Put each note at the end of the section that first refers to it."""
    stretches: list[list[Element]] = [[]]
    for block in body:
        if block.tag == "h2":
            stretches.append([])
        stretches[-1].append(block)
    for blocks in stretches:
        holder = etree.Element("div")
        holder.set("class", "notes")
        waiting = list(blocks)
        while waiting:
            for link in waiting.pop(0).iter("a"):
                name = (link.get("href") or "#")[1:]
                if (link.get("id") or "").startswith("noteref-") and name in notes:
                    holder.append(notes.pop(name))
                    waiting.append(holder[-1])
        if len(holder):
            blocks[-1].addnext(holder)


def _in_reading_order(body: Element, clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """Renumber the citation tokens in reading order; return their clusters in that order."""
    ordered: list[Cluster] = []

    def renumber(found: re.Match[str]) -> str:
        ordered.append(clusters[int(found[1])])
        return f"{trees.CITE_OPEN}{len(ordered) - 1}{trees.CITE_CLOSE}"

    for run in trees.text_runs(body):
        text = run.read()
        if trees.CITE_OPEN in text:
            run.write(trees.CITE.sub(renumber, text))
    return tuple(ordered)


def _count_cells(line: str) -> int:
    """Count the cells of a table row, ignoring the bars at its edges."""
    row = re.sub(r"\A[ >]*\|?|(?<!\\)\|\s*\Z", "", line)
    return len(re.findall(r"(?<!\\)\|", row)) + 1


def _spell_out(body: Element) -> None:
    """Print an abbreviation's meaning after its first use, since paper has no tooltips."""
    said = set()
    for element in body.iter("abbr"):
        meaning = element.attrib.pop("title", "")
        if meaning and (plain(element), meaning) not in said:
            said.add((plain(element), meaning))
            element.tail = f" ({meaning}){element.tail or ''}"


def _captions(body: Element) -> None:
    """Turn a paragraph `Table: words` next to a table into its caption (Pandoc's syntax)."""
    for table in list(body.iter("table")):
        for cell in table.iter("th"):
            if cell.get("scope") is None:
                cell.set("scope", "col")
        for line, row in zip(grid_of(table), table.iter("tr"), strict=False):
            if line and line[0].getparent() is not row:  # its first cell is that of a row above
                row.set("class", f"{row.get('class', '')} goes-on".strip())
        if len(list(table.iter("tr"))) > _LONG_TABLE:
            table.set("class", f"{table.get('class', '')} long".strip())
        if table.find("caption") is not None:
            continue
        for other in (table.getprevious(), table.getnext()):
            if other is None or other.tag != "p" or not _CAPTION.match(other.text or ""):
                continue
            other.tag = "caption"
            other.text = _CAPTION.sub("", other.text or "")
            table.insert(0, other)
            break


def _figures(body: Element) -> None:
    """Turn an image alone in its paragraph into a figure with its title as the caption."""
    for paragraph in list(body.iter("p")):
        if len(paragraph) != 1 or paragraph[0].tag != "img":
            continue
        image = paragraph[0]
        if (paragraph.text or "").strip() or (image.tail or "").strip():
            continue
        paragraph.tag, paragraph.text, image.tail = "figure", None, None
        if image.get("id") and not paragraph.get("id"):
            paragraph.set("id", image.attrib.pop("id"))
        if image.get("class"):
            paragraph.set("class", image.attrib.pop("class"))
        title = image.attrib.pop("title", "")
        if title:
            etree.SubElement(paragraph, "figcaption").text = title
    for div in [e for e in body.iter("figure") if e.getparent() is not None]:
        parent = div.getparent()
        if parent is not None and parent.tag == "p":
            unwrap(parent)
