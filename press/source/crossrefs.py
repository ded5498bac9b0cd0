"""Cross-references: `[@fig:one]` becomes "Figure 1", a link to that figure.

In: the tree of an article with captions and figures, in which citations are tokens, and their
clusters. Out: the same tree; tokens whose keys are ids of the article are links, formulas with an
id have numbers, and so have the captions of the kinds that are referred to. An id is a target if it
begins with `fig`, `tbl`, `tab`, `eq`, or `sec` and a colon (pandoc-crossref) or a hyphen (Quarto),
so that the id of a heading is never taken for the key of a citation. This module must not know
bibliographies or formats.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from lxml import etree

from press.core import trees
from press.core.model import Cite, Cluster
from press.core.records import dataclass
from press.core.trees import CITE, Element, has_class, text_runs

Kind = Literal["fig", "tbl", "eq", "sec"]
Report = Callable[[str, str, int, str, str], None]
"""Called with a problem's code, the key, how many times it came before, the message, the hint."""

_KEY = re.compile(r"(fig|tbl|tab|eq|sec)[:-].")
_BRACES = re.compile(r"\s*\{(?=[#.][^\s{}#.])([^{}]*)\}\s*\Z")
"""An id and classes at the end of a caption: `Table: Doses {#tbl:doses .short}`."""
_NAMED = re.compile(
    r"(fig(ure|s|ures)?|tab(le|les|s)?|tbls?|eq(s|ns?|uations?)?|sec(tion|tions|s|t)?)\.?", re.I
)
"""Words before a key that stand for the label: `[Fig. @fig:one]`."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NUMBER = "equation-number"
"""The class of the number beside a formula."""
_HOLDS = {"fig": "figure", "tbl": "table"}
_NOUNS = {
    "fig": "figure", "tbl": "table", "eq": "formula on a line of its own", "sec": "heading",
}  # fmt: skip


def id_of(key: str, ids: Mapping[str, object]) -> str:
    """Return the id that a key names, which may begin with a capital; empty without one."""
    small = key[:1].lower() + key[1:]
    found = key if key in ids else small
    return found if found in ids and is_target(found) else ""


def is_target(id_: str) -> bool:
    """Say if an id is that of a figure, table, formula, or section that can be referred to."""
    return _KEY.match(id_) is not None


def referred(body: Element) -> set[str]:
    """Return the ids that cross-references of an article lead to."""
    links = (a for a in body.iter("a") if trees.has_class(a, "xref"))
    return {(link.get("href") or "")[1:] for link in links}


def resolve(
    body: Element, clusters: Sequence[Cluster], labels: Mapping[str, str], report: Report
) -> None:
    """Turn the tokens of cross-references into links, and number formulas and captions.

    Problems: REF002 the target has no number or title, REF003 a cross-reference that cannot be
    read.
    """
    _take_ids(body)
    ids = {id_: e for e in body.iter("*") if (id_ := e.get("id") or "") and is_target(id_)}
    _number_formulas(ids)
    if not ids or not clusters:
        return
    _Resolver(body, clusters, ids, labels, report).run()


def _number_formulas(ids: Mapping[str, Element]) -> None:
    """Put a number beside each formula with an id: `(1)`."""
    formulas = [e for id_, e in ids.items() if _kind(id_) == "eq" and has_class(e, "formula")]
    for number, formula in enumerate(formulas, 1):
        formula.set("class", f"{formula.get('class')} numbered")
        formula[-1].tail = f"{(formula[-1].tail or '').rstrip()} "
        mark = etree.SubElement(formula, "span", attrib={"class": _NUMBER})
        mark.text = f"({number})"


def _take_ids(body: Element) -> None:
    """Give a table or figure the id and classes that are written at the end of its caption."""
    for caption in body.iter("caption", "figcaption"):
        last = caption[-1] if len(caption) else None
        text = (caption.text if last is None else last.tail) or ""
        found, holder = _BRACES.search(text), caption.getparent()
        if found and holder is not None:
            text = text[: found.start()]
            names = found[1].split()
            ids = [name[1:] for name in names if name[0] == "#"]
            classes = [name[1:] for name in names if name[0] == "."]
            if ids and not holder.get("id"):
                holder.set("id", ids[0])
            if classes:
                holder.set("class", " ".join([*(holder.get("class") or "").split(), *classes]))
            if last is None:
                caption.text = text
            else:
                last.tail = text


@dataclass(frozen=True)
class _Target:
    id: str
    kind: Kind
    words: str
    """Its number, or the title of a section in quotation marks."""
    label: str
    """The label with the number: `Figure 1`."""


class _Resolver:
    """The cross-references of one article."""

    def __init__(
        self,
        body: Element,
        clusters: Sequence[Cluster],
        ids: Mapping[str, Element],
        labels: Mapping[str, str],
        report: Report,
    ) -> None:
        self.body, self.clusters, self.ids = body, clusters, ids
        self.labels, self.report = labels, report
        self.homes: dict[str, Element] = {}
        """For each id that is referred to, the figure, table, or heading."""
        self.numbers: dict[Element, int] = {}
        self.seen: Counter[str] = Counter()

    def run(self) -> None:
        """Find what is referred to, number it, then replace the tokens."""
        found = [
            number
            for run in text_runs(self.body)
            for number in map(int, CITE.findall(run.read()))
            if any(id_of(cite.key, self.ids) for cite in self.clusters[number].cites)
        ]
        if not found:
            return
        for number in found:
            self._check(self.clusters[number])
        for kind in ("fig", "tbl"):
            self._number(kind)
        for run in text_runs(self.body):
            text, done = run.read(), 0
            pieces: list[str | Element] = []
            for token in CITE.finditer(text):
                if int(token[1]) in found:
                    before = text[done : token.start()]
                    first = not pieces and not run.is_tail
                    starts = re.search(r"[.!?:]\s+\Z" if before.strip() else r"\A", before)
                    capital = bool(starts) and (bool(before.strip()) or first)
                    pieces += [before, *self._pieces(self.clusters[int(token[1])], capital=capital)]
                    done = token.end()
            if pieces:
                run.insert([*pieces, text[done:]])

    def _check(self, cluster: Cluster) -> None:
        """Report what cannot be resolved, and note what is referred to."""
        for cite in cluster.cites:
            id_, key, nth = id_of(cite.key, self.ids), cite.key, self.seen[cite.key]
            self.seen[key] += 1
            if not id_:
                message = f"'{key}' is not in this article, but is cited with what is"
                hint = "write citations and cross-references in separate brackets"
                self.report("REF003", key, nth, message, hint)
                continue
            if cite.locator:
                message = f"the cross-reference to '{id_}' has a page or other number after it"
                hint = "write that outside the brackets"
                self.report("REF003", key, nth, message, hint)
            kind, element = _kind(id_), self.ids[id_]
            home = next(element.iter(_HOLDS[kind]), None) if kind in _HOLDS else element
            wrong = (kind == "sec" and element.tag not in _HEADINGS) or (
                kind == "eq" and not has_class(element, "numbered")
            )
            if home is None or wrong:
                message = f"the element with the id '{id_}' is not a {_NOUNS[kind]}"
                self.report("REF002", key, nth, message, _HINTS[kind])
            self.homes[id_] = element if home is None else home

    def _number(self, kind: Literal["fig", "tbl"]) -> None:
        """Give a number to each figure or table with a caption or a reference, if any has one."""
        wanted = {home for id_, home in self.homes.items() if _kind(id_) == kind}
        tag = "figcaption" if kind == "fig" else "caption"
        number = 0
        for home in self.body.iter(_HOLDS[kind]) if wanted else ():
            caption = home.find(tag)
            if caption is None and home not in wanted:
                continue
            if caption is None:
                caption = etree.Element(tag)
                home.insert(0 if kind == "tbl" else len(home), caption)
            number += 1
            self.numbers[home] = number
            mark = etree.Element("span", attrib={"class": "caption-number"})
            mark.text = f"{self.labels[f'ref-{kind}'].format(number=number)}."
            words = caption.text or ""
            mark.tail = f" {words.lstrip()}" if words.strip() or len(caption) else None
            caption.text = None
            caption.insert(0, mark)

    def _target(self, cite: Cite) -> _Target:
        id_ = id_of(cite.key, self.ids)
        if not id_:
            return _Target("", "fig", cite.key, cite.key)
        kind, home = _kind(id_), self.homes[id_]
        if kind == "sec":
            title = " ".join(CITE.sub("", "".join(trees.texts(home))).split())
            words = self.labels["quoted"].format(words=title)
            return _Target(id_, kind, words, self.labels["ref-sec"].format(title=words))
        words = str(self.numbers.get(home, 0))
        if kind == "eq":
            words = "".join(home.xpath(f"string(*[@class='{_NUMBER}'])")).strip("()")
        return _Target(id_, kind, words, self.labels[f"ref-{kind}"].format(number=words))

    def _pieces(self, cluster: Cluster, *, capital: bool) -> Iterator[str | Element]:
        """Yield the text and the links of one pair of brackets."""
        cites = cluster.cites
        targets = [self._target(cite) for cite in cites]
        apart = not cluster.narrative and any(
            cite.prefix and not _NAMED.fullmatch(cite.prefix) for cite in cites
        )
        yield "(" if apart else ""
        together = _are_alike(cites, targets)
        for index, (cite, target) in enumerate(zip(cites, targets, strict=True)):
            if index:
                last = index == len(cites) - 1
                comma = "," if len(cites) > 2 or not last else ""
                yield f"{comma} {self.labels['and']} " if last else ", "
            large = (capital and not index) or cite.key[:1].isupper()
            named = cite.suppress_author or bool(_NAMED.fullmatch(cite.prefix))
            if together and not index:
                yield f"{self.labels[f'ref-{target.kind}s']}\u00a0"
            if cite.prefix:
                yield f"{cite.prefix}\u00a0" if named else f"{cite.prefix} "
            if together or named:
                yield _link(target, target.words)
            else:
                label = target.label[:1].upper() + target.label[1:] if large else target.label
                yield _link(target, label)
            yield _suffix(cite.suffix, bare=cluster.narrative)
        yield ")" if apart else ""


def _kind(id_: str) -> Kind:
    found = _KEY.match(id_)
    assert found is not None
    return _KINDS[found[1]]


_KINDS: Mapping[str, Kind] = {"fig": "fig", "tbl": "tbl", "tab": "tbl", "eq": "eq", "sec": "sec"}
_HINTS = {
    "fig": "put the picture in a paragraph of its own, with its id: ![…](….png){#fig:one}",
    "tbl": "give the id to a table, at the end of its caption: Table: Doses {#tbl:doses}",
    "eq": "put the formula on a line of its own, with its id: $$x^2$$ {#eq:square}",
    "sec": "give the id to a heading: ## When to call {#sec:when}",
}


def _are_alike(cites: Sequence[Cite], targets: Sequence[_Target]) -> bool:
    """Say if figures, tables, or formulas share one label: `Figures 1 and 2`."""
    plain = all(not c.prefix and not c.suppress_author for c in cites)
    plain = plain and not any(c.suffix for c in cites[:-1])
    kinds = {target.kind for target in targets}
    return len(cites) > 1 and plain and len(kinds) == 1 and "sec" not in kinds


def _link(target: _Target, words: str) -> Element:
    link = etree.Element("a", attrib={"class": "xref", "href": f"#{target.id}"})
    if not target.id:  # reported already
        link = etree.Element("span")
    link.text = words.replace(f" {target.words}", f"\u00a0{target.words}")
    if words == target.words and target.kind != "sec":
        link.set("aria-label", target.label)  # a number alone does not say where a link leads
    return link


def _suffix(suffix: str, *, bare: bool) -> str:
    if not suffix:
        return ""
    if bare:  # `@fig:one [left]`
        return f" ({suffix})"
    return suffix if suffix[0] in ",;:." else f" {suffix}"
