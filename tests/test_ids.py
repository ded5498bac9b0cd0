"""Ids and kinds of headings: what an author may call a section, makebook may call a part too.

A heading named like the references page, the words before the first heading, a page of the e-book,
or a notice is a heading like any other, in each format.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from press.cli import main

ARTICLE = """---
title: Sleep
date: 2026-01-02
bibliography: refs.bib
---

Words before the first heading [@rest].

## Introduction

Sleep is rest. See [the sources](#references) and [the list](#references-1).

## References

The author's own words about the sources.

### Notice the signs

Look at [page two](#page-2) and [the title](#introduction-title).

## Introduction title

| Dose[^a] | Time | Food | Water |
|---|---|---|---|
| 5 mg | noon | none | one glass |

[^a]: As prescribed.

## Page 2

This has the name of a page of the e-book.

## Cite 1

This has the name of a citation.

## Abstract

This and the next have names that the title page uses.

## Short

Short.

### Facts

Facts.
"""
NOTICE = """---
id: general
title: About
short: Not medical advice.
place: [opening, every-page]
---

Read [below](#below), and [the first words](#introduction).

### More {#below}

Ask.
"""
BOOK = (
    "@book{rest, author = {Lee, A.}, title = {Rest}, publisher = {Example}, year = {2020},"
    " address = {London}}\n"
)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published folder of the article above."""
    root = tmp_path_factory.mktemp("ids")
    (root / "source").mkdir()
    (root / "makebook.toml").write_text("")
    (root / "source" / "sleep.md").write_text(ARTICLE)
    (root / "source" / "refs.bib").write_text(BOOK)
    (root / "source" / "disclaimers").mkdir()
    (root / "source" / "disclaimers" / "general.md").write_text(NOTICE)
    with pytest.raises(SystemExit) as end:
        main(["build", "--strict", "--project", str(root)])
    assert end.value.code == 0
    return root / "build"


def ids(data: bytes) -> list[str]:
    return [e.get("id") for e in etree.fromstring(data).iter("*") if e.get("id")]


def book(output: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(output / "sleep.epub") as archive:
        return {n: archive.read(n) for n in archive.namelist() if n.endswith(".xhtml")}


def test_no_id_occurs_twice(output: Path) -> None:
    page = ids((output / "sleep.html").read_bytes())
    assert len(page) == len(set(page))
    assert {"introduction", "introduction-1", "references", "references-1"} <= set(page)
    for data in book(output).values():
        assert len(ids(data)) == len(set(ids(data)))


def test_links_lead_to_what_they_name(output: Path) -> None:
    tree = etree.fromstring((output / "sleep.html").read_bytes())
    titled = {e.get("id"): e.findtext("{*}h2") for e in tree.iter("{*}section") if e.get("id")}
    assert titled["references"] == titled["references-1"] == "References"
    assert tree.xpath("string(//*[@id='references-1']//*[local-name()='p'])").startswith("The au")
    assert titled["introduction"] == "Introduction"
    assert titled["introduction-title"] == "Introduction title"
    assert titled["page-2"] == "Page 2"


def test_a_notice_links_to_its_own_text_or_to_the_articles(output: Path) -> None:
    tree = etree.fromstring((output / "sleep.html").read_bytes())
    (notice,) = (e for e in tree.iter("{*}section") if e.get("id") == "notice-general")
    links = [e.get("href") for e in notice.iter("{*}a")]
    assert links == ["#notice-general-below", "#introduction"]


def test_a_heading_that_begins_like_a_notice_is_in_the_books_contents(output: Path) -> None:
    words = re.sub(r"<[^>]+>", "", book(output)["EPUB/contents.xhtml"].decode())
    assert "Notice the signs" in words


def test_pages_of_the_book_begin_where_the_handouts_do(output: Path) -> None:
    """The contents link each page to the file that has its marker, whatever headings are called."""
    links = dict(
        re.findall(
            r'href="([\w-]+\.xhtml)#(page-\d+(?:-\d+)?)"',
            book(output)["EPUB/contents.xhtml"].decode(),
        )
    )
    assert links
    assert all(name in ids(book(output)[f"EPUB/{file}"]) for file, name in links.items())


def test_a_stacked_cell_is_named_without_marks_of_notes(output: Path) -> None:
    page = (output / "sleep.html").read_text()
    assert 'data-label="Dose: "' in page
