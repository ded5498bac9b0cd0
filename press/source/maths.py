r"""Formulas: LaTeX, as authors write it, made into MathML. Owner of latex2mathml.

In: Markdown with `$x^2$`, `\(x^2\)`, `$$x^2$$`, or `\[x^2\]`. Out: tokens in their place, which
Markdown leaves alone, and later `<math>` elements with their words. As all MathML of a handout is
made here, after HTML has been sanitized, an author's own `<math>` never gets through.
This module must not know files or formats.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree
from markdown.inlinepatterns import InlineProcessor

from press.core.problems import Problem, Span
from press.core.records import dataclass
from press.core.trees import (
    MATH,
    MATH_CLOSE,
    MATH_OPEN,
    MATHML,
    Element,
    has_class,
    remove,
    text_runs,
)
from press.design.formulas import flaw_of
from press.source.citation_syntax import without_code
from press.source.spoken_maths import spoken

_INSIDE = r"(?:[^$\\]|\\.)"
INLINE_PATTERN = (
    # A backslash that is itself escaped does not escape the sign after it.
    r"(?<!\\)(?P<before>(?:\\\\)*)(?:"
    rf"(?<!\$)\$\$(?!\$)(?P<display>{_INSIDE}+?)\$\$"
    rf"|(?<!\$)\$(?![\s$])(?P<inline>{_INSIDE}*?(?:[^\s$\\]|\\.))\$(?![\d$])"
    r"|\\\((?P<round>(?:[^\\]|\\[^)]){1,2000}?)\\\)"
    r"|\\\[(?P<square>(?:[^\\]|\\[^\]]){1,2000}?)\\\]"
    r")"
)
r"""A formula, by Pandoc's rule: a `$` that opens has a character that is not a space to its right;
one that closes has one to its left, and no digit to its right."""
_INLINE = re.compile(INLINE_PATTERN, re.DOTALL)
_PROSE = re.compile(r"(?:\A|\s)[^\W\d_]{3,}\s|\s[^\W\d_]{3,}(?:\s|\Z)")
"""Words with spaces: two amounts of money, or brackets that were escaped."""
_WORD = re.compile(r"\W*[^\W\d_]{4,}\W*")
_SIGNS = re.compile(r"[\\^_{}=]")
_DISPLAY = re.compile(
    r"(?m)^[ \t]*(?P<open>\$\$|\\\[)(?P<latex>(?:(?!\n[ \t]*\n).)*?)(?P<close>\$\$|\\\])"
    r"(?P<braces>[ \t]*\{#(?P<id>[^\s{}#]+)[ \t]*\})?[ \t]*$",
    re.DOTALL,
)
_ID = re.compile(r"[ \t]*\{#([^\s{}#]+)[ \t]*\}")
"""The id of a formula that has a line of its own: `$$x$$ {#eq:one}`."""
_OPENED = re.compile(r"(?m)^[ \t]{0,3}(?P<open>\$\$|\\\[)(?=\s)")
_TOKEN = re.compile(rf"\\?{MATH.pattern}")
"""A token in an attribute; in one that was written in HTML, the library puts a backslash before."""
_HOLDERS = ("p", "li", "td", "th", "dd", "div", "blockquote")
"""Elements in which a formula can have a paragraph of its own."""
_LONGEST = 5000
"""Characters of LaTeX in one formula."""
_ENVIRONMENT = re.compile(r"([pbBvV]?matrix|smallmatrix|array|cases|align|split)\*?")
_LATEX = {
    "MissingSuperScriptOrSubscriptError": "a ^ or _ has nothing after it",
    "DoubleSuperscriptsError": "it has two superscripts in a row",
    "DoubleSubscriptsError": "it has two subscripts in a row",
    "ExtraLeftOrMissingRightError": r"a \left has no \right",
    "DenominatorNotFoundError": "a fraction has no denominator",
    "NumeratorNotFoundError": "a fraction has no numerator",
    "MissingEndError": r"a \begin has no \end",
    "NoAvailableTokensError": "something is missing after a command or a brace",
}
"""What the library's exceptions mean."""
_CHILDREN = {
    "mfrac": 2, "mroot": 2, "msup": 2, "msub": 2, "msubsup": 3, "munder": 2, "mover": 2,
    "munderover": 3,
}  # fmt: skip
"""The number of children that an element has (MathML 3, 3.1.3)."""
_ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msup msub msubsup munder mover munderover "
    "mtable mtr mtd mstyle mpadded mphantom".split()
)
_ATTRIBUTES = frozenset(
    "display mathvariant stretchy fence form accent accentunder separator linethickness "
    "columnalign rowspacing columnspacing columnlines rowlines width height depth minsize maxsize "
    "lspace rspace voffset displaystyle scriptlevel movablelimits symmetric largeop linebreak "
    "rowalign frame".split()
)


