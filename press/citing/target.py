"""The bibliography to which entries are added: that of an article, or of the project.

In: a project, and the name of an article, if any. Out: a file, and the files that it stands beside.
This module must not know entries.
"""

from __future__ import annotations

from pathlib import Path

from press.core.files import article_name, beside, name_of, read_text, shown
from press.core.model import Project
from press.core.nearest import nearest_article
from press.core.problems import Problem, Refused, UnknownName
from press.core.records import dataclass
from press.source.citation_syntax import locate_keys
from press.source.front_matter import inline_references, read_matter, split

NEW_FILE = "references.bib"


class NoTarget(Refused):
    """A request that does not say which bibliography is meant."""


@dataclass(frozen=True)
class Article:
    """What `makebook cite` reads of an article."""

    name: str
    file: str
    text: str
    bibliography: tuple[Path, ...]
    csl: str
    lang: str
    inline: str
    """Its front matter, if it has entries of its own."""

    def places(self) -> dict[str, list[tuple[int, int]]]:
        """Return where it cites each key."""
        return locate_keys(self.text)


@dataclass(frozen=True)
class Target:
    """A bibliography file, which may not exist yet, and how its references are printed."""

    path: Path
    beside: tuple[Path, ...]
    """Every file of the same bibliography."""
    csl: str
    lang: str
    hint: str = ""
    """What the author has to write for the file to be used."""


def read_articles(project: Project) -> list[Article]:
    """Read the articles of a project, as far as citations need it."""
    unheard: list[Problem] = []
    config, found = project.config, []
    for path in project.articles:
        file = shown(path, project.root)
        text = read_text(path, file, unheard)
        if text is None:
            continue
        fields, _, _ = split(text, file, unheard)
        matter = read_matter(fields, config.lang, unheard, config.article)
        names = matter.bibliography or config.bibliography
        paths = tuple(beside(name, (path.parent, project.root)) for name in names)
        inline = inline_references(text) if "references" in fields.values else ""
        csl, lang = matter.csl or config.csl, matter.lang
        found.append(Article(name_of(path, project.root), file, text, paths, csl, lang, inline))
    return found


def meant(articles: list[Article], wanted: str) -> list[Article]:
    """Return the article with this name; all of them if it is empty.

    Raises:
        UnknownName: There is no such article.
    """
    if not wanted:
        return articles
    names = [article.name for article in articles]
    name = article_name(wanted, names)
    found = [article for article in articles if article.name == name]
    if not found:
        raise UnknownName("article", name, nearest_article(name, names))
    return found


def find_target(project: Project, articles: list[Article], wanted: str) -> Target:
    """Return the bibliography that is meant: the first of the article, else of all articles.

    Raises:
        UnknownName: There is no such article.
        NoTarget: The articles have different bibliographies, and none is named.
    """
    articles = meant(articles, wanted)
    every = {article.bibliography: article for article in articles if article.bibliography}
    firsts = {paths[0]: article for paths, article in every.items()}
    if len(firsts) > 1:
        hint = f"name one: --article {next(iter(firsts.values())).name}"
        raise NoTarget("the articles of this project have different bibliographies", hint)
    if firsts:
        article = next(iter(every.values()))
        together = tuple(dict.fromkeys(path for paths in every for path in paths))
        return Target(together[0], together, article.csl, article.lang)
    config = project.config
    path = project.root / "source" / NEW_FILE
    if config.bibliography:
        path = beside(config.bibliography[0], (path.parent, project.root))
        return Target(path, (path,), config.csl, config.lang)
    hint = f"write `bibliography: {NEW_FILE}` in the front matter of "
    if len(articles) != 1:
        return Target(path, (path,), config.csl, config.lang, f"{hint}an article")
    one = articles[0]
    path = (project.root / one.file).parent / NEW_FILE
    return Target(path, (path,), one.csl, one.lang, f"{hint}{one.file}")
