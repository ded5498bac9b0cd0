"""The handouts of one folder, as its library page and its lists for programs show them.

In: the folder of the published files, and the entries of its manifest. Out: each handout with the
files that are there, and what is said of them. This module must not know pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from press.core.files import is_file
from press.core.labels import labels_for
from press.core.manifest import ArticleEntry, Shelved
from press.core.records import dataclass
from press.output.web.offers import Offer, downloads, offers


@dataclass(frozen=True)
class Shelf:
    """One library: what is in it, and what is said of it as a whole."""

    folder: Path
    entries: Mapping[str, Shelved]
    """What the manifest tells of each handout, by its name, and of each that is withdrawn."""
    lang: str
    clinic: str = ""
    """The name of the clinic whose library it is."""
    imprint: str = ""
    """The name of its imprint."""
    address: str = ""
    """Its web address; empty if it has none."""

    @property
    def title(self) -> str:
        """Its title, which is that of the page."""
        title = labels_for(self.lang)["library"]
        return f"{title} – {self.clinic}" if self.clinic else title

    @cached_property
    def handouts(self) -> dict[str, ArticleEntry]:
        """The handouts, each with its files that are there and not out of date.

        One without files is left out, and one that is withdrawn.
        """
        found: dict[str, ArticleEntry] = {}
        for name, entry in self.entries.items():
            if "because" in entry:  # it is withdrawn
                continue
            files = {
                file: facts
                for file, facts in entry["files"].items()
                if not facts.get("outdated") and is_file(f"{self.folder}/{file}")
            }
            if files:
                found[name] = {**entry, "files": files}
        return found

    @cached_property
    def offers(self) -> dict[str, list[Offer]]:
        """What is said of the files of each handout."""
        labels = labels_for(self.lang)
        return {
            name: offers(downloads(entry["files"], entry["editions"]), labels)
            for name, entry in self.handouts.items()
        }