@dataclass(frozen=True)
class Formula:
    """A formula as its author wrote it."""

    source: str
    latex: str
    display: bool
    id: str = ""


def _token(formulas: list[Formula], formula: Formula) -> str:
    formulas.append(formula)
    return f"{MATH_OPEN}{len(formulas) - 1}{MATH_CLOSE}"


def take_displays(text: str, formulas: list[Formula]) -> str:
    """Replace the formulas that have lines of their own with tokens, before Markdown reads lines.

    A line such as `+ 3x` would begin a list.
    """
    blank, pieces, done = without_code(text), [], 0
    for found in _DISPLAY.finditer(blank):
        if (found["open"] == "$$") != (found["close"] == "$$"):
            continue
        start, end = found.start("open"), max(found.end("close"), found.end("braces"))
        latex = text[found.start("latex") : found.end("latex")]
        if "$$" in latex or _is_prose(latex, found["open"]):
            continue
        token = _token(formulas, Formula(text[start:end], latex, True, found["id"] or ""))
        pieces += [text[done:start], token]
        done = end
    return "".join([*pieces, text[done:]])


class InlineFormula(InlineProcessor):
    """The pattern for a formula in a line of text, which becomes a token."""

    def __init__(self, formulas: list[Formula]) -> None:
        super().__init__(INLINE_PATTERN)
        self.formulas = formulas

    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # type: ignore[override]  # noqa: N802, D102 - the library's name
        kind = m.lastgroup or ""
        start, end, latex = m.end("before"), m.end(0), m[kind]
        apart = data[:start][-1:] in ("\n", "") and data[end:][:1] in ("\n", "")
        if _is_prose(latex, data[start : start + 2]) or (kind == "square" and not apart):
            return None, None, None
        display = kind in ("display", "square")
        name = _ID.match(data, end) if display else None
        end = name.end() if name else end
        formula = Formula(data[start:end], latex, display, name[1] if name else "")
        return _token(self.formulas, formula), start, end


def _is_prose(latex: str, opening: str) -> bool:
    r"""Say if what is between the signs is ordinary text: `$5 and US$`, `\(see below\)`."""
    if _SIGNS.search(latex):
        return False
    alone = opening.startswith("\\") and _WORD.fullmatch(latex)
    return bool(not latex.strip() or alone or _PROSE.search(latex))


def place(
    body: Element, formulas: Sequence[Formula], lang: str, spans: Iterator[Span],
    problems: list[Problem],
) -> None:  # fmt: skip
    """Replace the tokens of a tree with `<math>` elements; in code, with what the author typed.

    `spans` yields the location of each formula. Problem MTH001: LaTeX that cannot be read.
    """
    if not formulas:
        return
    made = [_made(*each, lang, problems) for each in zip(formulas, spans, strict=False)]
    _place_in_attributes(body, formulas, made)
    for run in text_runs(body):
        text = run.read()
        if MATH_OPEN not in text:
            continue
        holder = run.element.getparent() if run.is_tail else run.element
        around = [holder, *holder.iterancestors()] if holder is not None else []
        literal = any(each.tag in ("code", "pre", "kbd", "samp") for each in around)
        pieces: list[str | Element] = []
        done = 0
        for found in MATH.finditer(text):
            number = int(found[1])
            pieces += [text[done : found.start()]]
            pieces += [formulas[number].source if literal else made[number]]
            done = found.end()
        run.insert([*pieces, text[done:]])
        if not literal and holder is not None and holder.tag == "p" and _is_alone(holder):
            holder.set("class", f"formula {holder.get('class', '')}".strip())
    for formula, element in zip(formulas, made, strict=False):
        if formula.id and element.getparent() is not None:
            _set_apart(element, formula.id)


