"""Pictures as authors have them: each kind comes out right, in every format.

One project holds them all; it is built once. A picture's upper left corner is red, so that a wrong
turn is seen.
"""

from __future__ import annotations

import contextlib
import io
import random
import unicodedata
import zipfile
from datetime import date

import pytest
from lxml import etree
from PIL import Image, ImageCms, ImageDraw

from press.build.run import build
from press.core.model import Request
from press.core.problems import NOTE, Span
from press.readback.pdf import raster
from press.source.images import read_image
from press.source.pixels import Unusable, is_pixels, usable
from tests.conftest import needed
from tests.devtools import chromium

TURNED = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
          8: Image.Transpose.ROTATE_270, 5: Image.Transpose.TRANSPOSE}  # fmt: skip
"""An Exif orientation, and how a camera stores a picture that it describes so."""


def photo(width: int = 120, height: int = 80) -> Image.Image:
    """Return a picture with many colors, red in its upper left corner."""
    made = Image.linear_gradient("L").resize((width, height))
    made = Image.merge(
        "RGB", (Image.new("L", (width, height), 40), made, made.rotate(90).resize(made.size))
    )
    ImageDraw.Draw(made).rectangle((0, 0, width // 3, height // 3), fill=(255, 0, 0))
    return made


def drawing(ink: tuple[int, int, int], paper: tuple[int, int, int] | None = None) -> Image.Image:
    """Return a drawing without a background, with a light area if `paper` is given."""
    made = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    ImageDraw.Draw(made).rectangle((5, 5, 54, 34), outline=ink, width=4, fill=paper)
    return made


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def is_red(picture: Image.Image) -> bool:
    red, green, blue = picture.convert("RGB").getpixel((3, 3))
    return red > 200 and green < 60 and blue < 60


def is_pure_red(pixel: tuple[int, int, int]) -> bool:
    return pixel[0] > 240 and max(pixel[1:]) < 30


def used(data: bytes, width: int = 2000, height: int = 2000):
    return usable(data, width, height)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "TIFF", "BMP"])
def test_a_photograph_of_a_kind_that_not_everything_shows_becomes_a_jpeg(kind):
    made = used(saved(photo(400, 300), kind))
    assert (made.media_type, made.ground, opened(made.data).size) == (
        "image/jpeg",
        "own",
        (400, 300),
    )
    assert made.done == (f"{'WebP' if kind == 'WEBP' else kind} to JPEG",)
    assert is_red(opened(made.data))


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "TIFF"])
def test_a_drawing_becomes_a_png_and_keeps_its_alpha(kind):
    made = used(saved(drawing((20, 30, 60)), kind))
    assert (made.media_type, made.ground) == ("image/png", "dark-ink")
    assert opened(made.data).convert("RGBA").getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("GIF", {}), ("PNG", {"bits": 4})],
)
def test_a_picture_that_everything_shows_is_not_touched(kind, options):
    data = saved(photo().convert("P") if kind == "GIF" else photo(), kind, **options)
    assert used(data).data == data


@pytest.mark.parametrize("turn", TURNED)
def test_a_photograph_is_turned_as_the_camera_says(turn):
    stored = photo()
    if TURNED[turn] is not None:
        stored = stored.transpose(TURNED[turn])
    exif = Image.Exif()
    exif[0x0112] = turn
    made = opened(used(saved(stored, "JPEG", exif=exif, quality=95)).data)
    assert made.size == (120, 80)
    assert is_red(made)
    assert made.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("profile", [False, True])
def test_cmyk_becomes_rgb(profile):
    options = {"icc_profile": b"not a profile"} if profile else {}
    made = used(saved(photo().convert("CMYK"), "JPEG", quality=95, **options))
    assert made.done == ("CMYK to RGB",)
    assert opened(made.data).mode == "RGB"
    assert is_red(opened(made.data))


