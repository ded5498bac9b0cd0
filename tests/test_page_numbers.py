"""Back links give the page of their target, although no page is laid out twice for them."""

from __future__ import annotations

import random
import re

import pytest

from press.output.pdf import engine

STYLE = """@page { size: A6; @bottom-left { content: counter(page) " of " counter(pages) } }
a::after { content: " (page " target-counter(attr(href), page) ")" }"""


@pytest.mark.parametrize("seed", range(8))
def test_links_back_name_the_page(seed):
    import weasyprint

    chance = random.Random(seed)
    sections, targets = 20, []
    blocks = []
    for number in range(sections):
        words = "word " * chance.randrange(200)
        side = ' style="break-before: right"' if chance.random() < 0.1 else ""
        blocks.append(f"<h2 id=s{number}{side}>{number}</h2><p>{words}</p>")
    for _ in range(40):
        targets.append(chance.randrange(sections))
        blocks.append(f'<p>{"x " * chance.randrange(9)}<a href="#s{targets[-1]}">x</a></p>')
    engine.start()
    layout = weasyprint.HTML(string=f"<style>{STYLE}</style>{''.join(blocks)}").render()

    where = {id_: str(n) for n, page in enumerate(layout.pages, 1) for id_ in page.anchors}
    boxes = [box for page in layout.pages for box in page._page_box.descendants()]
    text = " ".join(box.text for box in boxes if hasattr(box, "text"))
    assert re.findall(r"\(page\s+(\d+)\)", text) == [where[f"s{t}"] for t in targets]