def _place_in_attributes(
    body: Element, formulas: Sequence[Formula], made: Sequence[Element]
) -> None:
    for element in body.iter("*"):
        for name, value in element.attrib.items():
            if MATH_OPEN in value:
                words = [each.get("alttext") or "" for each in made]
                sources = [each.source for each in formulas]
                texts = words if name in ("alt", "title") else sources
                parts = _TOKEN.split(value)
                parts[1::2] = [texts[int(number)] for number in parts[1::2]]
                element.set(name, "".join(parts))


def _set_apart(math: Element, id_: str) -> None:
    """Give a formula with an id a paragraph of its own, or a span where none can be."""
    parent = math.getparent()
    assert parent is not None
    if has_class(parent, "formula"):
        parent.set("id", id_)
        return
    apart = etree.Element("p" if parent.tag in _HOLDERS else "span", id=id_)
    parent.replace(math, apart)
    apart.tail, math.tail = math.tail, None
    apart.append(math)
    if apart.tag == "p":
        apart.set("class", "formula")
    if parent.tag != "p":
        return
    after, text = etree.Element("p"), apart.tail or ""
    end = len(text) - len(text.lstrip(".,;:"))
    math.tail, after.text, apart.tail = text[:end], text[end:].lstrip() or None, None
    after.extend(list(apart.itersiblings()))
    after.tail, parent.tail = parent.tail, None
    parent.addnext(apart)
    if after.text or len(after):
        apart.addnext(after)
    else:
        apart.tail = after.tail
    if not (parent.text or "").strip() and not len(parent):
        remove(parent)


def _is_alone(paragraph: Element) -> bool:
    """Say if a paragraph holds a display formula and nothing else."""
    alone = len(paragraph) == 1 and paragraph[0].get("display") == "block"
    return alone and not (paragraph.text or "").strip() and not (paragraph[0].tail or "").strip()


def _made(formula: Formula, span: Span, lang: str, problems: list[Problem]) -> Element:
    """Return a formula as MathML with its words; as code, with a problem, if it is not LaTeX."""
    flaw, element = _read(formula)
    if element is not None and not flaw:
        words = spoken(element) if lang.partition("-")[0].lower() == "en" else ""
        element.set("alttext", words or " ".join(formula.latex.split()))
        flaw = flaw_of(element)
    if flaw or element is None:
        said = " ".join(formula.source.split())
        said = said if len(said) <= 40 else f"{said[:39]}…"
        hint = r"correct the LaTeX, or write \$ for a dollar sign"
        problems.append(Problem("MTH001", span, f"formula '{said}': {flaw}", hint))
        element = etree.Element("code")
        element.text = formula.source
    return element


def _read(formula: Formula) -> tuple[str, Element | None]:
    """Return what is wrong with a formula, or its MathML."""
    from latex2mathml.converter import convert_to_element

    if len(formula.latex) > _LONGEST:
        return f"it has more than {_LONGEST} characters", None
    latex = _known(formula.latex.strip())
    try:
        if flaw := _unbalanced(latex):
            return flaw, None
        made = convert_to_element(latex, display="block" if formula.display else "inline")
        element = _copied(made)
    except RecursionError:
        return "it is nested too deeply", None
    except ValueError as error:  # raised by `_copied`
        return str(error), None
    except Exception as error:  # noqa: BLE001 - the library raises whatever went wrong
        return _LATEX.get(type(error).__name__, "it is not valid LaTeX"), None
    if not "".join(map(str, element.itertext())).strip():
        return "it is empty", None
    return "", element


def _known(latex: str) -> str:
    """Write environments that the library does not know as others that look the same."""
    latex = re.sub(r"\\(begin|end)\{(aligned|alignedat|eqnarray)\*?\}", r"\\\1{split}", latex)
    latex = re.sub(r"\\(begin|end)\{gather(ed)?\*?\}", r"\\\1{matrix}", latex)
    return re.sub(r"\\(begin|end)\{(equation|displaymath|math)\*?\}", "", latex)


