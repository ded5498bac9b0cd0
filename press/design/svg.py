"""Drawings of a project: judged after they are parsed, and cleaned of what no format needs.

In: the bytes of an SVG. Out: bytes that hold only the elements and attributes of the tables below,
or why the drawing is refused, with its line. What other programs keep in a drawing for themselves
(metadata, elements and attributes of other namespaces) is left out; what could act, load something,
or unfold to far more than is written is refused. This module must not know where a drawing is
shown, nor whether its text can be set.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import tinycss2
from lxml import etree

from press.core.problems import counted
from press.core.trees import Element, remove
from press.design.css import addresses, declaration_faults, faults, is_local

NAMESPACE = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_XHTML = "{http://www.w3.org/1999/xhtml}"

LARGEST = 10_000_000
"""The most bytes of a drawing: as much as the parser takes for one attribute."""
MOST = 50_000
"""The most elements that a drawing may unfold to."""
_DEEPEST = 100
_MOST_DATA = 2**20
"""Characters of one attribute that is not a picture."""
_MOST_DIGITS = 200
_FARTHEST = 1e7
"""The largest coordinate or size."""
_CELLS = 1e6
"""The most cells of a pattern, or dashes of a line."""

_MATCHES = 1_000_000
"""The most rules with references, times elements."""

_KEPT = frozenset(
    "svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan "
    "textPath tref image marker pattern clipPath mask linearGradient radialGradient stop style "
    "switch a filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix "
    "feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB "
    "feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight "
    "feSpecularLighting feSpotLight feTile feTurbulence flowRoot flowRegion flowPara".split()
)
"""The elements of SVG 1.1 and SVG 2 that draw something, or say how."""
_LEFT_OUT = frozenset(
    "metadata font font-face glyph missing-glyph hkern vkern color-profile cursor view "
    "meshgradient meshrow meshpatch hatch hatchpath solidcolor solidColor".split()
)
"""The elements that browsers ignore, or that draw nothing by themselves."""
_PAINTED = (
    "alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation "
    "color-interpolation-filters color-rendering direction display dominant-baseline fill "
    "fill-opacity fill-rule filter flood-color flood-opacity font font-family font-size "
    "font-size-adjust font-stretch font-style font-variant font-weight image-rendering isolation "
    "kerning letter-spacing lighting-color line-height marker marker-end marker-mid marker-start "
    "mask mask-type mix-blend-mode opacity overflow paint-order shape-rendering stop-color "
    "stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin "
    "stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text-overflow "
    "text-rendering transform-origin unicode-bidi vector-effect visibility white-space "
    "word-spacing writing-mode glyph-orientation-vertical glyph-orientation-horizontal "
    "text-transform text-decoration-line font-variant-caps inline-size"
).split()
"""The presentation attributes (SVG 2, 6.6)."""
_MEASURED = (
    "cx cy d dx dy fr fx fy height markerHeight markerWidth offset pathLength points r refX refY "
    "rotate rx ry startOffset textLength viewBox width x x1 x2 y y1 y2 transform gradientTransform "
    "patternTransform font-size stroke-width stroke-dashoffset letter-spacing word-spacing z "
    "baseline-shift"
).split()
_OTHERS = (
    "id class style lang role type media href version baseProfile preserveAspectRatio "
    "gradientUnits spreadMethod patternUnits patternContentUnits maskUnits maskContentUnits "
    "clipPathUnits markerUnits orient lengthAdjust method spacing side systemLanguage "
    "requiredFeatures requiredExtensions filterUnits primitiveUnits in in2 result mode values "
    "operator k1 k2 k3 k4 order kernelMatrix divisor bias targetX targetY edgeMode preserveAlpha "
    "surfaceScale diffuseConstant specularConstant specularExponent limitingConeAngle azimuth "
    "elevation pointsAtX pointsAtY pointsAtZ scale xChannelSelector yChannelSelector stdDeviation "
    "radius baseFrequency numOctaves seed stitchTiles tableValues slope intercept amplitude "
    "exponent kernelUnitLength space"
).split()
_ATTRIBUTES = frozenset([*_PAINTED, *_MEASURED, *_OTHERS])
_GEOMETRY = frozenset(_MEASURED)
_MOST_OF = {
    "numOctaves": 10, "stdDeviation": 1_000, "radius": 1_000, "order": 20, "scale": 10_000,
    "baseFrequency": 100,
}  # fmt: skip
"""Attributes of filters that make much work, and the largest number that each may have."""
_INHERITED = frozenset("fill stroke marker marker-start marker-mid marker-end".split())
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif);base64,", re.I)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_FAR = re.compile(r"(?<![\d.])\d{8}|\d[eE]\+?\d")
"""What a number beyond `_FARTHEST` needs to have."""
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["']([^"'>]*)""")
_LOCAL = re.compile(r"url\(\s*['\"]?#([^'\"()]*)['\"]?\s*\)")
_AT_RULES = frozenset("media supports charset namespace".split())


