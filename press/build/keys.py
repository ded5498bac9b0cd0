"""What the outputs of each article depend on, in one hash for each article and issue.

In: the files of a project as they are now, and the manifest's entry of an article. Out: its key: if
it is as recorded, the article need not be read. A notice that an article does not use counts by its
front matter, whose rules decide whether it applies; a bibliography by the entries that are cited;
makebook.toml by its values. A file of which a warning or a due date tells counts as a whole, for
the sake of the line numbers. This module must not know how files are made, or what was published.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from press.build.inputs import program_digest
from press.core import gate, guarded, limits
from press.core.files import (
    article_files,
    by_name,
    default_folder,
    files_below,
    imprint_files,
    names_below,
)
from press.core.hashing import FileDigests, digest, json_digest
from press.core.manifest import ArticleEntry, FileEntry, ProblemEntry, linked_of

if TYPE_CHECKING:
    from press.core.model import Entry
    from press.core.problems import Problem
    from press.source.mentions import Mentions

TOML = "makebook.toml"
COLLECTIONS = "collections"
"""The table of makebook.toml that counts only for collections."""
UNCITED = "CIT002"
"""The warning that `uncited` repeats; what it tells of counts for no output."""
_FRONT = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*\r?$", re.S | re.M)
_ORIGINS = "sources.toml"
_Bibliography = tuple["Mapping[str, Entry]", "list[Problem]"]


class Keys:
    """The keys of a run: every file counts as it was when the run began."""

    def __init__(self, root: Path, engine: Mapping[str, str], digests: FileDigests) -> None:
        """`engine` is what `stale.versions` returns."""
        self.root, self.engine, self.digests = root, engine, digests
        self.articles = by_name(article_files(root), root)
        """The articles by their names, in order; `names` has those of the collections as well."""
        self._rules: dict[str, str] = {}
        self._bibliographies: dict[tuple[str, ...], _Bibliography] = {}
        self._issues: dict[str, tuple[str, str]] = {}
        source = root / "source"
        skip = len(str(root)) + 1
        every = sorted(names_below(source))
        self.files = {path[skip:].replace(os.sep, "/"): Path(path) for path in every}
        """Every file below source/, by its name in the project."""
        self.notices = self._in("source/disclaimers", ".md")
        self.data = self._in("source/disclaimers", ".toml")

    def _in(self, folder: str, ending: str) -> dict[str, Path]:
        """Return the files of a folder that are not hidden."""
        return {
            name: path
            for name, path in self.files.items()
            if name.endswith(ending)
            and name.rpartition("/")[0] == folder
            and not path.name.startswith(".")
        }

    def read_all(self) -> None:
        """Take the digest of every file, so that one that is edited meanwhile counts as before."""
        for path in self.files.values():
            self.digests[path]
        for name, path in self.notices.items():
            self._rule(name, path)
        self.digests[self.root / TOML]
        self._of_all  # noqa: B018 - it is kept

    @cached_property
    def _styles(self) -> dict[str, str]:
        folders = {"styles": self.root / "styles", "default": default_folder()}
        return {
            f"{label}:{str(path)[len(str(folder)) + 1 :]}": self.digests[path]
            for label, folder in folders.items()
            for path in files_below(folder)
        }

    @cached_property
    def _of_all(self) -> tuple[str, str]:
        """What every article depends on, and what is checked once for all of them."""
        data = {name: self.digests[path] for name, path in self.data.items()}
        origins = {n: self.digests[p] for n, p in self.files.items() if n.endswith(_ORIGINS)}
        look = [
            self.engine,
            program_digest(),
            os.environ.get("SOURCE_DATE_EPOCH", ""),
            self._styles,
        ]
        notices = {name: self.digests[path] for name, path in self.notices.items()}
        names = [f"{name}.md" for name in self.articles]
        toml = self.digests[self.root / TOML]
        return (
            json_digest([look, data, origins, self._values]),
            json_digest([look, data, toml, notices, names]),
        )

    def recall(self, told: Mapping[str, ArticleEntry]) -> None:
        """Take what articles mention from a manifest, if their text is unchanged; read the others.

        `told` has the entries of those that are unchanged.
        """
        from press.source import mentions

        for name, entry in told.items():
            if "mentioned" in entry:
                names = entry.get("bibliographies")
                mentions.remember(self.articles[name], entry["mentioned"], names)
        self.mentions  # noqa: B018 - it is kept

    @cached_property
    def mentions(self) -> str:
        """The digest of what all articles cite: it decides which entries are idle."""
        return self._mentions.digest()

    @cached_property
    def _mentions(self) -> Mentions:
        from press.core.model import Config
        from press.source.mentions import Mentions
        from press.source.project import read_config

        texts = tuple(self.articles.values())
        config = read_config(self.root, []) if self._table is not None else Config()
        return Mentions(self.root, texts, config)

    @cached_property
    def _table(self) -> dict[str, Any] | None:
        from press.source.project import read_table

        return read_table(self.root)

    @property
    def _values(self) -> str:
        """Return the values of makebook.toml, without its comments and its collections."""
        if self._table is None:
            return self.digests[self.root / TOML]
        # In the order of the file, which is that of editions and of required notices.
        values = {key: value for key, value in self._table.items() if key != COLLECTIONS}
        return json.dumps(values, default=str)

    @cached_property
    def collections(self) -> tuple[str, ...]:
        """The names of the collections."""
        from press.source.collections import names_in

        return names_in(self._table or {})

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the articles, then those of the collections."""
        return tuple(dict.fromkeys((*self.articles, *self.collections)))

    def _issue(self, issue: str) -> tuple[str, str]:
        """Return what `_of_all` does, with the files of an imprint."""
        if issue not in self._issues:
            files = {name: self.digests[path] for name, path in self._of_imprint(issue).items()}
            names = [path.name for path in imprint_files(self.root)] if issue else []
            common, project = self._of_all
            more = [issue, files, names]
            self._issues[issue] = json_digest([common, more]), json_digest([project, more])
        return self._issues[issue]

    def of_article(self, name: str) -> str:
        """Return the digest of the file of an article; empty if there is none."""
        file = f"source/{name}.md"
        return self.digests[self.files[file]] if file in self.files else ""

    def now(self, file: str) -> str:
        """Return the digest of a file of the project, by its name there."""
        return self.digests[self.files.get(file) or self.root / file]

    def common(self, issue: str) -> str:
        """Return the hash of what every article of an issue depends on."""
        return self._issue(issue)[0]

    def common_files(self, issue: str) -> list[Path]:
        """Return the files that `common` covers, and the notices."""
        return [*self._common_files, *self._of_imprint(issue).values()]

    def _of_imprint(self, issue: str) -> dict[str, Path]:
        """Return the files of an imprint by their names; none without an imprint."""
        own = f"source/imprints/{issue}"
        return {
            name: path
            for name, path in (self.files.items() if issue else ())
            if name == f"{own}.toml" or name.startswith(f"{own}/")
        }

    @cached_property
    def _common_files(self) -> list[Path]:
        styles = (self.root / "styles", default_folder())
        origins = [path for name, path in self.files.items() if name.endswith(_ORIGINS)]
        return [
            self.root / TOML,
            *self.notices.values(),
            *self.data.values(),
            *origins,
            *(path for folder in styles for path in files_below(folder)),
        ]

    def project(self, issue: str) -> str:
        """Return the hash of the files that are checked once for all articles of an issue."""
        return self._issue(issue)[1]

    def key(self, issue: str, entry: ArticleEntry) -> str:
        """Return the hash of what the files of an article depend on now, by its entry."""
        told = {
            kept["place"][0]
            for kept in (*entry["warnings"], *entry["due"])
            if kept["code"] != UNCITED
        }
        # Some warnings name the place of an entry in their words.
        told |= {
            name
            for name in entry.get("bibliography", ())
            if any(name in f"{w['message']} {w['hint']}" for w in entry["warnings"]
                   if w["code"] != UNCITED)
        }  # fmt: skip
        used = {notice["file"] for notice in entry["notices"]} | told
        cited = set(entry.get("bibliography", ())) - told
        found = {
            name: self.now(name)
            for name in entry["sources"]
            if name not in self.notices
            and name not in self.data
            and name not in cited
            and (name != TOML or TOML in told)
        }
        if "parts" in entry:
            found[COLLECTIONS] = json.dumps((self._table or {}).get(COLLECTIONS, {}), default=str)
        for name, path in self.notices.items():
            found[name] = self.digests[path] if name in used else self._rule(name, path)
        # A file that is copied into the folder `files` would take the place of one from elsewhere.
        taken = [
            name
            for name, linked in linked_of(entry).items()
            if linked["file"] != f"source/{name}" and f"source/{name}" in self.files
        ]
        # A bibliography or style in the article's folder is used before one in the project's.
        texts = [n for n in entry["sources"] if n.startswith("source/") and n.endswith(".md")]
        homes = sorted({name.rpartition("/")[0] for name in texts})
        near = [f for home in homes for n in entry["sources"] if (f := f"{home}/{n}") in self.files]
        return json_digest([self._issue(issue)[0], found, self._cited(entry), taken, near])

    def locked(
        self, issue: str, name: str, entry: ArticleEntry, cites: Sequence[str], cited: str
    ) -> ArticleEntry:
        """Return the entry of a work that was just made, with its key.

        `cites` are the keys that it cites, `cited` is the digest of their entries.
        """
        from press.source.mentions import recorded

        entry = {**entry, "cites": list(cites), "cited": cited, "mentions": self.mentions}
        if name in self.articles:
            entry["mentioned"], names = recorded(self.articles[name])
            if names is not None:
                entry["bibliographies"] = names
        key = self.key(issue, entry)
        files: dict[str, FileEntry] = {n: {**f, "key": key} for n, f in entry["files"].items()}
        return {**entry, "files": files, "project": self.project(issue)}

    def _rule(self, name: str, path: Path) -> str:
        """Return a digest of the front matter of a notice."""
        if name not in self._rules:
            try:
                front = _FRONT.match(gate.read(path))
            except (OSError, ValueError):
                front = None
            self._rules[name] = digest(front[0]) if front else self.digests[path]
        return self._rules[name]

    def _cited(self, entry: ArticleEntry) -> str:
        """Return the digest of the entries that an article cites; read only if their file moved."""
        if not self._moved(entry):
            return entry.get("cited", "")
        from press.references.bibliography import digest_of

        entries, problems = self._bibliography(entry)
        return digest_of(entries, problems, set(entry.get("cites", [])))

    def _moved(self, entry: ArticleEntry) -> bool:
        files, before = entry.get("bibliography", []), entry["sources"]
        return any(self.now(name) != before.get(name) for name in files)

    def _bibliography(self, entry: ArticleEntry) -> _Bibliography:
        names = tuple(entry.get("bibliography", []))
        if names not in self._bibliographies:
            there = [(self.root / name, name) for name in names if (self.root / name).is_file()]
            work = [(there, limits.allowance(0, 1, limits.NO_LIMITS, limits.NO_LIMITS))]
            with guarded.begun(_read, work, 1, lambda _item, _end: None) as done:
                self._bibliographies[names] = next(done) or ({}, [])
        return self._bibliographies[names]

    def warnings(
        self, name: str, entry: ArticleEntry, kept: Callable[[Problem], ProblemEntry]
    ) -> list[ProblemEntry]:
        """Return the warnings of an article that is kept, with today's about uncited entries."""
        files = entry.get("bibliography", [])
        if not self._moved(entry) and (not files or entry.get("mentions") == self.mentions):
            return entry["warnings"]
        from press.references.keys import uncited

        said = [
            each
            for each in entry["warnings"]
            if each["code"] != UNCITED or each["place"][0] not in files
        ]
        entries, _ = self._bibliography(entry)
        others = partial(self._mentions.others, self.root / "source" / f"{name}.md")
        idle = uncited(entries, set(entry.get("cites", [])), others)
        return said + [kept(problem) for problem in idle]


def _read(files: Sequence[tuple[Path, str]]) -> _Bibliography | None:
    """Read bibliographies, in a process with limits; None if that fails: the article reports it."""
    from press.references.bibliography import read_bibliography

    problems: list[Problem] = []
    try:
        return read_bibliography(files, problems), problems
    except Exception:  # noqa: BLE001 - reported when the article is read
        return None
