"""From an article's file to the complete work: read, cite, place, assemble.

In: a project and one of its articles. Out: a Draft, read and cited once, and the Document made from
it for each imprint. Nothing is laid out. This module must not know any renderer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from lxml import etree

from press.core import trees
from press.core.files import beside, by_name, is_file, name_of, present, read_text
from press.core.model import (
    Citations,
    Cite,
    Config,
    Document,
    Entry,
    Image,
    Imprint,
    Manuscript,
    Notice,
    Placement,
    Project,
)
from press.core.nearest import did_you_mean, near, nearest, nearest_article
from press.core.problems import ERROR, Problem, ProblemsError, Span, UnknownName, counted
from press.core.records import dataclass
from press.design import fallback
from press.design.styles import Styles
from press.document import assemble
from press.document.crosslinks import beyond
from press.document.placement import Need, place_notices
from press.document.units import head_units
from press.references import bibliography
from press.references.beside import check_standings, finished
from press.references.completeness import asks, check_parts
from press.references.csl import citations
from press.references.keys import EVERYTHING, check_keys, uncited
from press.references.merging import one_key_each
from press.source.citation_syntax import locate_keys
from press.source.crossrefs import id_of, is_target, referred
from press.source.front_matter import body_line, inline_references
from press.source.groups import is_made_for, with_config_of
from press.source.imprints import for_readers, jurisdiction_place, read_imprint
from press.source.manuscript import read_manuscript
from press.source.mentions import Mentions
from press.source.notices import read_notices
from press.source.project import effective, place_of, read_project

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_MANY = 12
"""The number of characters without a glyph above which they are listed together."""


@dataclass(frozen=True)
class Draft:
    """An article with its citations formatted, before an imprint is applied."""

    manuscript: Manuscript
    citations: Citations
    cites: tuple[str, ...] = ()
    """The keys that it cites, also in `nocite`."""
    cited: str = ""
    """A digest of what its bibliography says of them."""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    """Those that it prints, by key."""


def read_draft(path: Path, project: Project, problems: list[Problem]) -> Draft | None:
    """Read an article and format its citations; return None if it cannot be read.

    `problems` may contain those of other files, such as notices; they do not count here.
    """
    before = len(problems)
    manuscript = read_manuscript(path, project.root, project.config, problems)
    if manuscript is None or any(problem.code == "FRM002" for problem in problems[before:]):
        return None  # without front matter, further problems would only be consequences
    located = _located(manuscript)
    cites = {*located, *manuscript.matter.nocite}
    manuscript, citations_, entries, said = _cite(manuscript, project, located, problems)
    cited = bibliography.digest_of(entries, said, cites)
    printed = {each.key: entries[each.key] for each in citations_.references}
    return Draft(manuscript, citations_, tuple(sorted(cites)), cited, printed)


def compose(
    draft: Draft,
    project: Project,
    notices: Sequence[Notice],
    imprint: Imprint | None,
    problems: list[Problem],
) -> Document:
    """Place the notices and assemble the work, for an imprint or without one."""
    config = effective(project.config, imprint)
    manuscript = for_readers(draft.manuscript, imprint)
    placements = _placements(manuscript, config, notices, imprint, problems)
    _check_notice_links(manuscript, project, notices, imprint, problems)
    materials = assemble.Materials(
        manuscript, config, draft.citations, placements, project.data, imprint, source_date_epoch()
    )
    document = assemble.assemble(materials, problems)
    if imprint and config.groups:
        document = beyond(document, partial(is_made_for, imprint.name, project))
        document = replace(document, above=project.config.address if imprint.address else "")
    return with_faces(document, manuscript, project.root, problems)


def _placements(
    manuscript: Manuscript,
    config: Config,
    notices: Sequence[Notice],
    imprint: Imprint | None,
    problems: list[Problem],
) -> tuple[Placement, ...]:
    """Decide which notices an article has, and where."""
    need = Need(
        matter=manuscript.matter,
        file=manuscript.file,
        config=config,
        by_hand=assemble.notices_by_hand(manuscript, problems),
        sections=assemble.section_ids(manuscript),
        named=jurisdiction_place(imprint),
    )
    return place_notices((*notices, *(imprint.notices if imprint else ())), need, problems)


def _check_notice_links(
    manuscript: Manuscript,
    project: Project,
    notices: Sequence[Notice],
    imprint: Imprint | None,
    problems: list[Problem],
) -> None:
    """Report links to notices that another article does not have (LNK005).

    The other article is that of the same imprint, or if it is not made for that, the common one.
    """
    paths, unheard = by_name(project.articles, project.root), list[Problem]()
    known: dict[str, list[str]] = {}
    for link in manuscript.to_notices:
        name = link.article
        if name not in known:
            own = imprint if imprint and is_made_for(imprint.name, project, name) else None
            config = effective(project.config, own)
            read = read_manuscript(paths[name], project.root, project.config, unheard)
            other = read and for_readers(read, own)
            placed = _placements(other, config, notices, own, unheard) if other else ()
            known[name] = [
                f"notice-{each.notice.id}" for each in placed if each.place.kind != "every-page"
            ]
        if link.notice not in known[name]:
            message = f"there is no id '{link.notice}' in source/{name}.md"
            hint = nearest(link.notice, known[name])
            problems.append(Problem("LNK005", link.span, message, hint))


def _cite(
    manuscript: Manuscript, project: Project, located: Places, problems: list[Problem]
) -> tuple[Manuscript, Citations, Mapping[str, Entry], Sequence[Problem]]:
    """Format the citations, or return blank ones if a key or the bibliography is wrong.

    The manuscript that is returned cites each work by one key. Returns also the bibliography's
    entries and problems, as they were read.
    """
    matter, config = manuscript.matter, project.config
    names = matter.bibliography or config.bibliography
    folders = (project.root / manuscript.file).parent, project.root
    paths = [beside(name, folders) for name in names]
    before = len(problems)
    for name in (name for name, path in zip(names, paths, strict=True) if not is_file(path)):
        message = f"bibliography '{name}' was not found in the article's folder or the project's"
        hint = did_you_mean([n for n in (f"source/{name}",) if is_file(project.root / n)]) or (
            "put the file there, or correct its name"
        )
        place = named("bibliography", manuscript, project.root)
        problems.append(Problem("CIT003", place, message, hint))
    files = present(paths, project.root)
    inline = inline_references(manuscript.text) if "references" in matter.origin.spans else ""
    told = len(problems)
    entries = read = bibliography.read_bibliography(files, problems, (inline, manuscript.file))
    said = problems[told:]
    named_files = [*([manuscript.file] if inline else []), *(name for _, name in files)]
    cited = located
    if entries or len(problems) == before:  # else every key would be reported as unknown
        cross = _cross_references(manuscript, entries, located, problems)
        cited = {key: places for key, places in located.items() if key not in cross}
        rest = {key: entry for key, entry in entries.items() if key not in cross}
        manuscript, cited, rest = _once(manuscript, cited, rest, problems)
        nocite = manuscript.matter.nocite
        every = [*project.articles, *(each.path for each in project.withdrawn)]
        mentions = Mentions(project.root, every, config)
        others = partial(mentions.others, project.root / manuscript.file)
        keys = check_keys(rest, cited, manuscript.file, named_files, nocite, problems)
        problems += uncited(rest, keys, others)
        check_standings(rest, cited, manuscript.file, problems)
        entries = {key: entry for key, entry in entries.items() if key in rest or key in cross}
    blank = Citations(("",) * len(manuscript.clusters), ())
    if any(problem.severity == ERROR for problem in problems[before:]):
        return manuscript, blank, read, said
    try:
        place = named("csl", manuscript, project.root)
        name = matter.csl or config.csl
        style = citations.find_style(
            name, beside(name, folders).parent if name.endswith(".csl") else project.root, place
        )
        check_parts(entries, cited, manuscript.file, asks(style, matter.lang), problems)
        made = citations.format_citations(
            manuscript.clusters, entries, style, matter.lang, manuscript.matter.nocite
        )
    except ProblemsError as error:
        problems.extend(replace(problem, span=place) for problem in error.problems)
        return manuscript, blank, read, said
    return manuscript, finished(made, entries), read, said


Places = dict[str, list[tuple[int, int]]]


def _once(
    manuscript: Manuscript, cited: Places, entries: dict[str, Entry], problems: list[Problem]
) -> tuple[Manuscript, Places, dict[str, Entry]]:
    """Return article, keys, and bibliography with one key for each work."""
    nocite = manuscript.matter.nocite
    printed = entries if EVERYTHING in nocite else {*cited, *nocite}
    renamed = one_key_each(entries, printed, problems)
    if not renamed:
        return manuscript, cited, entries
    clusters = tuple(
        replace(c, cites=tuple(replace(i, key=renamed.get(i.key, i.key)) for i in c.cites))
        for c in manuscript.clusters
    )
    clusters = tuple(replace(c, cites=_without_repeats(c.cites)) for c in clusters)
    listed = tuple(dict.fromkeys(renamed.get(key, key) for key in nocite))
    places: Places = {}
    for key, spots in cited.items():
        places.setdefault(renamed.get(key, key), []).extend(spots)
    places = {key: sorted(spots) for key, spots in places.items()}
    matter = replace(manuscript.matter, nocite=listed)
    manuscript = replace(manuscript, clusters=clusters, matter=matter)
    return manuscript, places, {k: e for k, e in entries.items() if k not in renamed}


def _without_repeats(cites: Sequence[Cite]) -> tuple[Cite, ...]:
    """Leave out a cite that another one of its bracket equals."""
    return tuple(dict.fromkeys(cites))


def _cross_references(
    manuscript: Manuscript,
    entries: Mapping[str, Entry],
    located: Mapping[str, Sequence[tuple[int, int]]],
    problems: list[Problem],
) -> set[str]:
    """Return the keys that are meant for elements of the article.

    Problems: REF001 a bibliography has the same key, CIT001 there is no such element.
    """
    body, found = trees.parse(manuscript.body), set[str]()
    own = dict.fromkeys(referred(body))
    ids = [id_ for e in body.iter("*") if is_target(id_ := e.get("id") or "")]
    for key, places in located.items():
        if id_of(key, own):
            found.add(key)
            if key in entries:
                message = f"'{key}' is an id of this article and a key of {entries[key].span.path}"
                span = Span(manuscript.file, *places[0])
                problems.append(Problem("REF001", span, message, "rename one of them"))
        elif is_target(key) and key not in entries:
            found.add(key)
            like = did_you_mean(near(key, ids))
            hint = like or f"give the id to a figure, table, formula, or heading: {{#{key}}}"
            hint += " For a plain @, write \\@" if like else ", or write \\@ for a plain @"
            message = f"no figure, table, formula, section, or entry is named '{key}'"
            spans = (Span(manuscript.file, *place) for place in places)
            problems += [Problem("CIT001", span, message, hint) for span in spans]
    return found


_EXAMPLE = re.compile(r"(?m)^[ >]*\(@([\w-]+)\)(?=[ \t])")
"""The first line of a numbered example, whose name is not a key (Pandoc's manual)."""


def _located(manuscript: Manuscript) -> dict[str, list[tuple[int, int]]]:
    """Find where an article cites each key: in its body, and in `nocite`."""
    first, nocite = body_line(manuscript.text), manuscript.matter.nocite
    examples = set(_EXAMPLE.findall(manuscript.text))
    located = {
        key: [place for place in places if place[0] >= first or key in nocite]
        for key, places in locate_keys(manuscript.text).items()
        if key not in examples
    }
    return {key: places for key, places in located.items() if places}


def named(key: str, manuscript: Manuscript, root: Path) -> Span:
    """Return where a file is named: in the front matter, else in makebook.toml."""
    return manuscript.matter.origin.spans.get(key) or place_of(key, root)


def with_faces(
    document: Document, manuscript: Manuscript, root: Path, problems: list[Problem]
) -> Document:
    """Return a document with the faces for characters that the text fonts lack.

    Problems: TXT007 a character that no face has: it breaks PDF/A and PDF/UA and is not printed.
    TXT013 a face of this system is used.
    """
    texts = [unit.text for unit in head_units(document)]
    texts += ["".join(trees.texts(trees.parse(p.xhtml))) for p in document.parts]
    texts += [document.short, document.stamp, *document.labels.values()]
    texts += map(_drawn, document.images)
    sources = [(manuscript.file, manuscript.text)]
    sources += [(p.notice.file, p.notice.text) for p in document.placements]
    if document.imprint:
        file = document.imprint.file
        sources.append((file, read_text(root / file, file, []) or ""))
        texts += [value for _, value in document.contact]
    styles = Styles(root)
    text = "".join(texts)
    faces, absent = fallback.choose(text, styles, manuscript.matter.lang)
    for family in dict.fromkeys(face.family for face in faces if face.sha256):
        letters = fallback.used(faces, text, styles)[family]
        message = f"the font '{family}' of this system is used for {_quoted(letters)}"
        hint = "to build the same files on another machine, copy the font to styles/fonts"
        problems.append(Problem("TXT013", _place(letters, sources)[0], message, hint))
    while absent:
        span, here = _place(absent, sources)
        problems.append(_without_glyph(here, dict(sources).get(span.path, ""), span, styles))
        absent = "".join(c for c in absent if c not in here)
    return replace(document, faces=faces)


def _drawn(image: Image) -> str:
    """Return the text of a drawing that has characters beyond ASCII."""
    if image.media_type != "image/svg+xml" or (image.data.isascii() and b"&#" not in image.data):
        return ""
    return "".join(map(str, etree.fromstring(image.data, _PARSER).itertext("{*}text", "{*}tspan")))


def _place(characters: str, sources: Sequence[tuple[str, str]]) -> tuple[Span, str]:
    """Return where the first of some characters is, and those of them that are in that file."""
    for file, text in sources:
        if here := "".join(c for c in characters if c in text):
            at = min(text.find(c) for c in here)
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            return Span(file, line, column), here
    return Span(sources[0][0]), characters


def _without_glyph(characters: str, text: str, span: Span, styles: Styles) -> Problem:
    """Return the problem of a file's characters that no face has, with all their lines."""
    lines = text.split("\n")
    where = {c: [n for n, line in enumerate(lines, 1) if c in line] for c in characters}
    if len(characters) > _MANY:
        every = sorted({number for numbers in where.values() for number in numbers})
        named = f"{_quoted(characters)} ({_lines(every)})"
    else:
        named = "; ".join(f"'{c}' (U+{ord(c):04X}{_lines(where[c], ', ')})" for c in characters)
    count = counted(len(characters), "character")
    near = [f"'{n}' for '{c}'" for c in characters if (n := fallback.equivalent(c, styles))]
    hints = [f"write {', '.join(near)}"] if near else []
    other = [c for c in characters if not fallback.equivalent(c, styles)]
    if other:
        package = fallback.package(other)
        hints.append(f"install a font, in Debian with {package}" if package else "replace it")
        hints.append("put a font that has it into styles/fonts")
    return Problem("TXT007", span, f"no font has {count}: {named}", "; or ".join(hints))


def _quoted(characters: str) -> str:
    return f"'{' '.join(characters)}'"


def _lines(numbers: Sequence[int], before: str = "") -> str:
    """Return the numbers of lines in words: `lines 3, 7 to 9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    word = "line" if len(numbers) == 1 else "lines"
    return f"{before}{word} {', '.join(said)}" if said else ""


def source_date_epoch() -> datetime | None:
    """Read SOURCE_DATE_EPOCH, used for an article without dates (reproducible-builds.org)."""
    value = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not value:
        return None
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        hint = "set it to a whole number of seconds since 1970, or unset it"
        message = f"'{value}' is not a valid time"
        problem = Problem("SYS001", Span("SOURCE_DATE_EPOCH"), message, hint)
        raise ProblemsError([problem]) from None


@dataclass(frozen=True)
class Sources:
    """The current state of a project, from which any handout can be assembled."""

    project: Project
    notices: tuple[Notice, ...]
    problems: tuple[Problem, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the articles."""
        return tuple(name_of(path, self.project.root) for path in self.project.articles)

    @property
    def imprints(self) -> tuple[str, ...]:
        """The names of the imprints."""
        return tuple(path.stem for path in self.project.imprint_files)

    def assembled(self, name: str, imprint: str) -> Document:
        """Assemble an article from the current sources; an empty `imprint` means none.

        Raises:
            UnknownName: there is no such article or imprint.
            ProblemsError: the sources have errors.
        """
        found = dict(zip(self.names, self.project.articles, strict=True))
        if name not in found:
            raise UnknownName("article", name, nearest_article(name, found))
        if imprint and imprint not in self.imprints:
            raise UnknownName("imprint", imprint, nearest(imprint, self.imprints))
        problems = list(self.problems)
        own = read_imprint(imprint, self.project, problems) if imprint else None
        draft = read_draft(found[name], self.project, problems)
        if draft is None or (imprint and own is None):
            raise ProblemsError(problems)
        project = with_config_of(self.project, name)
        document = compose(draft, project, self.notices, own, problems)
        if any(problem.severity == ERROR for problem in problems):
            raise ProblemsError(problems)
        return document


def read_sources(root: Path) -> Sources:
    """Read a project without building anything.

    Raises:
        ProblemsError: makebook.toml is missing or not valid TOML.
    """
    problems: list[Problem] = []
    project = read_project(root, problems)
    return Sources(project, read_notices(project, problems), tuple(problems))