class Unsafe(ValueError):
    """A drawing that is refused; the message completes `image 'a.svg' …`."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"{reason}, on line {line}" if line > 1 else reason)


def is_svg(data: bytes) -> bool:
    """Return whether bytes that are not a picture made of pixels are a drawing."""
    return b"<svg" in data[:4096]


def cleaned(data: bytes, picture: Callable[[bytes], str] = lambda _: "") -> bytes:
    """Return a drawing without what it does not need; the same bytes if it has nothing of that.

    `picture` says why a picture that is embedded in it cannot be used, or returns nothing.

    Raises:
        Unsafe: it cannot be read, could act or load something, or unfolds to too much.
    """
    root = _parsed(data)
    changed = b"<!DOCTYPE" in data
    for node in list(root.itersiblings(preceding=True)) + list(root.itersiblings()):
        changed |= _outside(node)
    judge = _Judge(root, picture)
    judge.clean()
    judge.unfold()
    if not changed and not judge.changed:
        return data
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=False, with_tail=False)


def is_safe_address(address: str) -> bool:
    """Return whether an address is a drawing in itself (RFC 2397) that `cleaned` lets through."""
    head, _, data = address.partition(",")
    if not head.lower().startswith("data:image/svg+xml"):
        return False
    try:
        cleaned(base64.b64decode(data) if ";base64" in head.lower() else unquote_to_bytes(data))
    except ValueError:
        return False
    return True


def _parsed(data: bytes) -> Element:
    """Parse a drawing.

    Raises:
        Unsafe: it is too large, not in UTF-8, declares entities, or is not well-formed SVG.
    """
    if len(data) > LARGEST:
        most = LARGEST // 1_000_000
        raise Unsafe(f"has {len(data) // 1_000_000} MB; the maximum for a drawing is {most} MB")
    if found := _ENCODING.match(data):
        name = found[1].decode("ascii", "replace")
        if name.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
            raise Unsafe(f"is encoded in {name}, not in UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unsafe("is not in UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    if b"<!ENTITY" in data:
        raise Unsafe("declares XML entities")
    if re.search(rb"<!DOCTYPE[^<>\[]*\[", data):
        raise Unsafe("has a document type with declarations")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unsafe(f"is not well-formed SVG: {error.msg}") from None
    if root.tag != f"{NAMESPACE}svg":
        raise Unsafe("is not SVG: its first element is not <svg> in the namespace of SVG")
    return root


def _outside(node: Any) -> bool:
    """Check what comes before or after the drawing; return whether it must be left out."""
    if isinstance(node, etree._Comment):  # noqa: SLF001
        return False
    if getattr(node, "target", "") == "xml-stylesheet":
        raise Unsafe("has a processing instruction that loads a style sheet", node.sourceline or 0)
    return True


class _Judge:
    """Cleans and judges one drawing."""

    def __init__(self, root: Element, picture: Callable[[bytes], str]) -> None:
        self.root = root
        self.picture = picture
        self.changed = False
        self.farthest = 1.0
        """The largest coordinate."""

    def clean(self) -> None:
        """Leave out what a drawing does not need.

        Raises:
            Unsafe: there is something that could act, or load something.
        """
        below = [(self.root, 1)]
        count = 0
        while below:
            element, depth = below.pop()
            count += 1
            if depth > _DEEPEST or count > MOST:
                levels = depth > _DEEPEST
                most, what = (_DEEPEST, "levels of elements") if levels else (MOST, "elements")
                raise Unsafe(f"has more than {most} {what}", element.sourceline or 0)
            if element.tag == f"{NAMESPACE}switch":
                self.choose(element)
            below += [(child, depth + 1) for child in list(element) if self.keep(child)]
            self.attributes(element)
            if element.tag == f"{NAMESPACE}style":
                _check_style(element)

    def drop(self, element: Any) -> None:
        """Leave an element out, but not the text after it."""
        remove(element)
        self.changed = True

    def keep(self, element: Any) -> bool:
        """Return whether an element stays in the drawing; leave it out if not."""
        line = element.sourceline or 0
        if isinstance(element, etree._Comment):  # noqa: SLF001
            return False  # it stays, but has no content
        if not isinstance(element.tag, str):
            self.drop(element)
            return False
        space, _, name = element.tag.rpartition("}")
        if f"{space}}}" == NAMESPACE and name in _KEPT:
            if name == "a":
                element.tag = f"{NAMESPACE}g"  # a picture has no links (SVG Integration, 3.2)
                self.changed = True
            return True
        if (f"{space}}}" in (NAMESPACE, _XHTML) or not space) and name not in _LEFT_OUT:
            raise Unsafe(f"contains a <{name.lower()}> element", line)
        self.drop(element)
        return False

    def choose(self, switch: Element) -> None:
        """Keep the version of a `<switch>` that is drawn, if every reader draws the same one.

        A `<foreignObject>` is never drawn: programs put plain text after it for that.
        """
        for child in list(switch.iterchildren(f"{NAMESPACE}foreignObject")):
            if len(switch) > 1:
                self.drop(child)
        tests = ("systemLanguage", "requiredExtensions")
        if not any(child.get(name) for child in switch.iterchildren("*") for name in tests):
            for child in list(switch.iterchildren("*"))[1:]:
                self.drop(child)

    def attributes(self, element: Element) -> None:
        """Leave out the attributes that a drawing does not need; judge the others."""
        was_link = element.tag == f"{NAMESPACE}g"
        if element.tag == f"{NAMESPACE}image" and not (element.get("href") or element.get(XLINK)):
            raise Unsafe("contains an empty <image> element", element.sourceline or 0)
        for key, value in list(element.items()):
            space, _, name = str(key).rpartition("}")
            if name.lower().startswith("on"):
                reason = f"contains the script attribute '{name.lower()}'"
                raise Unsafe(reason, element.sourceline or 0)
            known = name in _ATTRIBUTES and not space
            known |= name.startswith(("aria-", "data-")) and not space
            if known or key in (XLINK, f"{_XML}lang", f"{_XML}space"):
                if name == "href" and was_link:
                    del element.attrib[key]
                    self.changed = True
                else:
                    self.judge(element, name, str(value))
            elif name == "src" or key == f"{_XML}base":
                raise Unsafe("refers to something outside the file", element.sourceline or 0)
            else:
                del element.attrib[key]
                self.changed = True

    def judge(self, element: Element, name: str, value: str) -> None:
        """Judge an attribute."""
        line = element.sourceline or 0
        if name == "href":
            self.reference(element, value.strip())
            return
        if len(value) > _MOST_DATA and name != "d":
            raise Unsafe(
                f"has the attribute '{name}' with {counted(len(value), 'character')}", line
            )
        if name == "style":
            if found := declaration_faults(value):
                raise Unsafe(_said(found[0].message, loads=found[0].loads), line)
        elif ("(" in value or "\\" in value) and not name.lower().endswith("transform"):
            _check_addresses(value, line)
        if name in _GEOMETRY and name != "transform":
            self.measure(name, value, line)
        if name in _MOST_OF and any(abs(n) > _MOST_OF[name] for n in _numbers(value)):
            raise Unsafe(f"has '{name}' with {value[:40]}, which is too large", line)

    def reference(self, element: Element, value: str) -> None:
        """Judge an address: a part of the same drawing, or a picture that is embedded in it."""
        if value.startswith("#"):
            return
        line = element.sourceline or 0
        found = _PICTURE.match(value)
        if element.tag != f"{NAMESPACE}image" or not found:
            raise Unsafe("refers to something outside the file", line)
        try:
            data = base64.b64decode(value[found.end() :])
        except ValueError:
            raise Unsafe("contains a picture that is damaged", line) from None
        if flaw := self.picture(data):
            raise Unsafe(f"contains a picture that {flaw}", line)

    def measure(self, name: str, value: str, line: int) -> None:
        """Refuse a coordinate or a size that is too large; remember the largest one."""
        if name in ("width", "height", "viewBox") and len(value) > _MOST_DIGITS:
            raise Unsafe(f"has '{name}' with {counted(len(value), 'character')}", line)
        if _FAR.search(value):
            for number in _numbers(value):
                if not abs(number) <= _FARTHEST:
                    raise Unsafe(f"has '{name}' with a number that is too large", line)
        if name in ("width", "height", "viewBox", "x", "y", "x2", "y2"):
            self.farthest = max([self.farthest, *map(abs, _numbers(value[:200]))])

    def unfold(self) -> None:
        """Refuse a drawing that refers to itself, or that unfolds to too many elements."""
        sizes = _Sizes(self.root)
        if sizes.of(self.root) > MOST:
            raise Unsafe(f"unfolds to more than {MOST} elements")
        for element in self.root.iter(f"{NAMESPACE}pattern"):
            self.cells(element)
        for element in self.root.iter("*"):
            self.dashes(element)

    def cells(self, pattern: Element) -> None:
        """Refuse a pattern of so small cells that it would have too many."""
        sides = [next(_numbers(pattern.get(side) or ""), None) for side in ("width", "height")]
        scale = _scale(pattern.get("patternTransform") or "")
        boxes = pattern.get("patternUnits") != "userSpaceOnUse"
        cells = 1.0
        for side, text in zip(sides, ("width", "height"), strict=True):
            if side is None or side <= 0:
                continue  # it is not drawn
            part = side / 100 if "%" in (pattern.get(text) or "") else side
            whole = 1.0 if boxes or part != side else 2 * self.farthest
            cells *= max(whole / (part * scale), 1.0) if part * scale else _CELLS + 1
        if cells > _CELLS:
            raise Unsafe("has a pattern of too many cells", pattern.sourceline or 0)

    def dashes(self, element: Element) -> None:
        """Refuse a line of too many dashes."""
        given = element.get("stroke-dasharray") or ""
        if not given:
            found = re.search(r"stroke-dasharray\s*:\s*([^;]*)", element.get("style") or "")
            given = found[1] if found else ""
        if (period := sum(_numbers(given))) > 0 and self.farthest / period > _CELLS:
            raise Unsafe("has a line of too many dashes", element.sourceline or 0)


def _said(message: str, *, loads: bool) -> str:
    return "refers to something outside the file" if loads else message


def _numbers(text: str) -> Iterator[float]:
    return (float(found[0]) for found in _NUMBER.finditer(text))


def _scale(transform: str) -> float:
    """Return by how much a transformation scales at least, as the product of its scales."""
    scale = 1.0
    for name, given in re.findall(r"(matrix|scale)\s*\(([^()]*)\)", transform):
        numbers = list(_numbers(given))
        if name == "scale" and numbers:
            scale *= min(map(abs, numbers[:2]))
        elif len(numbers) >= 4:
            a, b, c, d = numbers[:4]
            scale *= min(abs(a) + abs(b), abs(c) + abs(d))
    return scale


def _plain(value: str) -> str:
    """Return a value of CSS with its escapes resolved (CSS Syntax 3, 4.3.7)."""
    if "\\" not in value:
        return value
    return str(tinycss2.serialize(tinycss2.parse_component_value_list(value)))


def _check_addresses(value: str, line: int) -> None:
    if not is_local(value):
        raise Unsafe("refers to something outside the file", line)


def _check_style(element: Element) -> None:
    """Judge the style sheet of a drawing."""
    line, css = element.sourceline or 1, element.text or ""
    if len(element):
        raise Unsafe("has an element in its <style>", line)
    for fault in faults(css):
        raise Unsafe(_said(fault.message, loads=fault.loads), line + fault.line - 1)
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule" and rule.lower_at_keyword not in _AT_RULES:
            name = rule.lower_at_keyword
            raise Unsafe(f"has '@{name}' in its style", line + rule.source_line - 1)


class _Sizes:
    """The number of elements that each element of a drawing unfolds to."""

    def __init__(self, root: Element) -> None:
        self.ids: dict[str, Element] = {}
        for element in root.iter("*"):
            self.ids.setdefault(element.get("id") or "", element)
        self.all = list(self.ids.values())  # lxml forgets an element that nothing refers to
        self.styled = self._by_rules(root)
        self.known: dict[Element, int] = {}
        self.open: set[Element] = set()

    def _by_rules(self, root: Element) -> dict[Element, list[str]]:
        """Return the ids that a style sheet makes elements refer to."""
        import cssselect2

        matcher, rules = cssselect2.Matcher(), 0
        for style in root.iter(f"{NAMESPACE}style"):
            for rule in _rules(tinycss2.parse_stylesheet(style.text or "", True, True)):
                ids = [a[1:] for _, a in addresses(rule.content) if a.startswith("#")]
                with contextlib.suppress(cssselect2.SelectorError):  # it matches nothing
                    for selector in cssselect2.compile_selector_list(rule.prelude) if ids else ():
                        matcher.add_selector(selector, ids)
                        rules += 1
        elements = sum(1 for _ in root.iter("*"))
        if rules * elements > _MATCHES:
            raise Unsafe("has a style with too many rules for its number of elements")
        found: dict[Element, list[str]] = {}
        if rules:
            for one in cssselect2.ElementWrapper.from_xml_root(root).iter_subtree():
                if ids := [id_ for match in matcher.match(one) for id_ in match[-1]]:
                    found[one.etree_element] = ids
        return found

    def of(self, element: Element) -> int:
        """Return the number of elements that an element unfolds to.

        Raises:
            Unsafe: it refers to itself, or there are too many.
        """
        if element in self.known:
            return self.known[element]
        line = element.sourceline or 0
        if len(self.open) > 2 * _DEEPEST:
            raise Unsafe("has elements that refer to others on too many levels", line)
        self.open.add(element)
        own = 1 + sum(self.of(child) for child in element.iterchildren("*"))
        total = own
        for id_, times in self._referred(element, own).items():
            if (target := self.ids.get(id_)) is not None:
                if target in self.open:
                    name = str(element.tag).removeprefix(NAMESPACE)
                    raise Unsafe(f"has a <{name}> element that refers to itself", line)
                total += self.of(target) * times
        if total > MOST:
            raise Unsafe(f"unfolds to more than {MOST} elements", line)
        self.open.remove(element)
        self.known[element] = total
        return total

    def _referred(self, element: Element, size: int) -> Counter[str]:
        """Return the ids that an element refers to, and how often each is drawn."""
        found: Counter[str] = Counter()
        link = element.get("href") or element.get(XLINK) or ""
        if link.startswith("#"):
            found[link[1:]] += 1
        given = {str(k): str(v) for k, v in element.items() if "url" in str(v) or "\\" in str(v)}
        if style := given.pop("style", ""):
            nodes = tinycss2.parse_blocks_contents(style, True, True)
            given |= {n.lower_name: tinycss2.serialize(n.value)
                      for n in nodes if n.type == "declaration"}  # fmt: skip
        for name, value in given.items():
            for id_ in _LOCAL.findall(_plain(value)):
                found[id_] += self._times(element, name, size)
        for id_ in self.styled.get(element, ()):
            found[id_] += self._times(element, "marker", size)
        return found

    @staticmethod
    def _times(element: Element, name: str, size: int) -> int:
        """Return how often what a property refers to is drawn: for each element, or vertex."""
        if not name.startswith("marker"):
            return size if name in _INHERITED else 1
        data = "".join((e.get("d") or "") + (e.get("points") or "") for e in element.iter("*"))
        return size + len(re.findall(r"[-+.\d]+", data)) // 2


def _rules(nodes: Any) -> Iterator[Any]:
    """Yield the style rules of a sheet, with those in others."""
    for node in nodes:
        if node.type == "qualified-rule":
            yield node
        elif node.type == "at-rule" and node.content:
            yield from _rules(tinycss2.parse_rule_list(node.content, True, True))
