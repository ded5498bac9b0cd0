"""The parts of several articles as those of one work: ids, headings, links, notices, pictures.

In: Documents in one language, whose citations are those of the whole work. Out: a section for each
article, the notices that they share, and the pictures. An id of an article gets its number in front
(`part-2-benefits`), citations are counted through, and headings move down one level. This module
must not know configuration or references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from urllib.parse import quote, unquote

from lxml import etree

from press.core import trees
from press.core.emoji import name_emoji
from press.core.formats import FORMATS, file_of
from press.core.model import CRISIS, Document, Image, Part, Place, Placement
from press.core.records import dataclass
from press.core.trees import Element, has_class, plain
from press.document import identity
from press.document.crosslinks import name_in_folder, path_of
from press.document.ranges import ends_of

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")
_CITATION = re.compile(r"cite-(\d+)")
_HEADINGS = ("h2", "h3", "h4", "h5")
_ID_LISTS = ("aria-labelledby", "aria-describedby", "headers")
"""Attributes with the ids of other elements."""
_COMMON = ("opening", "closing", "before-references")
"""Places of a notice that a collection has as well."""


@dataclass
class _Notice:
    """A notice with the same id and words in one article or several."""

    id: str
    """Its id in the whole work: notices with other words have others."""
    part: Part
    """The part of the article in which it occurs first: itself, or a section."""
    homes: set[int] = field(default_factory=set)
    """The numbers of the articles that have it."""
    done: bool = False


class Gathering:
    """The articles of a collection, in one work."""

    def __init__(self, pieces: Sequence[Document], alone: Sequence[Document]) -> None:
        """`alone` are the same Documents with citations of their own: they say what each is."""
        self.pieces, self.alone = pieces, alone
        self.trees = [
            [(part, trees.parse(part.xhtml)) for part in piece.parts if part.kind != "references"]
            for piece in pieces
        ]
        self.notices: dict[tuple[str, str], _Notice] = {}
        self.pictures: list[dict[str, str]] = []
        """For each article, its pictures that have other names in the whole work."""
        self._images = self._name_pictures()
        self._find_notices()
        ids = [self._new_ids(number) for number in range(len(pieces))]
        for number, parts in enumerate(self.trees):
            for _, tree in parts:
                self._adapt(tree, number, ids)
        self._hoisted = [(each, part) for each, part in self._hoist()]
        self._articles = [self._article(number) for number in range(len(pieces))]

    def images(self) -> tuple[Image, ...]:
        """Return the pictures of all articles."""
        return tuple(self._images.values())

    def articles(self) -> list[Part]:
        """Return a part for each article."""
        return self._articles

    def shared(self, place: Place, *, crisis: bool = False) -> list[Part]:
        """Return the notices of a place that belong to the whole: those for a crisis, or others."""
        found = [part for _, part in self._hoisted if part.place == place]
        return [part for part in found if (part.id in CRISIS and place.kind == "opening") == crisis]

    def ranges(self) -> list[tuple[int, int]]:
        """Return the numbers of the first and last reference of each range that is cited."""
        links = (
            a.get("href") or "" for p in self._articles for a in trees.parse(p.xhtml).iter("a")
        )
        return list(dict.fromkeys(ends for href in links if (ends := ends_of(href))))

    def placements(self) -> tuple[Placement, ...]:
        """Return where each notice is, and why."""
        found: dict[tuple[str, str, str], Placement] = {}
        for number, piece in enumerate(self.pieces):
            for each in piece.placements:
                notice, place = self._of(number, f"notice-{each.notice.id}"), each.place
                rule = each.rule
                if notice and place.kind != "every-page":
                    id_ = notice.id.removeprefix("notice-")
                    each = replace(each, notice=replace(each.notice, id=id_))
                    if not self._is_shared(notice):
                        rule = f"{rule}; in '{piece.matter.title}'"
                key = each.notice.id, str(place), each.notice.short if not notice else ""
                found.setdefault(key, replace(each, rule=rule))
        return tuple(found.values())

    def contents(self, id_: str, title: str) -> Part:
        """Return the list of the articles, with links to them."""
        section = _section(id_, "section contents", title)
        items = etree.SubElement(section, "ol", id=f"{id_}_list")
        for number, part in enumerate(self._articles, 1):
            item = etree.SubElement(items, "li", id=f"{id_}_{number}")
            etree.SubElement(item, "a", href=f"#{part.id}").text = part.title
        self._name(section)
        return Part(id_, "section", title, trees.serialize(section))

    def _name(self, section: Element) -> None:
        name_emoji(section, self.pieces[0].matter.lang)

    def _name_pictures(self) -> dict[str, Image]:
        """Give each picture a name of its own; equal ones share it."""
        found: dict[str, Image] = {}
        for number, piece in enumerate(self.pieces, 1):
            renamed: dict[str, str] = {}
            for image in piece.images:
                name = image.name
                if name in found and found[name].data != image.data:
                    name = f"part-{number}-{name.replace('/', '-')}"
                    renamed[image.name] = name
                found.setdefault(name, replace(image, name=name))
            self.pictures.append(renamed)
        return found

    def _find_notices(self) -> None:
        """Find which notices are the same: by their ids and words."""
        for number, parts in enumerate(self.trees):
            for part, tree in parts:
                for element in _notices_in(tree):
                    id_ = element.get("id") or ""
                    key = id_, _words(element)
                    if key not in self.notices:
                        taken = {notice.id for notice in self.notices.values()}
                        self.notices[key] = _Notice(trees.free_id(id_, taken), part)
                    self.notices[key].homes.add(number)
                    element.set("data-of", self.notices[key].id)

    def _is_shared(self, notice: _Notice) -> bool:
        """Say if a notice belongs to the whole work: it applies to every article, or to a crisis.

        After the last article, one that applies to some would seem to be about all.
        """
        place, every = notice.part.place, len(notice.homes) == len(self.pieces)
        return (every or notice.id in CRISIS) and place is not None and place.kind in _COMMON

    def _of(self, number: int, id_: str) -> _Notice | None:
        """Return the notice with an id in one of the articles."""
        mine = (n for (own, _), n in self.notices.items() if own == id_ and number in n.homes)
        return next(mine, None)

    def _new_ids(self, number: int) -> dict[str, str]:
        """Return the ids of an article, and what they are in the whole work."""
        before = sum(len(piece.clusters) for piece in self.pieces[:number])
        found: dict[str, str] = {}
        for _, tree in self.trees[number]:
            for element in tree.iter("*"):
                if not (id_ := element.get("id") or ""):
                    continue
                home = next(
                    (e for e in (element, *element.iterancestors()) if e.get("data-of")), None
                )
                if home is not None:
                    found[id_] = f"{home.get('data-of')}{id_[len(home.get('id') or '') :]}"
                elif cited := _CITATION.fullmatch(id_):
                    found[id_] = f"cite-{int(cited[1]) + before}"
                else:
                    found[id_] = f"part-{number + 1}-{id_}"
        return found

    def _adapt(self, tree: Element, number: int, ids: Sequence[Mapping[str, str]]) -> None:
        """Give ids, links, and pictures of an article the names that they have in the whole."""
        own, article = ids[number], self.pieces[number].name
        homes = {
            quote(file_of(piece.name, name)): n
            for n, piece in enumerate(self.pieces)
            for name in FORMATS
        }
        for element in tree.iter("*"):
            if id_ := element.get("id"):
                element.set("id", own[id_])
            for name in _ID_LISTS:
                if listed := element.get(name):
                    element.set(name, " ".join(own.get(id_, id_) for id_ in listed.split()))
            target = element.get("href") or ""
            file, mark, part = target.partition("#")
            if target.startswith("#"):
                element.set("href", f"#{own.get(target[1:], target[1:])}")
            elif target and not _ELSEWHERE.match(target):
                if (bound := name_in_folder(file, article)) in homes:
                    other = homes[bound]
                    element.set("href", f"#{ids[other].get(unquote(part), f'part-{other + 1}')}")
                else:  # the collection is in the output folder itself
                    element.set("href", f"{path_of(file, article)}{mark}{part}")
            if element.tag == "img" and (source := element.get("src")):
                element.set("src", self.pictures[number].get(source, source))

    def _hoist(self) -> Iterator[tuple[_Notice, Part]]:
        """Take the notices of the whole work out of the articles; yield each once.

        Any other notice of several articles stays in the first; the others link to it.
        """
        by = {notice.id: notice for notice in self.notices.values()}
        for number, parts in enumerate(self.trees, 1):
            for part, tree in list(parts):
                for element in _notices_in(tree):
                    notice = by[element.attrib.pop("data-of")]
                    whole, again = element is tree, notice.done
                    notice.done = True
                    if whole and self._is_shared(notice):
                        parts.remove((part, tree))
                        if not again:
                            xhtml = trees.serialize(tree)
                            yield notice, replace(part, id=notice.id, xhtml=xhtml)
                    elif again:
                        _link_instead(element, notice.id, f"part-{number}_{notice.id}")

    def _article(self, number: int) -> Part:
        """Return an article as a section that begins with what identifies it."""
        document, id_ = self.alone[number], f"part-{number + 1}"
        matter = document.matter
        section = _section(id_, "section bound", matter.title)
        lines = {
            "subtitle": matter.subtitle,
            "abstract": matter.abstract,
            "facts": " · ".join(document.facts),
            "identity": identity.stamp(matter, document.labels, document.hash, document.facts),
        }
        for name, words in lines.items():
            if words:
                line = etree.SubElement(section, "p", id=f"{id_}_{name}")
                line.set("class", name)
                line.text = words
        for _, tree in self.trees[number]:
            for heading in tree.iter(*_HEADINGS):
                heading.tag = f"h{int(str(heading.tag)[1]) + 1}"
            section.append(tree)
        self._name(section)
        return Part(id_, "section", matter.title, trees.serialize(section))


def _section(id_: str, classes: str, title: str) -> Element:
    section = etree.Element("section", id=id_)
    section.set("class", classes)
    section.set("aria-labelledby", f"{id_}_title")
    etree.SubElement(section, "h2", id=f"{id_}_title").text = title
    return section


def _notices_in(tree: Element) -> list[Element]:
    return [element for element in tree.iter("section") if has_class(element, "notice")]


def _words(element: Element) -> str:
    return " ".join("".join(trees.texts(element)).split())


def _link_instead(element: Element, target: str, id_: str) -> None:
    """Replace a notice that is printed elsewhere with a link to it."""
    title, tail = plain(element[0]), element.tail
    element.clear()
    element.tag, element.tail = "p", tail
    element.set("class", "see")
    element.set("id", id_)
    etree.SubElement(element, "a", href=f"#{target}").text = title