def test_a_profile_of_other_colors_is_applied_when_a_picture_is_converted():
    lab = ImageCms.createProfile("sRGB")
    data = saved(
        photo(), "WEBP", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes(), lossless=True
    )
    assert is_red(opened(used(data).data))
    assert "icc_profile" not in opened(used(data).data).info


@pytest.mark.parametrize("mode", ["I;16", "LA", "1", "L", "RGBA", "P"])
def test_every_mode_of_png(mode):
    gray = Image.new("I;16", (20, 20), 0x8000) if mode == "I;16" else photo().convert(mode)
    made = used(saved(gray, "PNG"))
    assert opened(made.data).mode in ("1", "L", "LA", "P", "RGB", "RGBA")
    if mode == "I;16":
        assert opened(made.data).getpixel((5, 5)) == 0x80


def test_a_large_picture_is_scaled_to_what_it_needs_and_a_small_one_is_not_enlarged():
    large = saved(photo(3000, 2000), "JPEG")
    assert opened(used(large, 900, 2400).data).size == (900, 600)
    assert opened(used(large, 2000, 600).data).size == (900, 600)
    nearly = saved(photo(1000, 600), "JPEG")
    assert used(nearly, 900, 2400).data == nearly
    small = saved(photo(), "WEBP")
    assert opened(used(small, 900, 2400).data).size == (120, 80)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_only_the_first_frame_or_page_is_used(kind):
    data = saved(photo(), kind, save_all=True, append_images=[photo().rotate(180)])
    made = used(data)
    assert made.frames == 2
    assert is_red(opened(made.data))
    assert getattr(opened(made.data), "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("picture", "ground"),
    [
        (drawing((20, 30, 60)), "dark-ink"),
        (drawing((250, 250, 240)), "none"),
        (drawing((20, 30, 60), (255, 255, 240)), "mixed"),
        (photo(), "own"),
        (photo().convert("RGBA"), "own"),
    ],
)
def test_what_is_behind_a_picture(picture, ground):
    assert used(saved(picture, "PNG")).ground == ground


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_a_damaged_picture_is_a_problem_or_a_picture(kind):
    data = saved(photo(40, 30), kind)
    order = random.Random(kind)
    for _ in range(30):
        changed = bytearray(data)
        for _ in range(3):
            changed[order.randrange(len(data))] = order.randrange(256)
        with contextlib.suppress(Unusable):
            opened(used(bytes(changed) if is_pixels(changed) else data).data).load()
    for cut in range(4, len(data), max(1, len(data) // 25)):
        for broken in (data[:cut], data[:cut] + b"\xff\x00" + data[cut + 2 :]):
            if not is_pixels(broken):
                continue
            with contextlib.suppress(Unusable):
                opened(used(broken).data).load()


DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
"""A picture of one pixel."""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">{}<path d="M1 1h9v9z"/></svg>'


@pytest.mark.parametrize(
    ("inner", "ground"),
    [
        ("", "dark-ink"),
        ('<rect width="40" height="20" fill="#fff"/>', "dark-ink"),
        ('<rect width="100%" height="100%" fill="#102030"/>', "own"),
        (f'<image href="data:image/png;base64,{DOT}" width="9" height="9"/>', "mixed"),
    ],
)
def test_what_is_behind_a_drawing(tmp_path, inner, ground):
    (tmp_path / "a.svg").write_text(SVG.format(inner))
    image = read_image("a.svg", tmp_path, Span("a.md"), [])
    assert image
    assert image.ground == ground


ACCENTS = "été #1, 50%.png"

ARTICLE = """\
---
title: Many pictures
date: 2026-11-01
---

## One

![Turned](images/turned.jpg "Turned"){width=30%}

![Half](images/my%20pic.png){width=50%}

![Spaces](<images/my pic.png>)

![Accents](images/%C3%A9t%C3%A9%20%231,%2050%25.png){width=6cm}

![One](images/photo.webp){width=40%} ![other](images/drawing.png){width=40%}

![Called a PNG](images/really-webp.png){width=300px}

- An item with ![a picture](images/drawing.png){width=5mm height=5mm} in it.

## Two {#two}

See [the other one](other.md#part-of-it), [Other sheets](other.md), [our form](files/form%20A.pdf),
[Form A.pdf](files/Form%20A.pdf), [this part](many.md#two), and [all of this](many.md).
"""
OTHER = "---\ntitle: Other sheets\n---\n\n## Part of it\n\nWords.\n"
FORM = b"%PDF-1.7 a form to fill in"


@pytest.fixture(scope="module", params=["", "https://example.org/sheets"], ids=["no-web", "web"])
def many(request, tmp_path_factory):
    """Build the project with and without a web address; return its folder."""
    root = tmp_path_factory.mktemp("many")
    images, files = root / "source" / "images", root / "source" / "files"
    images.mkdir(parents=True)
    files.mkdir()
    head = f'address = "{request.param}"\n' if request.param else ""
    (root / "makebook.toml").write_text(f'{head}editions = ["letter", "booklet"]\n')
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = photo().transpose(Image.Transpose.ROTATE_90)
    (images / "turned.jpg").write_bytes(saved(stored, "JPEG", exif=exif))
    (images / "my pic.png").write_bytes(saved(photo(), "PNG"))
    (images / unicodedata.normalize("NFD", ACCENTS)).write_bytes(saved(photo(), "PNG"))
    (images / "photo.webp").write_bytes(saved(photo(400, 300), "WEBP"))
    (images / "really-webp.png").write_bytes(saved(photo(), "WEBP"))
    (images / "drawing.png").write_bytes(saved(drawing((20, 30, 60)), "PNG"))
    for name in ("form A.pdf", "Form A.pdf"):
        (files / name).write_bytes(FORM + name.encode())
    (root / "source" / "many.md").write_text(ARTICLE)
    (root / "source" / "other.md").write_text(OTHER)
    outcome = again(root)
    assert not outcome.failed, outcome.every_problem
    assert {p.severity for p in outcome.every_problem} == {NOTE}
    return root, request.param


def again(root):
    return build(Request(root, root / "build", date(2026, 11, 23)))


def paths(tree, name, attribute):
    return [element.get(attribute) for element in tree.iter(f"{{*}}{name}")]


def test_every_picture_is_in_the_page(many):
    tree = etree.parse(many[0] / "build" / "many.html")
    pictures = [src for src in paths(tree, "img", "src") if src]
    assert len(pictures) == 8
    assert {src.partition(";")[0] for src in pictures} == {"data:image/png", "data:image/jpeg"}
    styles = paths(tree, "img", "style")
    assert styles == [
        "width: 30%", "width: 50%", None, "width: 6cm", "width: 40%", "width: 40%", "width: 300px",
        "width: 5mm; height: 5mm",
    ]  # fmt: skip
    classes = [each for each in paths(tree, "img", "class") if each]
    assert classes == ["ground-dark-ink"] * 2


def test_a_page_printed_from_a_dark_screen_shows_drawings_as_they_are(many):
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    shown = "getComputedStyle(document.querySelector('.ground-dark-ink')).filter"
    with needed(), chromium((many[0] / "build" / "many.html").as_uri()) as page:
        page.until("document.querySelector('.ground-dark-ink') !== null")
        page.call("Emulation.setEmulatedMedia", media="screen", features=dark)
        assert page.until(shown).startswith("invert")
        page.call("Emulation.setEmulatedMedia", media="print", features=dark)
        assert page.run(shown) == "none"


def test_every_picture_is_in_the_book(many):
    with zipfile.ZipFile(many[0] / "build" / "many.epub") as book:
        names = sorted(n for n in book.namelist() if "/images/" in n)
        assert [name.rpartition("/")[2].partition("-")[2] for name in names] == [
            "drawing.png", "my-pic.png", "photo.jpg", "really-webp.jpg", "turned.jpg",
            "ete-1-50.png",
        ]  # fmt: skip
        assert is_red(opened(book.read(names[4])))


def test_the_widths_are_those_of_the_printed_page(many):
    page = raster((many[0] / "build" / "many.pdf").read_bytes(), 0, 612).convert("RGB")
    widths = [sum(is_pure_red(page.getpixel((x, y))) for x in range(612)) for y in range(792)]
    thirds = [width for width in widths if width]  # the red corner is a third of the picture
    assert thirds[0] / max(thirds) == pytest.approx(30 / 50, abs=0.04)  # shares of the column
    assert any(width == pytest.approx(6 / 2.54 * 72 / 3, abs=2) for width in thirds)


def chapter_with(path, words):
    """Return the file of an e-book that contains certain words."""
    with zipfile.ZipFile(path) as book:
        texts = (book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml"))
        return next(text for text in texts if words in text)


def test_a_link_to_another_article_leads_to_its_page(many):
    root, address = many
    page = etree.parse(root / "build" / "many.html")
    links = paths(page, "a", "href")
    for wanted in ("other.html#part-of-it", "other.html", "files/form%20A.pdf", "#two"):
        assert wanted in links
    other = etree.parse(root / "build" / "other.html")
    assert other.xpath("//*[@id='part-of-it']")
    text = chapter_with(root / "build" / "many.epub", 'id="two"')
    assert (f'href="{address}/other.html#part-of-it"' in text) == bool(address)
    assert 'href="other' not in text
    assert 'href="files' not in text


def test_paper_names_what_a_link_leads_to(many):
    text = chapter_with(many[0] / "build" / "many.epub", 'id="two"')
    words = " ".join("".join(etree.fromstring(text.encode()).itertext()).split())
    assert (
        "See the other one (Other sheets), Other sheets, our form (form A.pdf), Form A.pdf,"
        in words
    )


def test_a_linked_file_is_copied_recorded_and_removed(many, capsys):
    from press.build.cleanup import sweep
    from press.core.manifest import read_manifest

    root, _ = many
    output = root / "build"
    assert (output / "files" / "form A.pdf").read_bytes() == FORM + b"form A.pdf"
    entry = read_manifest(output)["articles"]["many"]
    assert list(entry["linked"]) == ["files/Form A.pdf", "files/form A.pdf"]
    assert entry["linked"]["files/form A.pdf"]["file"] == "source/files/form A.pdf"
    (output / "files" / "form A.pdf").write_bytes(b"another file")
    outcome = again(root)
    assert not outcome.failed
    assert [built.made for built in outcome.built] == [(), ()], outcome.built[0].reasons
    assert (output / "files" / "form A.pdf").read_bytes() == FORM + b"form A.pdf"
    (output / "files" / "mine.txt").write_text("mine")
    swept = sweep(output, dry_run=True)
    assert {"files/form A.pdf", "files/Form A.pdf"} <= set(swept.removed)
    assert [name for name, _ in swept.kept] == ["files/mine.txt"]
    (output / "files" / "mine.txt").unlink()
    article = root / "source" / "many.md"
    article.write_text(ARTICLE.replace("[our form](files/form%20A.pdf)", "our form"))
    outcome = again(root)
    assert [str(p.span) for p in outcome.every_problem if p.code == "OUT001"] == [
        "build/files/form A.pdf"
    ]
    article.write_text(ARTICLE)
    assert not again(root).failed


def test_a_file_that_changes_during_the_build_is_not_published(tmp_path):
    from press.build.make import copies
    from press.core.hashing import digest
    from press.core.model import Linked

    (tmp_path / "form.pdf").write_bytes(b"as it is now")
    problems = []

    class Document:
        linked = (Linked("files/form.pdf", "form.pdf", 3, digest(b"as it was")),)

    copies(Document(), Request(tmp_path, tmp_path / "build", date(2026, 1, 1)), problems)
    assert [problem.code for problem in problems] == ["PRF001"]
