"""A collection: several articles bound in one work, with common references and notices.

In: the articles of a collection, each read and composed as by itself. Out: one `Document`, in which
each article is a section, a notice that several articles share is printed once, and the citation
style numbers the references through. This module must not know any renderer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from press.core import trees
from press.core.files import beside
from press.core.formats import address_of, base_name
from press.core.labels import spell_date
from press.core.model import (
    Bound,
    Citations,
    Cluster,
    Collection,
    Config,
    Document,
    Imprint,
    Linked,
    Notice,
    Part,
    Place,
    Project,
)
from press.core.nearest import nearest
from press.core.problems import ERROR, Problem, ProblemsError, UnknownName
from press.core.records import dataclass
from press.document import identity
from press.document.assemble import references_part
from press.document.compose import Draft, Sources, compose, read_draft, with_faces
from press.document.gathering import Gathering
from press.references.beside import finished
from press.references.csl.citations import find_style, format_citations
from press.references.merging import joined
from press.source.collections import bound_config, matter_of
from press.source.groups import with_config_of
from press.source.imprints import read_imprint
from press.source.placeholders import Placeholders
from press.source.project import effective

CONTENTS = "contents"
"""The id of the part that lists the articles: an e-book has a table of contents of its own."""


@dataclass(frozen=True)
class Volume:
    """A collection, bound, and the articles as they are by themselves."""

    document: Document
    articles: tuple[tuple[Path, Document], ...]


def without_contents(document: Document) -> Document:
    """Return a document without the list of its articles, as an e-book needs it."""
    parts = tuple(part for part in document.parts if not document.bound or part.id != CONTENTS)
    return document if parts == document.parts else replace(document, parts=parts)


def bind(
    collection: Collection,
    project: Project,
    notices: Sequence[Notice],
    imprint: Imprint | None,
    problems: list[Problem],
) -> Volume | None:
    """Read, compose, and bind the articles of a collection, for an imprint or without one.

    Returns None if it cannot be bound. `problems` may contain those of other files.

    Problems: COL001 the articles are not in one language, or nothing is to be made of them; those
    of the collection itself and of each article.
    """
    before = len(problems)
    problems += collection.problems
    config = effective(project.config, imprint)
    if not bound_config(config).formats and not collection.problems:
        message = f"collection '{collection.name}' is made as PDF and EPUB, but 'formats' has none"
        hint = 'add "pdf" or "epub" to formats, or delete the collection'
        problems.append(Problem("COL001", collection.span, message, hint))
    if _has_errors(problems[before:]):
        return None
    drafts = [read_draft(path, project, problems) for path in collection.articles]
    read = [draft for draft in drafts if draft]
    if len(read) < len(drafts) or _has_errors(problems[before:]):
        return None
    problems += _drafts(collection, read)
    projects = [with_config_of(project, draft.manuscript.name) for draft in read]
    each = list(zip(read, projects, strict=True))
    alone = [compose(draft, own, notices, imprint, problems) for draft, own in each]
    languages: dict[str, str] = {}
    for document, place in zip(alone, collection.places, strict=True):
        if languages and document.matter.lang not in languages:
            other, name = next(iter(languages.items()))
            message = f"collection '{collection.name}' has articles in several languages: "
            message += f"'{name}' in {other} and '{document.name}' in {document.matter.lang}"
            hint = "bind the articles of each language in a collection of their own"
            problems.append(Problem("COL001", place, message, hint))
        languages.setdefault(document.matter.lang, document.name)
    if _has_errors(problems[before:]):
        return None
    citations, cited = _cited_together(collection, read, config, project.root)
    unheard: list[Problem] = []  # the same as before
    again = list(zip(cited, projects, strict=True))
    pieces = [compose(draft, own, notices, imprint, unheard) for draft, own in again]
    document = _bound(collection, alone, pieces, citations, config, project)
    document = with_faces(document, read[0].manuscript, project.root, unheard)
    return Volume(document, tuple(zip(collection.articles, alone, strict=True)))


def names_of(sources: Sources) -> tuple[str, ...]:
    """Return the names of a project's articles, then those of its collections."""
    return (*sources.names, *(each.name for each in sources.project.collections))


def assembled(sources: Sources, name: str, imprint: str) -> Document:
    """Assemble an article or a collection from the current sources; '' means none.

    Raises:
        UnknownName: there is no such article or imprint.
        ProblemsError: the sources have errors.
    """
    project = with_config_of(sources.project, name)
    collection = next((each for each in project.collections if each.name == name), None)
    if collection is None or name in sources.names:
        return sources.assembled(name, imprint)
    if imprint and imprint not in sources.imprints:
        raise UnknownName("imprint", imprint, nearest(imprint, sources.imprints))
    problems = list(sources.problems)
    own = read_imprint(imprint, project, problems) if imprint else None
    volume = bind(collection, project, sources.notices, own, problems)
    if volume is None or _has_errors(problems):
        raise ProblemsError(problems)
    return volume.document


def _drafts(collection: Collection, read: Sequence[Draft]) -> Iterator[Problem]:
    """Yield a problem for each article that is a draft: its words may still change."""
    for draft, place in zip(read, collection.places, strict=True):
        manuscript = draft.manuscript
        if manuscript.matter.status == "draft":
            message = f"'{manuscript.name}' is a draft, so collection '{collection.name}' "
            hint = f"remove it from the list, or delete 'status: draft' in {manuscript.file}"
            yield Problem("COL001", place, f"{message}cannot be bound", hint)


def _has_errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == ERROR for problem in problems)


