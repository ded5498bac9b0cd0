"""Names as a citation style prints them: order, particles, initials, `et al`, and substitutes.

In: an item's names, and the style's `cs:names`. Out: marked text.
This module must not know articles, files, or XHTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from press.core.records import dataclass
from press.references.csl.item import Person, join_words
from press.references.csl.markup import MARKS, strip
from press.references.csl.printing import Printing, Substitution
from press.references.csl.style import Node

_INHERITED = ("and", "delimiter-precedes-et-al", "delimiter-precedes-last", "et-al-min",
              "et-al-use-first", "et-al-use-last", "et-al-subsequent-min",
              "et-al-subsequent-use-first", "initialize", "initialize-with", "name-as-sort-order",
              "sort-separator")  # fmt: skip


@dataclass
class _Options:
    """The attributes of `cs:name`, with those it inherits."""

    name: Mapping[str, str]
    parts: Mapping[str, Mapping[str, str]]
    et_al: Mapping[str, str]
    found: dict[str, str] = field(default_factory=dict)

    def get(self, option: str, default: str = "") -> str:
        return self.found.get(option, default)

    def number(self, option: str) -> int:
        text = self.found.get(option, "")
        return int(text) if text.isdigit() else 0


def _options(like: Node, rendering: Printing) -> _Options:
    """Collect the options of names: own, of the citation or the bibliography, of the style."""
    name, et_al = like.find("name"), like.find("et-al")
    attributes = name.attributes if name is not None else {}
    parts = {p.get("name", ""): p.attributes for p in name.all("name-part")} if name else {}
    options = _Options(attributes, parts, et_al.attributes if et_al is not None else {})
    for source in (rendering.style.root.attributes, rendering.area.attributes):
        options.found.update({k: source[k] for k in _INHERITED if k in source})
        for mine, theirs in (("form", "name-form"), ("delimiter", "name-delimiter")):
            if theirs in source:
                options.found[mine] = source[theirs]
    options.found.update(attributes)
    if rendering.setting.position != "first" and not rendering.in_bibliography:
        for limit in ("min", "use-first"):
            if later := options.found.get(f"et-al-subsequent-{limit}"):
                options.found[f"et-al-{limit}"] = later
    if rendering.sort is not None:
        options.found["name-as-sort-order"] = "all"
        options.found.pop("and", None)
        for limit in ("min", "use-first", "use-last"):
            if (value := rendering.sort.get(f"names-{limit}")) is not None:
                options.found[f"et-al-{limit}"] = value
    return options


def render_names(node: Node, rendering: Printing, like: Node | None = None) -> str:
    """Render `cs:names`: one or more roles, or their substitute.

    Args:
        node: The element.
        rendering: The rendering it is part of.
        like: The element whose `cs:name` and labels are used, if the element has none.
    """
    own = any(child.tag in {"name", "et-al", "label"} for child in node.children)
    like = node if own or like is None else like
    is_author = rendering.author is None and not rendering.in_author
    if is_author:
        rendering.in_author = True
    rendering.called += 1
    text = _roles(node, like, rendering)
    replaced = False
    if not text:
        text = rendering.decorate(node.attributes, _substitute(node, like, rendering))
        replaced = bool(text)
    if is_author:
        rendering.in_author = False
    if not text:
        return ""
    rendering.rendered += 1
    if is_author:
        if replaced and not rendering.author_names:
            rendering.author_names = (strip(text),)
            text = _same_author(rendering, text)
        rendering.author = text
        if rendering.setting.bare:
            rendering.rendered -= 1
            return ""
    return text


def _same_author(rendering: Printing, text: str) -> str:
    same = rendering.setting.substitution
    if same and same.before == rendering.author_names:
        return same.text
    return text


def _substitute(node: Node, like: Node, rendering: Printing) -> str:
    substitute = node.find("substitute")
    for child in rendering.flattened(substitute) if substitute is not None else ():
        around, start = rendering.since, len(rendering.seen)
        rendering.since = start if around is None else around
        if child.tag == "names":
            text = render_names(child, rendering, like)
        else:
            text = rendering.element(child)
        rendering.since = around
        if text:
            rendering.substituted.update(rendering.seen[start:])
            return text
    return ""


def _roles(node: Node, like: Node, rendering: Printing) -> str:
    roles = node.get("variable", "").split()
    people = {role: rendering.item.names.get(role, ()) for role in roles}
    people = {r: p for r, p in people.items() if p and not rendering.is_spent(r)}
    if not people:
        return ""
    shown_as = {role: role for role in people}
    same = set(people) == {"editor", "translator"} and people["editor"] == people["translator"]
    if same and rendering.locale.word("editortranslator"):
        people = {"editor": people["editor"]}
        shown_as = {"editor": "editortranslator"}
        rendering.seen.append("translator")
    options = _options(like, rendering)
    texts: list[str] = []
    for role, persons in people.items():
        rendering.use(role, "names")
        text = _list(persons, options, rendering, first=rendering.in_author and not texts)
        if text and options.get("form") != "count":
            text = _labelled(text, like, shown_as[role], rendering, plural=len(persons) > 1)
        if text:
            texts.append(text)
    if options.get("form") == "count":
        total = sum(int(text) for text in texts)
        return str(total) if total else ""
    delimiter = node.get("delimiter") or rendering.area.get("names-delimiter")
    delimiter = delimiter or rendering.style.option("names-delimiter")
    return rendering.decorate(node.attributes, delimiter.join(texts))


def _labelled(text: str, like: Node, role: str, rendering: Printing, *, plural: bool) -> str:
    label = like.find("label")
    if label is None or rendering.sorting:
        return text
    words = rendering.label_of(label, role, plural=plural)
    tags = [child.tag for child in like.children]
    before = "name" in tags and tags.index("label") < tags.index("name")
    return words + text if before else text + words


def _list(persons: Sequence[Person], options: _Options, rendering: Printing, *, first: bool) -> str:
    """Render the people of one role."""
    more = persons[-1].is_others
    named = list(persons[:-1]) if more else list(persons)
    shown, cut, last = _cut(named, len(persons), options, rendering)
    if options.get("form") == "count":
        return str(shown)
    if not shown:
        return ""
    places = [*range(shown), len(named) - 1] if last else range(shown)
    texts = [_person(named[place], place, options, rendering) for place in places]
    rendering.shown += [(place, named[place]) for place in places]
    if cut and not last:
        rendering.hidden = max(rendering.hidden, len(named) - shown)
    if first:
        same = rendering.setting.substitution
        rendering.author_names = tuple(map(strip, texts)) + (("et al",) if cut or more else ())
        if same and same.rule == "complete-all" and same.before == rendering.author_names:
            return rendering.decorate(options.name, same.text)
        if same:
            texts = _replace(texts, rendering.author_names, same)
    if last:
        text = _with_last(texts, options)
    elif cut or more:
        text = _with_et_al(texts, options, rendering, named[shown - 1])
    else:
        text = _with_and(texts, options, rendering, named[max(0, shown - 2)])
    return rendering.decorate(options.name, text)


def _replace(texts: list[str], whole: tuple[str, ...], same: Substitution) -> list[str]:
    """Replace the names that the entry before has, too."""
    if same.rule == "complete-each" and same.before == whole:
        return [same.text] * len(texts)
    if same.rule in {"partial-each", "partial-first"}:
        out = list(texts)
        for place, (old, new) in enumerate(zip(same.before, whole, strict=False)):
            if old != new or place >= len(out):
                break
            out[place] = same.text
            if same.rule == "partial-first":
                break
        return out
    return texts


def _cut(
    named: Sequence[Person], total: int, options: _Options, rendering: Printing
) -> tuple[int, bool, bool]:
    """Return how many names are shown, whether `et al.` follows, and whether the last one does."""
    least = options.number("et-al-min")
    first = options.number("et-al-use-first")
    if "et-al-use-first" not in options.found:
        return len(named), False, False
    if not rendering.in_bibliography and not rendering.sorting:
        first += rendering.item.more_names
    if not least or total < least or total <= first:
        return len(named), False, False
    last = options.get("et-al-use-last") == "true" and first <= len(named) - 2
    return min(first, len(named)), True, last


def _with_last(texts: Sequence[str], options: _Options) -> str:
    delimiter = options.get("delimiter", ", ")
    return f"{delimiter.join(texts[:-1])}{delimiter}… {texts[-1]}"


def _with_et_al(
    texts: Sequence[str], options: _Options, rendering: Printing, before: Person
) -> str:
    delimiter = options.get("delimiter", ", ")
    term = rendering.locale.word(options.et_al.get("term", "et-al"))
    words = rendering.decorate({k: v for k, v in options.et_al.items() if k != "term"}, term)
    names = delimiter.join(texts)
    if not words:
        return names
    if not names:
        return ""
    precedes = _precedes("delimiter-precedes-et-al", len(texts), options, 2, before)
    return names + (delimiter if precedes else " ") + words


def _with_and(texts: Sequence[str], options: _Options, rendering: Printing, before: Person) -> str:
    delimiter = options.get("delimiter", ", ")
    kind = options.get("and")
    word = {"symbol": "&", "text": rendering.locale.word("and")}.get(kind, "")
    if len(texts) < 2 or not word:
        return delimiter.join(texts)
    precedes = _precedes("delimiter-precedes-last", len(texts), options, 3, before)
    joint = f"{delimiter if precedes else ' '}{word} "
    return delimiter.join(texts[:-1]) + joint + texts[-1]


def _precedes(name: str, count: int, options: _Options, least: int, before: Person) -> bool:
    """Return whether the delimiter comes after the name before the last, or before `et al.`."""
    rule = options.get(name, "contextual")
    if rule == "after-inverted-name":
        order = options.get("name-as-sort-order")
        inverted = order == "all" or (order == "first" and count == least - 1)
        return inverted and not before.literal
    return rule == "always" or (rule == "contextual" and count >= least)


def _person(person: Person, place: int, options: _Options, rendering: Printing) -> str:
    """Render one name."""
    format_ = rendering.decorate
    family_part, given_part = options.parts.get("family", {}), options.parts.get("given", {})
    if person.literal:
        return format_(family_part, person.literal)
    order = options.get("name-as-sort-order")
    inverted = order == "all" or (order == "first" and place == 0)
    form = options.get("form", "long")
    level = 0
    if not rendering.in_bibliography and not rendering.sorting:
        item = rendering.item
        level = max(item.levels.get(person, 0), item.place_levels.get(place, 0))
    if form == "short" and not level and not rendering.sorting:
        if _is_cjk(person):
            return format_(family_part, person.family)
        return _affixed(family_part, _particled(person, family_part, rendering))
    given = _given(person, options, rendering, level)
    if form == "short" and rendering.sorting:
        given = ""
    if _is_cjk(person):
        return format_(family_part, person.family) + format_(given_part, given)
    if person.fixed:
        return join_words(
            _affixed(family_part, _particled(person, family_part, rendering)),
            format_(given_part, given),
        )
    if inverted:
        return _inverted(person, given, options, rendering)
    plain_given = format_(given_part, given)
    family = join_words(person.dropping, _particled(person, family_part, rendering))
    family = _affixed(family_part, family)
    suffix = f",{' '}{person.suffix}" if person.comma and person.suffix else person.suffix
    text = join_words(plain_given, family)
    if suffix:
        text += suffix if suffix.startswith(",") else " " + suffix
    return text


def _inverted(person: Person, given: str, options: _Options, rendering: Printing) -> str:
    """Put the family name first; the style says where its particle goes."""
    family_part, given_part = options.parts.get("family", {}), options.parts.get("given", {})
    demote = rendering.style.option("demote-non-dropping-particle", "display-and-sort")
    bare = _unaffixed(family_part)
    family = rendering.decorate(bare, person.family)
    particle = rendering.decorate(bare, person.particle)
    given = rendering.decorate(_unaffixed(given_part), given)
    dropping = rendering.decorate(_unaffixed(given_part), person.dropping)
    if demote == "display-and-sort" or (demote == "sort-only" and rendering.sorting):
        first, second = family, join_words(given, dropping, particle)
        if rendering.sorting:
            first, second = family, join_words(dropping, particle, given)
    else:
        first, second = join_words(particle, family), join_words(given, dropping)
        if rendering.sorting:
            second = join_words(dropping, given)
    first = _affixed(family_part, first)
    second = _affixed(given_part, second)
    separator = options.get("sort-separator", ", ")
    return separator.join(part for part in (first, second, person.suffix) if part)


def _particled(person: Person, part: Mapping[str, str], rendering: Printing) -> str:
    """Return the particle and the family name, each formatted."""
    bare = _unaffixed(part)
    return join_words(
        rendering.decorate(bare, person.particle), rendering.decorate(bare, person.family)
    )


def _unaffixed(part: Mapping[str, str]) -> Mapping[str, str]:
    if "prefix" not in part and "suffix" not in part:
        return part
    return {key: value for key, value in part.items() if key not in {"prefix", "suffix"}}


def _affixed(part: Mapping[str, str], text: str) -> str:
    return part.get("prefix", "") + text + part.get("suffix", "") if text else text


def _given(person: Person, options: _Options, rendering: Printing, level: int) -> str:
    """Return the given name, shortened unless all of it is needed."""
    mark = options.found.get("initialize-with")
    if mark is None or not person.given or _is_cjk(person):
        return person.given
    if level > 1:
        return person.given
    hyphen = rendering.style.option("initialize-with-hyphen", "true") != "false"
    whole = options.get("initialize", "true") == "false"
    return initialize(person.given, mark, hyphen=hyphen, keep_names=whole)


@lru_cache(maxsize=4096)
def initialize(given: str, mark: str, *, hyphen: bool, keep_names: bool = False) -> str:
    """Shorten given names: `Carolyn I.` is `CI` if the mark is empty.

    Args:
        given: The given names.
        mark: What follows an initial.
        hyphen: Whether `Jean-Luc` keeps its hyphen.
        keep_names: Whether only what is an initial already is changed.
    """
    words = re.findall(rf"[^\s.{MARKS}]+\.?", given.replace(".-", "-"))
    out: list[str] = []
    for word in words:
        bare = word.rstrip(".")
        if not bare:
            continue
        initial = len(bare) == 1 and bare.isupper()
        if keep_names and not initial and not word.endswith("."):
            out.append(bare + " ")
        elif keep_names:
            out.append(bare + mark)
        elif bare[:1].islower() and not word.endswith("."):
            out.append(f" {bare} ")
        else:
            out.append(_initials(bare, mark, hyphen=hyphen, cut=word.endswith(".")))
    text = "".join(out)
    return re.sub(r"\s+", " ", text).strip()


def _initials(word: str, mark: str, *, hyphen: bool, cut: bool) -> str:
    """Return the initials of one word: `J.-L.` for `Jean-Luc`."""
    parts = [part for part in re.split("[-‐–]", word) if part]
    if cut and len(parts) == 1 and len(word) <= 3:
        return word + mark
    between = mark.rstrip() + "-" if hyphen else mark
    return between.join(part[0].upper() for part in parts) + mark


_ROMANESQUE = re.compile(
    "[A-Za-z\u00c0-\u024f\u0370-\u058f\u0590-\u06ff\u0750-\u077f\u1e00-\u1fff]"
)


def _is_cjk(person: Person) -> bool:
    """Return whether a name is written without spaces, the family name first."""
    text = strip(person.family + person.given)
    return not _ROMANESQUE.search(text) and any(ord(c) > 0x2E80 for c in text)
