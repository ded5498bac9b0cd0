"""The complete work, once, for all formats.

In: a manuscript, its citations, the notices that apply, and the values of placeholders. Out: a
`Document`: parts in reading order, with every citation, note, notice, and value in its place.
All decisions about content are made here. This module must not know any renderer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from lxml import etree

from press.core import trees
from press.core.emoji import EMOJI, name_emoji
from press.core.formats import address_of, base_name
from press.core.labels import direction, direction_of, has_labels, labels_for, letter
from press.core.model import (
    CRISIS,
    Citations,
    Config,
    Data,
    Direction,
    Document,
    Image,
    Imprint,
    Manuscript,
    Notice,
    Part,
    PartKind,
    Place,
    Placement,
)
from press.core.nearest import nearest
from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.core.trees import BLOCKS, Element, plain
from press.document import identity
from press.document.directions import is_mixed, turn, turn_words, value_of
from press.document.ranges import enclose, join_ranges
from press.references.csl.citations import ref_id
from press.source import markup
from press.source.placeholders import OTHER, PLACEHOLDER, Placeholders, contact_lines, key_of

_FURTHER = re.compile(r"(.*noteref-\d+)-\d+", re.DOTALL)
"""The id of a further place that refers to a note, and that of the first place."""
_NOTICE_WORD = re.compile(rf"\s*{trees.WORD_OPEN}notice\.([\w-]+){trees.WORD_CLOSE}\s*")


@dataclass(frozen=True)
class Materials:
    """Everything that goes into one work."""

    manuscript: Manuscript
    config: Config
    citations: Citations
    placements: tuple[Placement, ...]
    data: tuple[Data, ...]
    imprint: Imprint | None = None
    epoch: datetime | None = None
    """SOURCE_DATE_EPOCH, used for an article without any date."""


def notices_by_hand(manuscript: Manuscript, problems: list[Problem]) -> dict[str, Span]:
    """Find the notices that an article places itself: `{{ notice.ID }}` alone in a paragraph.

    Problem NOT002: it is not alone in a paragraph, or it is used twice.
    """
    found: dict[str, Span] = {}
    seen: Counter[str] = Counter()
    body = trees.parse(manuscript.body)
    for run in trees.text_runs(body):
        element, text = run.element, run.read()
        for word in trees.WORD.finditer(text):
            kind, _, id_ = word[1].partition(".")
            if kind != "notice":
                continue
            pattern = rf"\{{\{{\s*notice\.{re.escape(id_)}\b"
            span = Span(manuscript.file, *markup.locate(manuscript.text, pattern, 1, seen[id_]))
            seen[id_] += 1
            alone = element.tag == "p" and not len(element) and _NOTICE_WORD.fullmatch(text)
            if not alone or element.getparent() is not body:
                hint = "put it in a separate paragraph, outside lists and quotations"
                message = f"{{{{ {word[1]} }}}} is not in a separate paragraph"
                problems.append(Problem("NOT002", span, message, hint))
            elif id_ in found:
                message = f"notice '{id_}' is placed twice"
                problems.append(Problem("NOT002", span, message, "delete one of the placeholders"))
            else:
                found[id_] = span
    return found


def section_ids(manuscript: Manuscript) -> tuple[str, ...]:
    """List the ids that `before:#ID` can name: those of headings of level 2 to 4."""
    body = trees.parse(manuscript.body)
    return tuple(element.get("id") or "" for element in body.iter("h2", "h3", "h4"))


def assemble(materials: Materials, problems: list[Problem]) -> Document:
    """Build the work.

    Problems: FRM005 a language without labels, LNK001 a link to a notice that does not apply,
    WRD001 an unknown placeholder, WRD002 a placeholder without a value.
    """
    manuscript = materials.manuscript
    lang = manuscript.matter.lang
    if not has_labels(lang):
        span = manuscript.matter.origin.spans.get("lang") or Span(manuscript.file, 1, 1)
        message = f"labels ('page', 'References') are not available in '{lang}'; English is used"
        hint = "check that your readers understand the English labels"
        problems.append(Problem("FRM005", span, message, hint))
    return _Assembler(materials, problems).document()


class _Assembler:
    def __init__(self, materials: Materials, problems: list[Problem]) -> None:
        self.m = materials
        self.matter = materials.manuscript.matter
        self.problems = problems
        self.labels = labels_for(self.matter.lang)
        self.way = direction(self.matter.lang)
        clinic = materials.imprint.clinic if materials.imprint else {}
        self.words = Placeholders(
            self.matter, materials.config, materials.data, clinic, self.labels
        )
        self.wordless: Counter[tuple[str, str]] = Counter()
        """The number of times each placeholder without a value has occurred in a file."""
        self.lacking: dict[str, dict[str, None]] = {}
        """The fields that the front matter lacks, and the ids of the notices that print each."""
        self.cited: dict[str, list[str]] = {}
        """For each key, the ids of the places that cite it, in reading order."""
        self.numbers = {
            f"#{ref_id(reference.key)}": reference.number
            for reference in materials.citations.references
            if materials.citations.numeric
        }
        """For each link to a reference, its number."""
        self.ranges: dict[tuple[int, int], None] = {}
        """The numbers of the first and the last reference of each range, such as `2-5`."""
        self.ids = Counter[str]()
        """The ids in the article, and how often each occurs."""
        self.linked: dict[tuple[str, str], Notice] = {}
        """The notices with links to ids that are not their own, by file and link."""

    def document(self) -> Document:
        parts = self._parts()
        if self.m.citations.references:
            parts.extend(self._notices(Place("before-references")))
            parts.append(
                references_part(self.m.citations, self.cited, self.ranges, self.labels, self.way)
            )
        else:
            parts.extend(self._notices(Place("before-references")))
        ids = Counter(e.get("id") for p in parts for e in trees.parse(p.xhtml).iter("*"))
        self._ids_twice(ids)
        self._links_to_notices(parts, ids)
        short = self._short()
        self._fields_lacking()
        document = Document(
            name=self.m.manuscript.name,
            matter=self.matter,
            direction=self.way,
            labels=self.labels,
            parts=tuple(map(self._finished, parts)),
            short=short,
            facts=identity.facts(self.matter, self.labels),
            stamp="",
            address=address_of(
                self.m.config.address, self.m.manuscript.name, self.m.config.formats
            ),
            placements=self.m.placements,
            references=self.m.citations.references,
            images=self._images(),
            source=(f"{base_name(self.m.manuscript.name)}.md", self.m.manuscript.data),
            modified=identity.modified(self.matter, self.m.epoch),
            dated=identity.is_dated(self.matter, self.m.epoch),
            hash="",
            due=identity.dues(
                self.m.manuscript, self.m.placements, self.m.data, self.m.config.max_age
            ),
            imprint=self.m.imprint or None,
            contact=contact_lines(self.m.imprint, self.labels),
            linked=self.m.manuscript.linked,
            clusters=self.m.manuscript.clusters,
        )
        digest = identity.content_hash(document)
        return replace(
            document, hash=digest, stamp=identity.stamp(self.matter, self.labels, digest)
        )

    def _fields_lacking(self) -> None:
        """Report once which fields the notices print although the front matter lacks them.

        The problem follows the warnings that say why a field has no value.
        """
        origin, first = self.matter.origin, Span(self.m.manuscript.file, 1, 1)
        keys = [key for key in self.lacking if key not in origin.wrong]  # an error was reported
        if not keys:
            return
        span = max(origin.unread.get(key, first) for key in keys)
        named = ", ".join(f"'{key}' ({', '.join(self.lacking[key])})" for key in keys)
        fields = "a field" if len(keys) == 1 else "fields"
        message = f"the front matter lacks {fields} that notices print: {named}"
        one = "it" if len(keys) == 1 else "each"
        word = "authors" if keys[0] == "author" else keys[0]
        default = "" if "identifier" in keys else " or in [article] of makebook.toml"
        other = f"{{{{ article.{word} | none stated }}}}"
        hint = f"write {one} there{default}, or give the notice other words: {other}"
        self.problems.append(Problem("NOT007", span, message, hint))

    def _finished(self, part: Part) -> Part:
        """Return a part in which each emoji has a name, and words a direction."""
        mixed = is_mixed(part.xhtml, self.way)
        if not mixed and (part.xhtml.isascii() or not EMOJI.search(part.xhtml)):
            return part
        root = trees.parse(part.xhtml)
        if mixed:
            turn_words(root, self.way)
        name_emoji(root, self.matter.lang)
        return replace(part, xhtml=trees.serialize(root))

    def _ids_twice(self, ids: Mapping[str | None, int]) -> None:
        """Report ids of the article that a notice or the references need (LNK003)."""
        file, text = self.m.manuscript.file, self.m.manuscript.text
        for id_, times in ids.items():
            if id_ and times > self.ids[id_] == 1:
                place = markup.locate(text, markup.id_pattern(id_), 1)
                if not place[0]:  # a heading got it from its words
                    body = trees.parse(self.m.manuscript.body)
                    words = next(plain(e) for e in body.iter("*") if e.get("id") == id_)
                    place = markup.locate(text, rf"(?m)^[ ]{{0,3}}#+[ ]*{re.escape(words)}", 1)
                message = f"makebook uses the id '{id_}' for another element"
                hint = "give this element another id, such as {#my-id}"
                span = Span(file, *place)
                self.problems.append(Problem("LNK003", span, message, hint))

    def _links_to_notices(self, parts: Sequence[Part], ids: Container[str | None]) -> None:
        """Report links to notices that do not apply, and broken links of notices (LNK001)."""
        known = sorted(part.id for part in parts if part.kind == "notice")
        file, text = self.m.manuscript.file, self.m.manuscript.text
        links = Counter(
            href
            for link in trees.parse(self.m.manuscript.body).iter("a")
            if (href := link.get("href") or "").startswith("#notice-") and href[1:] not in ids
        )
        for target, times in links.items():
            for nth in range(times):
                place = markup.locate(text, re.escape(target) + r"(?![\w-])", 1, nth)
                message = f"link to '{target}': there is no such notice in this handout"
                hint = nearest(target[1:], known)
                self.problems.append(Problem("LNK001", Span(file, *place), message, hint))
        for (_, target), notice in self.linked.items():
            if target[1:] not in ids:
                place = markup.locate(notice.text, re.escape(target) + r"(?![\w-])", 1)
                message = f"link to '{target}': there is no such id in this notice or article"
                hint = nearest(target[1:], markup.linkable(self.ids))
                self.problems.append(Problem("LNK001", Span(notice.file, *place), message, hint))

    def _images(self) -> tuple[Image, ...]:
        """Return the article's images and the logo, whose prefix keeps its name distinct."""
        logo = self.m.imprint.logo if self.m.imprint else None
        return (*self.m.manuscript.images, *((logo,) if logo else ()))

    def _parts(self) -> list[Part]:
        """Return the author's sections with the notices among them, except the references.

        Where to call in a crisis comes first of all, before the key points.
        """
        body = trees.parse(self.m.manuscript.body)
        self.ids.update(e.get("id") or "" for e in body.iter("*"))
        sections = self._sections(body)
        opening = self._notices(Place("opening"))
        first = [part for part in opening if part.id in CRISIS]
        parts: list[Part] = list(first)
        opened = False
        for index, section in enumerate(sections):
            is_key = trees.has_class(section, "key-points")
            if not opened and not (index == 0 and section.get("class") == "intro") and not is_key:
                parts.extend(part for part in opening if part not in first)
                opened = True
            parts.extend(self._notices(Place("before", section.get("id") or "")))
            parts.append(self._author_part(section))
        if not opened:
            parts.extend(part for part in opening if part not in first)
        return [*parts, *self._notices(Place("closing"))]

    def _sections(self, body: Element) -> list[Element]:
        """Split the body at its `<h2>`s; each section keeps the notes it refers to."""
        sections: list[Element] = []
        for block in list(body):
            if block.tag == "h2" or not sections:
                section = etree.Element("section")
                sections.append(section)
                if block.tag == "h2":
                    self._open(section, block)
                else:
                    section.set("id", trees.free_id("introduction", self.ids))
                    section.set("class", "intro")
            by_hand = _NOTICE_WORD.fullmatch(block.text or "") if block.tag == "p" else None
            if by_hand and not len(block):
                section = sections[-1]
                section.extend(self._by_hand(by_hand[1]))
            else:
                if block.tag in ("h3", "h4"):
                    place = Place("before", block.get("id") or "")
                    sections[-1].extend(
                        self._notice_element(p.notice, "h3") for p in self._placed(place)
                    )
                sections[-1].append(block)
        places = _further_places(e for section in sections for e in section.iter("a"))
        for holder in [e for section in sections for e in section if e.get("class") == "notes"]:
            self._link_back(holder, places)
        return sections

    def _open(self, section: Element, heading: Element) -> None:
        name = heading.get("id") or "section"
        title = trees.free_id(f"{name}-title", self.ids)
        section.set("id", name)
        section.set("class", f"section {heading.attrib.pop('class', '')}".strip())
        section.set("aria-labelledby", title)
        heading.set("id", title)

    def _link_back(self, holder: Element, places: Mapping[str, Sequence[str]]) -> None:
        """Begin each note with a letter that links back, and end it with its further places."""
        holder.tag = "section"
        for note in holder:
            before, _, digits = (note.get("id") or "").rpartition("note-")
            name, number = f"{before}noteref-{digits}", int(digits)
            first = note[0] if len(note) and note[0].tag == "p" else note
            text, first.text = (first.text or "").lstrip(), None
            first.insert(0, self._note_back(number, name))
            first[0].text, first[0].tail = f"{letter(number - 1)}.", f" {text}"
            if again := places.get(name):
                self._cited_again(note, number, [name, *again])

    def _note_back(self, number: int, name: str, which: str = "") -> Element:
        back = etree.Element("a", attrib={"class": "note-back", "href": f"#{name}"})
        label = f"{self.labels['note']} {letter(number - 1)}{which}, {self.labels['back-to-text']}"
        back.set("aria-label", label)
        return back

    def _cited_again(self, note: Element, number: int, names: Sequence[str]) -> None:
        """End a note with a link to each place that refers to it; paper leaves it out."""
        last = note[-1] if note[-1].tag == "p" else note
        if last is note and note[-1].tag in BLOCKS:
            last = etree.SubElement(note, "p", attrib={"class": "note-places"})
        places = etree.SubElement(last, "span", attrib={"class": "backlinks note-places"})
        _space_before(places)
        places.text = f"{self.labels['cited-at']} "
        for index, name in enumerate(names, 1):
            link = self._note_back(number, name, f" {index}")
            link.text, link.tail = str(index), ", " if index < len(names) else None
            places.append(link)

    def _author_part(self, section: Element) -> Part:
        self._fill(section, self.m.manuscript.file, self.m.manuscript.text)
        heading = section.find("h2")
        title = plain(heading) if heading is not None else ""
        kind: PartKind = "section" if heading is not None else "opening"
        return Part(section.get("id") or "", kind, title, trees.serialize(section))

    def _placed(self, place: Place) -> list[Placement]:
        return [p for p in self.m.placements if p.place == place]

    def _by_hand(self, id_: str) -> list[Element]:
        return [
            self._notice_element(p.notice, "h3")
            for p in self._placed(Place("by hand"))
            if p.notice.id == id_
        ]

    def _notices(self, place: Place) -> list[Part]:
        parts = []
        for placement in self._placed(place):
            notice = placement.notice
            element = self._notice_element(notice)
            title = plain(element[0])
            xhtml = trees.serialize(element)
            parts.append(Part(element.get("id") or "", "notice", title, xhtml, place))
        return parts

    def _notice_element(self, notice: Notice, level: str = "h2") -> Element:
        """Make a `<section>` with a heading, which PDF/UA tags and EPUB roles both need."""
        name = f"notice-{notice.id}"
        body = trees.parse(notice.body)
        own = {e.get("id") or "" for e in body.iter("*")}
        for table in body.iter("table"):  # the layout knows a table by its id
            if not table.get("id"):
                table.set("id", trees.free_id("table", own))
                own.add(table.get("id") or "")
        for element in body.iter("*"):
            if element.get("id"):
                element.set("id", f"{name}-{element.get('id')}")
            target = element.get("href") or ""
            if target.startswith("#") and target[1:] in own:
                element.set("href", f"#{name}-{target[1:]}")
            elif target.startswith("#"):
                self.linked[notice.file, target] = notice
        section = etree.Element("section", id=name)
        section.set("class", f"notice notice-{notice.id}")
        section.set("aria-labelledby", f"{name}-title")
        heading = etree.SubElement(section, level, id=f"{name}-title")
        heading.text = self._filled(notice.title, notice)
        section.extend(list(body))
        places = _further_places(section.iter("a"))
        for holder in [e for e in section.iter("div") if e.get("class") == "notes"]:
            self._link_back(holder, places)
        self._fill(section, notice.file, notice.text, notice.id)
        return section

    def _fill(self, section: Element, file: str, text: str, notice: str = "") -> None:
        """Replace tokens with citations and the values of placeholders."""

        def make(kind: trees.TokenKind, value: str) -> Any:
            if kind == "cite":
                # A citation in a notice has been reported already (NOT004).
                ours = file == self.m.manuscript.file
                return self._citation(int(value)) if ours else ""
            value, other = trees.read_word(value)
            filled = self.words.element(value, other)
            if value.startswith("notice.") and file == self.m.manuscript.file:
                return ""  # a notice in the wrong place has been reported already (NOT002)
            if filled is None:
                self._no_word(value, file, text, notice)
                return ""
            return value_of(filled, self.way) if isinstance(filled, str) else filled

        trees.replace_tokens(section, make)

    def _citation(self, index: int) -> Element:
        mark = trees.fragment(self.m.citations.marks[index], "span")
        if len(mark) == 1 and mark[0].tag == "span" and not (mark.text or mark[0].tail):
            mark = mark[0]
        mark.set("class", "citation")
        self.ranges.update(dict.fromkeys(join_ranges(mark, self.numbers)))
        name = f"cite-{index + 1}"
        mark.set("id", name)
        for cite in self.m.manuscript.clusters[index].cites:
            places = self.cited.setdefault(cite.key, [])
            if name not in places:
                places.append(name)
        return mark

    def _no_word(self, name: str, file: str, text: str, notice: str = "") -> None:
        pattern = rf"\{{\{{\s*{re.escape(name)}{OTHER}\s*\}}\}}"
        line, column = markup.locate(text, pattern, 1, self.wordless[file, name])
        self.wordless[file, name] += 1
        if name in self.words.absent:
            key = key_of(name)
            if notice:
                self.lacking.setdefault(key, {})[notice] = None
            if notice or key in self.matter.origin.wrong:
                return
        code, message, hint = self.words.why_not(name)
        self.problems.append(Problem(code, Span(file, line, column), message, hint))

    def _short(self) -> str:
        notices = [placement.notice for placement in self._placed(Place("every-page"))]
        said = [self._filled(notice.short, notice) for notice in notices]
        draft = [f"{self.labels['draft']}."] if self.matter.status == "draft" else []
        return " ".join((*draft, *said))

    def _filled(self, text: str, notice: Notice) -> str:
        """Fill the placeholders in a notice's title or short text, which are not Markdown."""
        filled = self.words.fill_text(text)
        for found in PLACEHOLDER.finditer(filled):
            self._no_word(found[1], notice.file, notice.text, notice.id)
        return filled


