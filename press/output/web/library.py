"""The library, a page that lists every handout of a folder with its cover and files.

In: a shelf, and the folder of the published files. Out: the bytes of `index.html`, and small covers
to lie beside it, which a browser loads as they come into view.
Covers come from the published e-books, sizes from the files. The search is a short
script in the page; without scripts, everything is listed and no search is shown.
This module reads no clock and must not know Documents: it lists what was published.
"""

from __future__ import annotations

import base64
import hashlib
import io
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from press.core.files import COVERS
from press.core.hashing import digest
from press.core.labels import direction, labels_for, language_name
from press.core.manifest import ArticleEntry, CoverEntry, Shelved
from press.core.model import Direction
from press.core.records import dataclass
from press.design.faces import faces
from press.design.fallback import choose
from press.design.styles import Styles
from press.output.web.offers import Offer, downloads
from press.output.web.packet import SCRIPT as PACKET
from press.output.web.page import library_css
from press.output.web.search import script as searching
from press.output.web.sheet_line import SCRIPT as SHEET_LINE
from press.output.web.shelf import Shelf
from press.readback.epub import Book

COVER = (240, 360)
"""Pixels of a cover in the list: twice its displayed size, for high-resolution screens."""
_PLAIN = f"{COVERS}/plain.gif"
"""The picture of handouts without a cover; the name of a cover ends in `.png`."""
_COLORS = 48
_SCRIPT = """
const search = document.querySelector(".search"), field = search.querySelector("input");
const status = document.querySelector(".count"), said = search.dataset;
const list = document.querySelector(".handouts"), items = Array.from(list.children);
const show = (shown) => {
  for (const item of items) item.hidden = !shown.includes(item);
  list.append(...shown, ...items.filter((item) => item.hidden));
};
const coded = (typed) => {
  const codes = folded(typed).split(" ").filter((word) => word.includes("-"));
  const known = sheets.filter(({ id }) => codes.some((code) => id.startsWith(` ${code}`)));
  return known.length === 0 ? items : known.map(({ item }) => item);
};
const filter = () => {
  const sheet = answer(field.value, said), asked = words(field.value);
  if (sheet || asked.length === 0) {
    show(sheet ? sheet.items : items);
    status.textContent = sheet ? sheet.words : said.every;
    return;
  }
  const known = coded(field.value);
  const shown = found(asked, items).filter((item) => known.includes(item));
  show(shown);
  status.textContent = shown.length === 0 ? said.none
    : said.found.replace("{count}", shown.length).replace("{all}", items.length);
};
field.addEventListener("input", filter);
search.hidden = false;
filter();
"""
_CDATA = "//<![CDATA[\n{}//]]>\n"
"""An XML parser takes nothing in it for markup; for others it begins and ends with a comment."""


@dataclass(frozen=True)
class Handout:
    """An entry of the list."""

    title: str
    subtitle: str
    abstract: str
    lang: str
    language: str
    direction: Direction
    facts: tuple[str, ...]
    """The lines of its title block, without those in `stamp`."""
    stamp: str
    href: str
    """The web page, or the first file if there is no web page."""
    cover: str
    """The address of a small picture; empty without an e-book."""
    offers: tuple[Offer, ...]
    words: str
    """What is said of it, for the search."""
    text: str
    """Its vocabulary, for the search."""
    identifier: str
    hashes: str
    """The hashes of a current sheet: today's, and the earlier kind of hash of the same state."""
    draft: str = ""
    """A word for its state; empty if it is published."""


def write_library(shelf: Shelf, styles: Styles, covers: Mapping[str, str] = {}) -> bytes:
    """Make the list of all handouts in a folder.

    One that is withdrawn is not listed: its line is answered. `covers` are those of `covers_of`.

    Raises:
        ProblemsError: a custom template or style sheet is broken.
    """
    labels, clinic = labels_for(shelf.lang), shelf.clinic
    found = [
        _handout(entry, shelf.offers[name], labels, covers.get(name, ""))
        for name, entry in shelf.handouts.items()
    ]
    withdrawn = [entry for entry in shelf.entries.values() if "because" in entry]
    handouts = sorted((h for h in found if h.offers), key=lambda h: (_sort_key(h.title), h.href))
    words = [clinic, *labels.values()]
    for one in handouts:
        words += [one.title, one.subtitle, one.abstract, one.language, *one.facts, one.stamp]
    words += [entry["because"] for entry in withdrawn]
    shown = "".join(words)
    more = [face for face in choose(shown, styles)[0] if not face.sha256]
    script = _CDATA.format(f"(() => {{\n{searching()}{SHEET_LINE}{_SCRIPT}{PACKET}}})();\n")
    text = styles.fill(
        "library.html",
        lang=shelf.lang,
        direction=direction(shelf.lang),
        labels=labels,
        clinic=clinic,
        handouts=handouts,
        withdrawn=withdrawn,
        count=_count(len(handouts), labels),
        found=labels["library-found-one" if len(handouts) == 1 else "library-found"],
        script=script,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        css=faces(shown, styles, more, italic=False) + library_css(styles),
    )
    return text.encode()


