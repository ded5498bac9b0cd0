"""What a project's own templates make: searched for anything that acts, or loads something.

In: the text that a template was filled to. Out: what in it is refused. The text is judged as XML;
what an HTML parser would read otherwise (CDATA, processing instructions, comments with brackets) is
refused, so that no browser finds an element that was not judged. This module must not know which
template it was, nor any format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from press.core.records import dataclass
from press.design import css, svg
from press.design.svg import is_safe_address


@dataclass(frozen=True)
class Harm:
    """Something that is refused."""

    message: str
    """What completes the sentence `the template …`."""
    words: str = ""
    """What to look for in the template's text."""


_ELEMENTS = frozenset(
    # HTML
    "html head body title meta link style script nav header footer main article aside section "
    "div p h1 h2 h3 h4 h5 h6 hgroup ul ol li dl dt dd blockquote pre figure figcaption table "
    "caption colgroup col thead tbody tfoot tr th td hr a abbr b strong i em u s del ins sub "
    "sup small code kbd samp var q cite dfn mark span br img time wbr bdi bdo data ruby rt rp "
    "address details summary form fieldset legend label input textarea select option "
    "button output search "
    # The table of contents for older readers (NCX, Z39.86-2005, 8)
    "ncx docTitle docAuthor text navMap navPoint navLabel navInfo navList navTarget content "
    "pageList pageTarget "
    # The element in which a fragment is put to be read
    "filled".split()
)
_MATHS = re.compile(r"m(?!action$|glyph$)[a-z]+|semantics|annotation|none")
_REFUSED = frozenset(
    "srcdoc srcset action formaction ping background poster data manifest codebase archive "
    "classid longdesc profile usemap base".split()
)
"""Attributes that make a browser load or send something."""
_EQUIVALENTS = ("content-security-policy", "content-type")
_LINKED = re.compile(r"(?:https?|mailto|tel):|(?![a-z][a-z0-9+.-]*:)(?!//)", re.I)
_SHOWN = re.compile(r"data:(?:,$|image/(?:png|jpeg|gif)[;,])|(?![a-z][a-z0-9+.-]*:)(?!//)", re.I)
_HEAD = re.compile(r"\s*(?:<\?xml\b[^<>]*\?>\s*)?(?:<!DOCTYPE\b[^<>\[]*>)?", re.I)
_EMPTY = re.compile(r"<!\[CDATA\[(?:\*/)?\s*(?:/\*|//)?\s*\]\]>")
_ODD = re.compile(r"<!(?!--)|<\?|\]\]>|<!--(?=(?:(?!-->).)*[<>](?:(?!-->).)*-->)", re.S)
_PREFIXES = 'xmlns:epub="http://www.idpf.org/2007/ops"'
_MATHML = "{http://www.w3.org/1998/Math/MathML}"


def harms(
    text: str, own: Iterable[str] = (), content: str = "", *, loose: bool = False
) -> Iterator[Harm]:
    """Yield what is refused in a filled template.

    `own` are the style sheet and the program that makebook itself puts in, and `content` the
    article, whose drawings have been judged and may since have a font embedded. With `loose`, text
    that is not well-formed is not judged: it is for paper, on which nothing can act.
    """
    for part in own:
        if part:
            text = text.replace(part, "")
    text = _EMPTY.sub("", text[_HEAD.match(text).end() :])  # type: ignore[union-attr]
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(f"<filled {_PREFIXES}>{text}</filled>", parser)
    except etree.XMLSyntaxError as error:
        if not loose:
            yield Harm(f"is not well-formed XML: {error.msg}")
        return
    if not loose and (found := _ODD.search(text)):
        yield Harm(f"has '{found[0]}', which a browser reads otherwise than XML", found[0])
    yield from _of_elements(root, content)


def _of_elements(root: Any, content: str) -> Iterator[Harm]:
    below = [root]
    while below:
        element = below.pop()
        if not isinstance(element.tag, str):
            continue
        space, _, name = element.tag.rpartition("}")
        if name != "img" or f'src="{escape(element.get("src") or "")}"' not in content:
            yield from _of_attributes(element, name)
        if name == "svg":
            yield from _of_drawing(element)
            continue
        if not _is_allowed(element, space, name):
            yield Harm(f"contains a <{name}> element", f"<{name}")
            continue
        if name == "style":
            for fault in css.faults(element.text or "", is_safe_address):
                yield Harm(f"has a style that {fault.message}", "<style")
        below += element


def _is_allowed(element: Any, space: str, name: str) -> bool:
    maths = f"{space}}}" == _MATHML or name == "math"
    if maths or element.xpath("boolean(ancestor::*[local-name()='math'])"):
        return bool(_MATHS.fullmatch(name))
    if name == "script":
        return not (element.text or "").strip("/*<>![]CDAT \n") and not element.attrib
    return name in _ELEMENTS


def _of_drawing(element: Any) -> Iterator[Harm]:
    for inner in element.iterdescendants("*"):
        yield from _of_attributes(inner, inner.tag.rpartition("}")[2])
    try:
        svg.cleaned(etree.tostring(element, with_tail=False, encoding="utf-8"))
    except svg.Unsafe as error:
        yield Harm(f"has a drawing that {error}", "<svg")


def _of_attributes(element: Any, tag: str) -> Iterator[Harm]:
    for key, value in element.items():
        name = key.rpartition("}")[2].lower()
        shown = re.sub(r"[\x00-\x20]", "", value)
        bad = name.startswith("on") or name in _REFUSED
        if name == "http-equiv":
            bad = value.lower() not in _EQUIVALENTS
        elif name in ("href", "src"):
            links = tag == "a" and name == "href"
            bad = not (_LINKED if links else _SHOWN).match(shown) and not is_safe_address(value)
        elif name == "style":
            bad = bool(css.declaration_faults(value))
        if bad:
            yield Harm(f"has the attribute {name}='{value[:80]}'", f"{name}=")
