"""Names as a citation style prints them: order, initials, `et al`, and disambiguation.

In: an item's names, and the style's `cs:names` and `cs:name`. Out: marked text.
With `dates`, `render`, and `engine`, this module owns citeproc. It must not know articles, files,
or XHTML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from citeproc import model
from citeproc.source import VariableError

from press.references.csl.base import StyleElement
from press.references.csl.case import change_case

OTHERS = "others"
CSL = "{http://purl.org/net/xbiblio/csl}"


class Names(StyleElement, model.Names):  # type: ignore[misc]
    """`cs:names`: one or more roles, or their substitute."""

    def process(
        self, item: Any, names_context: Any = None, context: Any = None, **kwargs: Any
    ) -> Any:
        """Render the roles; remember the first names of a cite, or leave them out."""
        names_context = self if names_context is None else names_context
        context = self if context is None else context
        is_first = item.names_depth == 0 and item.names is None
        item.names_depth += 1
        item.called += 1
        try:
            text = self._roles(item, names_context, context, **kwargs)
        finally:
            item.names_depth -= 1
        item.rendered += bool(text)
        if is_first and text is not None:
            item.names = text
            if item.suppress_names:
                raise VariableError
        return text

    def _roles(self, item: Any, names_context: Any, context: Any, **kwargs: Any) -> Any:
        output = []
        for role in self._merged_roles(item):
            people = item.reference.get(role.replace("-", "_"))
            if role == "editortranslator":
                people = item.reference["editor"]
            if people:
                output.append(self._role(item, role, people, names_context, context, **kwargs))
        output = [text for text in output if text not in {None, ""}]
        if output and all(isinstance(text, int) for text in output):
            return str(sum(output)) if sum(output) else None
        if output:
            return self.join(output, self.get_parent_delimiter(context))
        substitute = self.substitute()
        if substitute is None:
            raise VariableError
        return substitute.render(item, context=context, **kwargs)

    def get_parent_delimiter(self, context: Any = None) -> str:
        """Return the delimiter between the names of two roles."""
        layout = (self if context is None else context).get_layout()
        inherited = layout.getparent().get("names-delimiter") if layout is not None else None
        return str(inherited or self.get_root().get("names-delimiter", ""))

    def substitute(self) -> Any:
        """Find the substitute for missing names."""
        return self.find("cs:substitute", self.nsmap)

    def _merged_roles(self, item: Any) -> list[str]:
        roles: list[str] = self.get("variable", "").split()
        people = [item.reference.get(role.replace("-", "_")) for role in roles]
        both = set(roles) == {"editor", "translator"} and people[0] and people[0] == people[1]
        return ["editortranslator"] if both else roles

    def _role(
        self, item: Any, role: str, people: Any, names_context: Any, context: Any, **kwargs: Any
    ) -> Any:
        name = names_context.name
        if name is None:
            name = names_context.makeelement(CSL + "name")
            names_context.insert(0, name)
        text = name.render_people(item, people, context=context, **kwargs)
        label = names_context.label
        if label is None or isinstance(text, int):
            return text
        words = label.render(item, role, len(people) > 1, **kwargs)
        if not words:
            return text
        before = names_context.index(label) < names_context.index(name)
        return words + text if before else text + words

    def markup(self, text: Any) -> Any:
        """Format the text and add affixes, if there is any text."""
        return super().markup(text) if text else None


class Name(StyleElement, model.Name):  # type: ignore[misc]
    """`cs:name`: a list of people."""

    def render_people(
        self,
        item: Any,
        people: Sequence[dict[str, str]],
        context: Any = None,
        sort_options: Any = None,
        **_: Any,
    ) -> Any:
        """Render a list of people, or for the form `count` their number."""

        def option(name: str) -> Any:
            return self.get_option(name, context, sort_options)

        more = bool(people) and people[-1].get("literal") == OTHERS
        named = list(people[:-1]) if more else list(people)
        total = len(named) + more
        first = int(option("et-al-use-first")) + item.more_names
        truncated = bool(option("et-al-min")) and total >= option("et-al-min") and total > first
        shown = named[:first] if truncated else named
        if option("form") == "count":
            return min(len(named), first) if truncated else len(named)
        texts = [self._person(item, i, shown[i], option) for i in range(len(shown))]
        if truncated and option("et-al-use-last") and first <= len(named) - 2 and not more:
            last = self._person(item, len(named) - 1, named[-1], option)
            text = self._joined([*texts, "… " + last], option)
        elif truncated or more:
            text = self._with_et_al(texts, option)
        else:
            text = self._with_and(texts, option)
        return self.markup(text)

    def get_option(self, name: str, context: Any = None, sort_options: Any = None) -> Any:
        """Look up an option: here, then in the citation or bibliography, then in the style."""
        value = (sort_options or {}).get(name)
        if value is None:
            inherited = f"name-{name}" if name in {"form", "delimiter"} else name
            value = self.get(name)
            layout = (self if context is None else context).get_layout()
            if value is None and layout is not None:
                value = layout.getparent().get(inherited)
            if value is None:
                value = self.get_root().get(inherited, self._default_options.get(inherited))
        if name in {"initialize-with-hyphen", "et-al-use-last"}:
            return value == "true"
        return int(value) if name.startswith("et-al") else value

    def _joined(self, texts: list[str], option: Any) -> str:
        return str(option("delimiter")).join(texts)

    def _with_et_al(self, texts: list[str], option: Any) -> str:
        et_al = str(self.et_al() or "")
        text = self._joined(texts, option)
        if not text or not et_al:
            return text or et_al
        precedes = option("delimiter-precedes-et-al")
        several = len(texts) > 1 if precedes == "contextual" else precedes == "always"
        if precedes == "after-inverted-name":
            several = self._is_inverted(len(texts) - 1, option)
        return text + (str(option("delimiter")) if several else " ") + et_al

    def _with_and(self, texts: list[str], option: Any) -> str:
        and_ = option("and")
        if and_ is None or len(texts) < 2:
            return self._joined(texts, option)
        word = "&" if and_ == "symbol" else str(self.get_single_term(name="and"))
        precedes = option("delimiter-precedes-last")
        delimited = len(texts) > 2 if precedes == "contextual" else precedes == "always"
        if precedes == "after-inverted-name":
            delimited = self._is_inverted(len(texts) - 2, option)
        separator = str(option("delimiter")).rstrip() + " " if delimited else " "
        return self._joined(texts[:-1], option) + f"{separator}{word} {texts[-1]}"

    def _is_inverted(self, place: int, option: Any) -> bool:
        order = option("name-as-sort-order")
        return bool(order == "all" or (order == "first" and place == 0))

    def _person(self, item: Any, place: int, person: dict[str, str], option: Any) -> str:
        if "literal" in person:
            _, family = self._parts("", person["literal"])
            return family
        given, suffix = person.get("given", ""), person.get("suffix", "")
        dropping = person.get("dropping-particle", "")
        particle, family = person.get("non-dropping-particle", ""), person.get("family", "")
        initials = option("initialize-with")
        if given and initials is not None and self.get("initialize") != "false":
            given = initialize(given, initials, hyphen=option("initialize-with-hyphen"))
        if option("form") == "short":
            given_, family = self._parts(given, _join_words(particle, family))
            return _join_words(given_, family) if item.needs_given(place, person) else family
        if self._is_inverted(place, option):
            if option("demote-non-dropping-particle") == "display-and-sort":
                given = _join_words(given, dropping, particle)
            else:
                given, family = _join_words(given, dropping), _join_words(particle, family)
            given, family = self._parts(given, family)
            separator = str(option("sort-separator"))
            return separator.join(part for part in (family, given, suffix) if part)
        given, family = self._parts(given, _join_words(dropping, particle, family))
        return _join_words(given, family, suffix)

    def _parts(self, given: str, family: str) -> tuple[str, str]:
        """Format the given and the family name as `cs:name-part` asks."""
        for part in self.findall("cs:name-part", self.nsmap):
            given, family = part.format_part(given, family)
        return str(given or ""), str(family or "")


class NamePart(model.Name_Part):  # type: ignore[misc]
    """`cs:name-part`: the formatting of the given or family name."""

    def format_part(self, given: str, family: str) -> tuple[str, str]:
        """Format the part that this element is for."""
        if self.get("name") == "given" and given:
            return self.wrap(self.format(self.case(given))), family
        if self.get("name") == "family" and family:
            return given, self.wrap(self.format(self.case(family)))
        return given, family

    def case(self, text: str, *_: Any) -> str:
        """Change the case, if the style asks for one."""
        case = self.get("text-case")
        return change_case(text, case, english=True) if case else text


def initialize(given: str, mark: str, *, hyphen: bool) -> str:
    """Shorten given names: `Carolyn I.` is `CI` if the mark is empty."""
    given = given if hyphen else given.replace("-", " ")
    parts = []
    for part in given.split("-"):
        words: list[str] = []
        for word in part.replace(".", " ").split():
            if not word[0].isupper():  # a particle
                words.append(f" {word} " if words else f"{word} ")
            elif re.fullmatch(r"[A-Z]{2,3}", word) and len(given) <= 3:
                words += [letter + mark for letter in word]
            else:
                words.append(word[0] + mark)
        parts.append(re.sub(r"\s+", " ", "".join(words)).strip())
    return "-".join(part for part in parts if part)


def _join_words(*parts: str) -> str:
    """Join nonempty parts, without a space after an apostrophe (`d'`, `l’`)."""
    text = " ".join(part for part in parts if part)
    return re.sub(r"(?<=\b[dlDL]['\u2019]) ", "", text)