def _cited_together(
    collection: Collection, drafts: Sequence[Draft], config: Config, root: Path
) -> tuple[Citations, list[Draft]]:
    """Format the citations of all articles as those of one; return each article with its own.

    The style is that of the articles, if they share one, else the project's.

    Raises:
        ProblemsError: the style cannot be used (CIT004).
    """
    entries, renamed = joined([draft.entries for draft in drafts])
    clusters = [
        tuple(_renamed(cluster, keys) for cluster in draft.manuscript.clusters)
        for draft, keys in zip(drafts, renamed, strict=True)
    ]
    matters = [draft.manuscript.matter for draft in drafts]
    styles = {matter.csl for matter in matters}
    name = (styles.pop() if len(styles) == 1 else "") or config.csl
    folders = collection.articles[0].parent, root
    home = beside(name, folders).parent if name.endswith(".csl") else root
    try:
        style = find_style(name, home, collection.span)
        every = tuple(cluster for own in clusters for cluster in own)
        made = format_citations(every, entries, style, matters[0].lang, tuple(entries))
    except ProblemsError as error:
        found = [replace(problem, span=collection.span) for problem in error.problems]
        raise ProblemsError(found) from error
    made = finished(made, entries)
    again, start = [], 0
    for draft, own in zip(drafts, clusters, strict=True):
        marks = made.marks[start : start + len(own)]
        manuscript = replace(draft.manuscript, clusters=own)
        again.append(replace(draft, manuscript=manuscript, citations=replace(made, marks=marks)))
        start += len(own)
    return made, again


def _renamed(cluster: Cluster, keys: Mapping[str, str]) -> Cluster:
    cites = (replace(cite, key=keys.get(cite.key, cite.key)) for cite in cluster.cites)
    return replace(cluster, cites=tuple(dict.fromkeys(cites)))


def _bound(
    collection: Collection,
    alone: Sequence[Document],
    pieces: Sequence[Document],
    citations: Citations,
    config: Config,
    project: Project,
) -> Document:
    """Return the whole work; `pieces` have the citations of the whole, `alone` their own."""
    first, matter = alone[0], matter_of(collection, [each.matter for each in alone])
    gathered = Gathering(pieces, alone)
    clusters = tuple(cluster for piece in pieces for cluster in piece.clusters)
    parts = list(_in_order(gathered, first.labels))
    if citations.references:
        places = _places(clusters)
        parts.append(
            references_part(citations, places, gathered.ranges(), first.labels, first.direction)
        )
    unknown, day = first.labels["not-reviewed"], matter.reviewed  # each article says by whom
    reviewed = f"{first.labels['reviewed']} {spell_date(day, matter.lang)}" if day else ""
    facts = identity.facts(matter, first.labels, brief=True)
    facts = tuple(filter(None, (reviewed if fact == unknown else fact for fact in facts)))
    dated = [each.modified for each in alone if each.dated]
    document = replace(
        first,
        name=collection.name,
        matter=matter,
        parts=tuple(parts),
        short=_short(pieces, config, project),
        facts=facts,
        address=address_of(config.address, collection.name, bound_config(config).formats),
        placements=gathered.placements(),
        references=citations.references,
        images=gathered.images(),
        source=(f"{collection.name}.md", b"".join(each.source[1] for each in alone)),
        modified=max(dated, default=first.modified),
        dated=bool(dated),
        due=tuple(dict.fromkeys(due for each in alone for due in each.due)),
        linked=_linked(alone),
        clusters=clusters,
        bound=tuple(map(_identity, alone, _source_names(alone))),
    )
    digest = identity.content_hash(document)
    stamp = identity.stamp(matter, first.labels, digest)
    return replace(document, hash=digest, stamp=stamp)


def _in_order(gathered: Gathering, labels: Mapping[str, str]) -> Iterator[Part]:
    """Yield the parts, except the references: where to call in a crisis comes first of all."""
    yield from gathered.shared(Place("opening"), crisis=True)
    yield gathered.contents(CONTENTS, labels["contents"])
    yield from gathered.shared(Place("opening"))
    yield from gathered.articles()
    yield from gathered.shared(Place("closing"))
    yield from gathered.shared(Place("before-references"))


def _places(clusters: Sequence[Cluster]) -> dict[str, list[str]]:
    """Return the ids of the citations of each key, in reading order."""
    places: dict[str, list[str]] = {}
    for number, cluster in enumerate(clusters, 1):
        for key in dict.fromkeys(cite.key for cite in cluster.cites):
            places.setdefault(key, []).append(f"cite-{number}")
    return places


def _short(pieces: Sequence[Document], config: Config, project: Project) -> str:
    """Return the short disclaimer of every page: that of each article, nothing twice."""
    said = []
    for piece in pieces:
        clinic = piece.imprint.clinic if piece.imprint else {}
        words = Placeholders(piece.matter, config, project.data, clinic, piece.labels)
        notices = [p.notice for p in piece.placements if p.place == Place("every-page")]
        said += [words.fill_text(notice.short) for notice in notices]
    return " ".join(dict.fromkeys(said))


def _linked(alone: Sequence[Document]) -> tuple[Linked, ...]:
    found = {linked.name: linked for document in alone for linked in document.linked}
    return tuple(found[name] for name in sorted(found))


def _source_names(alone: Sequence[Document]) -> list[str]:
    """Return a name for the source of each article; those in several folders may share one."""
    names: list[str] = []
    for document in alone:
        names.append(trees.free_id(base_name(document.name), names))
    return [f"{name}.md" for name in names]


def _identity(document: Document, source: str) -> Bound:
    matter = document.matter
    day = document.modified[:10] if document.dated else ""
    return Bound(
        document.name,
        matter.title,
        matter.identifier,
        matter.version,
        document.hash,
        day,
        (source, document.source[1]),
    )