def _unbalanced(latex: str) -> str:
    """Say if a brace has no partner, or an environment is not known; the library lets it pass."""
    depth = 0
    for brace in re.findall(r"\\.|[{}]", latex, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            break
    if depth:
        return "a brace is not closed" if depth > 0 else "a brace is closed that is not open"
    names = re.findall(r"\\begin\s*\{([^{}]*)\}", latex)
    unknown = next((name for name in names if not _ENVIRONMENT.fullmatch(name)), "")
    return f"the environment '{unknown}' is not known" if unknown else ""


def _copied(made: Any) -> Element:
    """Copy the library's tree, filtered.

    Raises:
        ValueError: it has a command that the library does not know, or may not have here.
    """
    name = str(made.tag).rpartition("}")[2]
    if name not in _ELEMENTS or len(made) != _CHILDREN.get(name, len(made)):
        raise ValueError("a part of it is missing" if name in _CHILDREN else f"it has <{name}>")
    if made.get("linebreak") or (name == "mi" and made.text == "&"):
        raise ValueError(r"\\ and & can be used only in an environment such as {aligned}")
    text = _entities(made.text or "")
    if name == "mi" and len(text) == 1 and unicodedata.category(text) == "Sm":
        name = name if text in "\u221e\u2202\u2207" else "mo"  # the library takes \pm for a letter
    element = etree.Element(f"{{{MATHML}}}{name}", nsmap={None: MATHML})
    if text.startswith("\\") and len(text) > 1:
        raise ValueError(f"the command '{text}' is not known")
    element.text = text or None
    for key, value in made.attrib.items():
        if key == "xmlns":
            continue
        if key not in _ATTRIBUTES:
            raise ValueError("colors, links, and styles cannot be used in it")
        # Points do not grow with the type; 3 of them are too few between fractions.
        element.set(key, "0.4em" if key == "rowspacing" else str(value))
    for child in _joined(list(made)):
        element.append(_copied(child))
    return element


def _entities(text: str) -> str:
    """Resolve the library's references to characters: `&#x0003D;`."""
    return re.sub(r"&#x([0-9A-Fa-f]+);", lambda found: chr(int(found[1], 16)), text)


def _joined(children: list[Any]) -> list[Any]:
    r"""Join upright letters into words: the library makes three of `\mathrm{BMI}`."""
    joined: list[Any] = []
    for child in children:
        upright = str(child.tag) == "mi" and child.get("mathvariant") == "normal"
        last = joined[-1] if joined else None
        if (
            upright
            and last is not None
            and last.tag == "mi"
            and last.get("mathvariant") == "normal"
        ):
            last.text = (last.text or "") + (child.text or "")
        else:
            joined.append(child)
    for child in joined:
        if child.get("mathvariant") == "normal" and len(_entities(child.text or "")) > 1:
            del child.attrib["mathvariant"]  # longer names are upright without it
    return joined


def unclosed(text: str, file: str, first_line: int, problems: list[Problem]) -> None:
    r"""Report `$$` or `\[` that begins a line and is never closed (MTH002)."""
    blank = without_code(text)
    blank = _DISPLAY.sub(lambda found: re.sub(r"\S", " ", found[0]), blank)
    blank = _INLINE.sub(lambda m: re.sub(r"\S", " ", m[0]), blank)
    for found in _OPENED.finditer(blank):
        line = first_line + blank.count("\n", 0, found.start("open"))
        column = found.start("open") - blank.rfind("\n", 0, found.start("open"))
        close = "$$" if found["open"] == "$$" else "\\]"
        message = (
            f"the formula that begins with '{found['open']}' is not closed; it is printed as is"
        )
        hint = f"end it with {close}, without a blank line in it"
        problems.append(Problem("MTH002", Span(file, line, column), message, hint))


def formulas_in(text: str) -> tuple[list[str], str]:
    """Return the formulas in a text that is not Markdown, and the text with spaces in their place.

    They are those of an article: amounts of money are not formulas.
    """
    formulas: list[str] = []

    def blank(found: re.Match[str]) -> str:
        source = found[0][len(found["before"]) :]
        if _is_prose(found[found.lastgroup or ""], source[:2]):
            return found[0]
        formulas.append(source)
        return f"{found['before']} "

    return formulas, _INLINE.sub(blank, text)


def blanked(text: str, formulas: Sequence[Formula]) -> str:
    """Replace formulas with spaces, since braces in them are not placeholders."""
    for source in {each.source for each in formulas}:
        text = text.replace(source, re.sub(r"[^\n]", " ", source))
    return text


def counted(formulas: Sequence[Formula]) -> Iterator[tuple[str, int]]:
    """Yield the source of each formula, and how many equal ones come before it."""
    seen: Counter[str] = Counter()
    for formula in formulas:
        yield formula.source, seen[formula.source]
        seen[formula.source] += 1