def _count(number: int, labels: Mapping[str, str]) -> str:
    if number == 0:
        return labels["library-empty"]
    return labels["library-one" if number == 1 else "library-count"].format(count=number)


def _sort_key(text: str) -> str:
    """Return a title as a sort key, without accents or case."""
    spread = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))


def covers_of(entries: Collection[str], covers: Collection[str]) -> dict[str, str]:
    """Return the address of the cover of each handout that has one, by name.

    `covers` are the names of the covers that `small_covers` returned. The name '' has the picture
    for handouts without a cover.
    """
    found = {name: quote(of) for name in entries if (of := cover_name(name)) in covers}
    return {**found, "": _PLAIN} if _PLAIN in covers else found


def _handout(
    entry: ArticleEntry, offered: Sequence[Offer], labels: Mapping[str, str], picture: str
) -> Handout:
    files = entry["files"].items()
    page = next((name for name, facts in files if facts["format"] == "html"), "")
    title, subtitle, abstract = entry["title"], entry["subtitle"], entry["abstract"]
    lang, identifier = entry["lang"], entry["identifier"]
    words = [subtitle, abstract, *entry["keywords"], identifier, language_name(lang), lang]
    stamp = entry["stamp"]
    return Handout(
        title,
        subtitle,
        abstract,
        lang,
        language_name(lang),
        direction(lang),
        tuple(said for said in entry["facts"] if said not in stamp),
        stamp,
        quote(page) if page else next((offer.href for offer in offered), ""),
        picture,
        tuple(offered),
        " ".join(" ".join(words).split()),
        entry.get("vocabulary", ""),
        identifier,
        " ".join(filter(None, (entry["hash"], entry.get("identity", {}).get("earlier", "")))),
        labels["draft"] if entry.get("status") == "draft" else "",
    )


def cover_name(article: str) -> str:
    """Return the name that the small cover of an article has in the output folder."""
    return f"{COVERS}/{article}.png"


def small_covers(
    folder: Path,
    entries: Mapping[str, Shelved],
    known: Mapping[str, CoverEntry],
) -> tuple[dict[str, CoverEntry], dict[str, bytes]]:
    """Return the covers of all handouts, and the bytes of those to write.

    Those of which nothing is drawn share one picture.

    `known` are those that are there, as the manifest tells. One stays if the cover of the e-book
    was drawn from the same.
    """
    covers: dict[str, CoverEntry] = {}
    new: dict[str, bytes] = {}
    for article, entry in entries.items():
        if "because" in entry:
            continue
        name, files = cover_name(article), entry["files"]
        for file in _with_cover(entry):
            of = files[file].get("cover") or files[file]["sha256"]
            if name in known and known[name]["of"] == of:
                covers[name] = known[name]
            elif data := cover(folder / file):
                new[name], covers[name] = data, {"sha256": digest(data), "of": of}
            if name in covers:
                break
        if name in covers or _PLAIN in covers:
            continue
        if _PLAIN in known:
            covers[_PLAIN] = known[_PLAIN]
        else:
            new[_PLAIN] = data = _plain()
            covers[_PLAIN] = {"sha256": digest(data), "of": ""}
    return covers, new


def _with_cover(entry: ArticleEntry) -> list[str]:
    """Return the files with a handout's cover: its e-book, or else PDFs that have it inside."""
    files = entry["files"]
    if books := [file for file, facts in files.items() if facts["format"] == "epub"]:
        return books
    return [each.name for each in downloads(files, entry["editions"]) if each.format == "pdf"]


def _plain() -> bytes:
    """Return the picture for handouts of which nothing is drawn, as a GIF: a page of text."""
    from PIL import Image as Picture

    page, (width, height) = Picture.new("L", COVER, 150), COVER
    page.paste(255, (1, 1, width - 1, height - 1))
    page.paste(90, (32, 40, width - 63, 59))
    for top in range(88, height - 48, 22):
        page.paste(200, (32, top, width - 31, top + 6))
    out = io.BytesIO()
    page.save(out, "GIF")
    return out.getvalue()


def cover(file: Path) -> bytes:
    """Return a small cover of a published e-book, as a PNG; nothing if it has none.

    `file` is the e-book, or a PDF in which it is.
    """
    from PIL import Image as Picture
    from PIL import UnidentifiedImageError

    try:
        data = file.read_bytes()
        if file.suffix == ".pdf":
            from press.readback.pdf import attachments

            data = next((d for n, d in attachments(data).items() if n.endswith(".epub")), b"")
        drawn = Book(data).cover() if data else None
        if drawn is None:
            return b""
        with Picture.open(io.BytesIO(drawn)) as picture:
            small = picture.convert("RGB").resize(COVER, Picture.Resampling.LANCZOS)
    except (OSError, ValueError, UnidentifiedImageError):
        return b""
    out = io.BytesIO()
    small.quantize(_COLORS, Picture.Quantize.MEDIANCUT, dither=Picture.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()
