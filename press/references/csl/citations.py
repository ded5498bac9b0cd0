"""Citations: from keys to numbers or names in the text, and the references page.

In: clusters in the order of the text, the bibliography, a citation style. Out: `Citations`.
This module must not know Markdown, documents, or formats. The citation processor is reached only
through `engine`, which is imported when there is something to format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from press.core.model import Citations, Cluster, Entry, Reference
from press.core.problems import Problem, ProblemsError, Span
from press.references.csl.files import find_style, read_style
from press.references.keys import EVERYTHING
from press.references.works import work_of

if TYPE_CHECKING:
    from press.references.csl.engine import Engine

__all__ = ["find_style", "format_citations", "ref_id"]

_BROKEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""The exceptions that arise if a style is not valid CSL."""


def ref_id(key: str) -> str:
    """Return the id of an entry on the references page; different keys have different ids."""
    return "ref-" + "".join(
        c if (c.isascii() and c.isalnum()) or c in "_-" else f".{ord(c):x}." for c in key
    )


def format_citations(
    clusters: Sequence[Cluster],
    entries: Mapping[str, Entry],
    style: Path | str,
    lang: str,
    nocite: Sequence[str] = (),
) -> Citations:
    """Format every citation of an article, and its references page.

    Args:
        clusters: The citations, in the order of the text.
        entries: The bibliography; a key it lacks is printed with a question mark.
        style: The CSL file, as `find_style` returns it.
        lang: The language of the article, such as `en-GB`.
        nocite: Keys to print without citing them; `*` prints all.

    Raises:
        ProblemsError: If the style cannot be read, or fails.
    """
    if not clusters and not nocite:
        return Citations((), ())
    cited = {key: entries[key] for key in _cited(clusters, entries, nocite)}
    try:
        data = read_style(Path(style))
    except OSError:
        data = b""
    # The next build usually has the same citations, so the last result is kept.
    state = repr(
        (clusters, [(e.key, e.csl, e.evidence) for e in cited.values()], style, lang, data)
    )
    if state not in _FORMATTED:
        found = _format(clusters, cited, Path(style), lang)
        _FORMATTED.clear()
        _FORMATTED[state] = found
    return _FORMATTED[state]


_FORMATTED: dict[str, Citations] = {}
"""The last result, by everything that determines it."""


def _format(
    clusters: Sequence[Cluster], entries: Mapping[str, Entry], style: Path, lang: str
) -> Citations:
    from press.references.csl.disambiguate import disambiguate
    from press.references.csl.engine import Engine, StyleError

    try:
        engine = Engine(style, lang)
        for key, entry in entries.items():
            engine.add(key, entry.csl)
        engine.sort()
        disambiguate(engine)
        marks = tuple(_marks(clusters, engine))
        references = tuple(_references(engine, entries))
    except (StyleError, *_BROKEN) as error:
        message = f"the citation style '{style.name}' cannot be used: {error}"
        hint = "use a style from https://citationstyles.org, or the name of a built-in style"
        raise ProblemsError([Problem("CIT004", Span(str(style)), message, hint)]) from error
    return Citations(marks, references, engine.numeric, engine.superscript)


def _cited(
    clusters: Iterable[Cluster], entries: Mapping[str, Entry], nocite: Iterable[str]
) -> list[str]:
    """List the keys to print, each once, in the order of the text."""
    keys = [cite.key for cluster in clusters for cite in cluster.cites]
    for key in nocite:
        keys += list(entries) if key == EVERYTHING else [key]
    return [key for key in dict.fromkeys(keys) if key in entries]


def _marks(clusters: Iterable[Cluster], engine: Engine) -> list[str]:
    from press.references.csl.clusters import render_clusters

    return render_clusters(clusters, engine, lambda key: "#" + ref_id(key))


def _references(engine: Engine, entries: Mapping[str, Entry]) -> Iterable[Reference]:
    from press.references.csl.markup import finish, to_xhtml

    for number, (key, made) in enumerate(engine.rendered_entries(), 1):
        fields = engine.items[key].fields
        text = finish(made.text or engine.items[key].in_short, engine.finishing)
        identifiers: tuple[str, ...] = ("DOI", "URL", "PMID", "PMCID")
        unprinted = {
            name: fields[name]
            for name in identifiers
            if name in fields and name not in made.printed
        }
        text = _append(text, unprinted, has_doi="DOI" in fields)
        entry = entries[key]
        work = work_of(entry.csl)
        yield Reference(key, number, to_xhtml(text).strip(), entry.evidence, work)


def _append(text: str, unprinted: Mapping[str, str], *, has_doi: bool) -> str:
    """Append to an entry the identifiers that the style does not print."""
    from press.references.csl.markup import CLOSE, DOI, PMCID, PMID, URL, link, strip

    marks = {"DOI": ("doi:", DOI), "URL": ("", URL), "PMID": ("PMID: ", PMID),
             "PMCID": ("PMCID: ", PMCID)}  # fmt: skip
    extras = [
        marks[name][0] + link(marks[name][1], value)
        for name, value in unprinted.items()
        if not (name == "URL" and has_doi)
    ]
    if not extras:
        return text
    text = text.rstrip(";,: ")
    bare = strip(text)
    ends_with_link = text.endswith(CLOSE) and re.search(
        r"(?:doi\S*|https?://\S*)$", bare, re.IGNORECASE
    )
    full_stop = "" if not bare or bare[-1] in ".?!" or ends_with_link else "."
    return f"{text}{full_stop} {'; '.join(extras)}".strip()
