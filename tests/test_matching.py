"""Blocks of a file are compared with those of the document: exactly, one by one, and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from press.core import speech
from press.document.units import Unit
from press.proof.ink import consumed, fits, misread
from press.proof.matching import ANY_PAGE, Match, compare, kind_differs, marked, reads

WORD = st.text(st.sampled_from("abcdeéßx0123456789.,%<>/()\u2212"), min_size=1, max_size=9)
TEXT = st.lists(WORD, min_size=1, max_size=12).map(" ".join)


def units_of(html: str) -> list[Unit]:
    """Return the units of a piece of HTML."""
    blocks = speech.speak([etree.fromstring(f"<body>{html}</body>")])
    return [Unit(block.role, block.text, block=block, part=0) for block in blocks]


def differs(unit: Unit, block: speech.Block) -> str:
    """Compare a unit with a block as the elements of an e-book are compared."""
    assert unit.block is not None
    wanted, found = marked(unit.block), marked(block)
    return reads(wanted, found) if wanted != found else kind_differs(unit, block)


def said(wanted: str, found: str) -> list[str]:
    """Return what is wrong with HTML that should be like other HTML; `+` marks what is too much."""
    blocks = [unit.block for unit in units_of(found)]
    match: Match = compare(units_of(wanted), [b for b in blocks if b is not None], differs)
    faults = [f"{unit.what} '{unit.text}' {what}" for unit, what in match.faults]
    return faults + [f"+ {extra.block.role}: {extra.block.text}" for extra in match.extras]


LIST = "<h2>Doses</h2><ol start='3'><li>Take 5-10 drops.</li><li>Drink.</li></ol><p>Rest.</p>"


def test_what_is_the_same_is_the_same() -> None:
    assert said(LIST, LIST) == []


def test_each_kind_of_difference_has_its_own_words() -> None:
    changed = {
        "<li>Drink.</li>": "",
        "Take 5-10 drops.": "Take 510 drops.",
        "start='3'": "start='1'",
        "<h2>Doses</h2>": "<h3>Doses</h3>",
        "<p>Rest.</p>": "<p>Rest.</p><p>Rest.</p>",
        "<p>Rest.</p></": "</",
    }
    found = {old: said(LIST, LIST.replace(old, new)) for old, new in changed.items()}
    assert found["<li>Drink.</li>"] == ["list item 'Drink.' is missing"]
    assert found["Take 5-10 drops."] == [
        "list item 'Take 5-10 drops.' reads 'Take 510 drops.' instead of 'Take 5-10 drops.'"
    ]
    assert found["start='3'"] == [
        "list item 'Take 5-10 drops.' has the number '1', not '3'",
        "list item 'Drink.' has the number '2', not '4'",
    ]
    assert found["<h2>Doses</h2>"] == ["heading 2 'Doses' is a heading 3, not a heading 2"]
    assert found["<p>Rest.</p>"] == ["+ paragraph: Rest."]
    swapped = "<p>Rest.</p><h2>Doses</h2>"
    assert said("<h2>Doses</h2><p>Rest.</p>", swapped) == [
        "paragraph 'Rest.' is in another place, at the beginning"
    ]


def test_a_cell_belongs_to_its_row_and_header() -> None:
    table = (
        "<table><thead><tr><th>Day</th><th>Dose</th></tr></thead>"
        "<tbody><tr><td>1</td><td>71</td></tr><tr><td></td><td>7</td></tr></tbody></table>"
    )
    assert said(table, table) == []
    assert said(table, table.replace("<td></td>", "")) == [
        "table cell '' is missing",
        "table cell '7' is in row 3, column 1, not row 3, column 2",
    ]
    torn = table.replace("</tr><tr><td></td>", "</tr></tbody></table><table><tbody><tr><td></td>")
    assert said(table, torn) == [
        "table cell '' is in row 1, column 1, not row 3, column 1",
        "table cell '7' is in row 1, column 2, not row 3, column 2",
    ]
    assert said(table, table.replace("Dose", "Day"))[0].startswith("header cell 'Dose' reads 'Day'")


@given(st.lists(TEXT, min_size=1, max_size=8), st.data())
def test_no_change_of_one_block_goes_unnoticed(texts: list[str], data: st.DataObject) -> None:
    paragraphs = [f"<p>{escaped(text)}</p>" for text in texts]
    place = data.draw(st.integers(0, len(texts) - 1))
    kind = data.draw(st.sampled_from(["remove", "double", "swap", "alter"]))
    changed = list(paragraphs)
    if kind == "remove":
        del changed[place]
    elif kind == "double":
        changed.insert(place, changed[place])
    elif kind == "swap":
        changed[place], changed[place - 1] = changed[place - 1], changed[place]
    else:
        changed[place] = f"<p>{escaped(texts[place])}8</p>"
    assert bool(said("".join(paragraphs), "".join(changed))) == (changed != paragraphs)
    assert said("".join(paragraphs), "".join(paragraphs)) == []


def escaped(text: str) -> str:
    """Write a text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


@given(TEXT, st.data())
def test_lines_may_break_anywhere(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=4)))
    pieces = [text[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert fits(text, [piece for piece in pieces if piece])


@given(TEXT, st.data())
def test_no_sign_may_change_within_a_line(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    other = text[:place] + data.draw(st.sampled_from("zw")) + text[place + 1 :]
    assert not fits(text, [other])
    assert "instead of" in misread(text, [other])


def test_a_hyphen_at_the_end_of_a_line_may_be_one_of_hyphenation() -> None:
    assert fits("medicine", ["medi-", "cine"])
    assert fits("well-known", ["well-", "known"])
    assert not fits("take 510 drops", ["take 5-", "10 drops"])
    assert not fits("take 5-10 drops", ["take 510 drops"])
    assert not fits("2 5 mg", ["25 mg"])
    assert not fits("25 mg", ["2 5 mg"])


def test_signs_that_change_a_meaning_count() -> None:
    for text, wrong in (("0.5 mg", "05 mg"), ("< 10", "10"), ("\u22128.08", "8.08"), ("5%", "5")):
        assert not fits(text, [wrong])


def test_paper_adds_page_numbers_to_links_back_and_styles_add_ornaments() -> None:
    assert fits(f"Cited at a{ANY_PAGE}, b{ANY_PAGE}", ["Cited at", "a", "(p. 3)", ", b", "(p. 12)"])
    assert fits(f"Cited at a{ANY_PAGE}", ["Cited at a"])
    assert not fits("Cited at a", ["Cited at", "a", "(p. 3)"])
    assert fits("Rest.", ["\u2610", "Rest."])


def test_a_text_ends_where_a_piece_does() -> None:
    assert consumed("7", ["71", "7"]) == -1
    assert consumed("7", ["71", "7"], 1) == 2
    assert consumed("7 1", ["7", "1", "7"]) == 2