def references_part(
    citations: Citations,
    cited: Mapping[str, Sequence[str]],
    ranges: Iterable[tuple[int, int]],
    labels: Mapping[str, str],
    way: Direction,
) -> Part:
    """Return the references, each with links back to the places that cite it.

    Each is read in the direction of its first letter; the list itself, with its numbers, runs in
    the direction of the work.

    `cited` has the ids of these places by key, in reading order; `ranges` are the numbers of the
    first and the last reference of each range, such as `2-5`.
    """
    section = etree.Element("section", id="references")
    section.set("class", "references")
    section.set("aria-labelledby", "references-title")
    heading = etree.SubElement(section, "h2", id="references-title")
    heading.text = labels["references"]
    tag = "ol" if citations.numeric else "ul"
    items = etree.SubElement(section, tag, id="reference-list")
    items.set("class", "reference-list")
    for reference in citations.references:
        item = trees.fragment(reference.xhtml, "li")
        item.set("id", ref_id(reference.key))
        enclose(item, reference.number, ranges)
        turn(item, direction_of(plain(item), way), way)
        if reference.standing:
            said = etree.SubElement(item, "strong", attrib={"class": "standing"})
            label = labels[f"standing-{reference.standing.kind}"]
            notice = reference.standing.notice
            said.text = f"{label}: {notice}" if notice else f"{label}."
            turn(said, direction_of(plain(said), way), way)
            _space_before(said)
        if reference.evidence:
            kind = etree.SubElement(item, "span", attrib={"class": "evidence"})
            kind.text = f"{labels['evidence']}: {reference.evidence}."
            turn(kind, direction_of(plain(kind), way), way)
            _space_before(kind)
        _back_links(item, cited.get(reference.key, ()), reference.number, labels)
        items.append(item)
    return Part("references", "references", heading.text, trees.serialize(section))


def _back_links(
    item: Element, places: Sequence[str], number: int, labels: Mapping[str, str]
) -> None:
    if not places:
        return
    back = etree.SubElement(item, "span", attrib={"class": "backlinks"})
    _space_before(back)
    back.text = f"{labels['cited-at']} "
    for index, place in enumerate(places):
        link = etree.SubElement(back, "a", attrib={"class": "backlink", "href": f"#{place}"})
        link.text = letter(index)
        said = labels["cited-back"].format(number=number, place=index + 1, places=len(places))
        link.set("aria-label", said)
        link.tail = ", " if index + 1 < len(places) else None


def _further_places(links: Iterable[Element]) -> dict[str, list[str]]:
    """Return the ids of the further places that refer to each note, by the id of its first one."""
    found: dict[str, list[str]] = {}
    for link in links:
        if further := _FURTHER.fullmatch(link.get("id") or ""):
            found.setdefault(further[1], []).append(further[0])
    return found


def _space_before(element: Element) -> None:
    previous = element.getprevious()
    parent = element.getparent()
    assert parent is not None
    if previous is None:
        parent.text = f"{(parent.text or '').rstrip()} "
    else:
        previous.tail = f"{(previous.tail or '').rstrip()} "
