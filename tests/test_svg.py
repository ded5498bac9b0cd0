"""Drawings as other programs write them, which come through without what no format needs."""

from __future__ import annotations

import pytest
from lxml import etree

from press.core.problems import Span
from press.design.svg import Unsafe, cleaned
from press.source.images import read_image

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
DRAWINGS = {
    "Inkscape": f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->
<svg {NAMES} width="80mm" height="40mm" viewBox="0 0 80 40" version="1.1" id="svg1"
   inkscape:version="1.3" sodipodi:docname="bed.svg"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
   xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
   xmlns:cc="http://creativecommons.org/ns#">
  <title>A bed</title>
  <sodipodi:namedview id="view" pagecolor="#ffffff" inkscape:zoom="1.5"/>
  <defs id="d"><linearGradient id="g"><stop offset="0" style="stop-color:#0af"/></linearGradient>
    <inkscape:path-effect effect="spiro" id="e"/></defs>
  <metadata id="m"><rdf:RDF><cc:Work rdf:about=""/></rdf:RDF></metadata>
  <g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1">
    <path style="fill:url(#g);stroke:#000;-inkscape-stroke:none" d="m 1,2 h 30 v 9 z" id="p"
      sodipodi:nodetypes="cccc"/>
    <text xml:space="preserve" style="font-size:4px" x="2" y="30" id="t"><tspan
      sodipodi:role="line" id="s" x="2" y="30">Rest</tspan></text>
  </g>
</svg>""",
    "Illustrator": f"""<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 28.0, SVG Export Plug-In -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Layer_1" {NAMES} x="0px" y="0px" viewBox="0 0 80 40"
   style="enable-background:new 0 0 80 40;" xml:space="preserve"
   xmlns:i="http://ns.adobe.com/AdobeIllustrator/10.0/">
<style type="text/css">.st0{{fill:#FF0000;}} .st1{{font-family:'MyriadPro-Regular';}}</style>
<switch><foreignObject requiredExtensions="http://ns.adobe.com/AdobeIllustrator/10.0/" x="0" y="0"
   width="1" height="1"><i:aipgfRef xlink:href="#adobe_illustrator_pgf"/></foreignObject>
<g i:extraneous="self"><rect class="st0" width="30" height="9"/>
<text transform="matrix(1 0 0 1 2 30)" class="st1">Rest</text></g></switch>
<i:aipgf id="adobe_illustrator_pgf">eJzsvWmPHcl1</i:aipgf>
</svg>""",
    "matplotlib": f"""<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg {NAMES} width="460.8pt" height="345.6pt" viewBox="0 0 460.8 345.6" version="1.1">
 <metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
 <defs><style type="text/css">*{{stroke-linejoin: round; stroke-linecap: butt}}</style></defs>
 <g id="figure_1"><g id="patch_1"><path d="M 0 345.6 L 460.8 345.6 L 460.8 0 z"
   style="fill: #ffffff"/></g>
  <g clip-path="url(#pe4)"><use xlink:href="#m1" x="57.6" y="307.584" style="fill: #1f77b4"/></g>
  <g><text style="font: 10px 'DejaVu Sans', sans-serif; text-anchor: middle" x="57.6" y="322"
   transform="rotate(-0 57.6 322)">Rest</text></g></g>
 <defs><path id="m1" d="M 0 3 C 0.8 3 1.5 2.6 2 2 z"/>
  <clipPath id="pe4"><rect x="57.6" y="41.4" width="357.1" height="266.1"/></clipPath></defs>
</svg>""",
    "draw.io": f"""<svg {NAMES} version="1.1" width="121px" height="61px" viewBox="-0.5 -0.5 121 61"
 content="&lt;mxfile&gt;&lt;/mxfile&gt;" style="background: #ffffff; color-scheme: light dark;">
 <defs/><g><g data-cell-id="0"><rect x="0" y="0" width="120" height="60" fill="#ffffff"
  stroke="#000000" pointer-events="all" style="fill: light-dark(#ffffff, var(--ge, #121212));"/>
 <g transform="translate(-0.5 -0.5)"><switch><foreignObject pointer-events="none" width="100%"
  height="100%" requiredFeatures="http://www.w3.org/TR/SVG11/feature#Extensibility"><div
  xmlns="http://www.w3.org/1999/xhtml" onclick="alert(1)">Rest</div></foreignObject>
  <text x="60" y="34" font-family="Helvetica" font-size="12px">Rest</text></switch></g></g></g>
 <switch><g requiredFeatures="http://www.w3.org/TR/SVG11/feature#Extensibility"/>
  <a transform="translate(0,-5)" xlink:href="https://www.drawio.com/doc/faq" target="_blank">
  <text text-anchor="middle" font-size="10px" x="50%" y="100%">Text is not SVG</text></a></switch>
</svg>""",
}
"""A bed and one word, as each program saves them."""
PLAIN = f'<svg {NAMES} viewBox="0 0 9 9"><!-- a line --><path d="M0 0h9v1z"/></svg>\n'.encode()


@pytest.mark.parametrize("program", DRAWINGS)
def test_a_drawing_of_another_program(tmp_path, program):
    (tmp_path / "bed.svg").write_text(DRAWINGS[program])
    problems = []
    image = read_image("bed.svg", tmp_path, Span("a.md"), problems)
    assert not problems
    root = etree.fromstring(image.data)
    assert [" ".join("".join(e.itertext()).split()) for e in root.iter("{*}text")] == ["Rest"]
    assert {etree.QName(e).namespace for e in root.iter("*")} == {"http://www.w3.org/2000/svg"}
    for word in (b"DOCTYPE", b"metadata", b"foreignObject", b"sodipodi", b"drawio", b"alert"):
        assert word not in image.data
    drawn = ("rect", "path", "use")
    assert any(etree.QName(e).localname in drawn for e in root.iter("*"))
    assert image.original, "the file is known by its own hash"


def test_a_drawing_that_needs_nothing():
    """It stays as its author wrote it, byte for byte."""
    assert cleaned(PLAIN) is PLAIN


def test_the_line_of_what_is_refused():
    data = PLAIN.replace(b"<path", b"\n\n<set/><path")
    with pytest.raises(Unsafe, match="contains a <set> element, on line 3"):
        cleaned(data)


def test_a_drawing_of_many_parts():
    """A drawing that unfolds to fewer elements than the limit comes through."""
    uses, paths = '<use href="#a"/>' * 400, '<path d="M0 0h1"/>' * 100
    data = f'<svg {NAMES} viewBox="0 0 9 9"><g id="a">{paths}</g>{uses}</svg>'
    assert cleaned(data.encode())
    with pytest.raises(Unsafe, match="unfolds to more than"):
        cleaned(data.replace("</svg>", f"{uses}</svg>").encode())
