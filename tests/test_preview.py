"""Pictures of finished pages, one by one and on contact sheets."""

from __future__ import annotations

import pytest
from PIL import Image

from press.build.preview import contact_sheet, write_previews
from press.core.problems import ProblemsError
from tests.paper import paper

LETTER = (850, 1100)


def pages(count):
    return paper("<p style='break-after: page'>Page</p>" * (count - 1) + "<p>Last</p>")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tea.pdf").write_bytes(pages(3))
    return tmp_path


def names(folder):
    return sorted(path.name for path in (folder / "preview").iterdir())


def test_every_page_and_a_contact_sheet(folder):
    written = write_previews(folder, [folder / "tea.pdf"])
    want = ["tea-01.png", "tea-02.png", "tea-03.png", "tea-contact-sheet.png"]
    assert [path.name for path in written] == names(folder) == want
    for path in written[:3]:
        with Image.open(path) as picture:
            assert picture.size == LETTER
            dark, light = picture.convert("L").getextrema()
            assert dark < 60
            assert light == 255


def test_only_pdfs_have_pages(folder):
    (folder / "tea.epub").write_bytes(b"a book")
    assert write_previews(folder, [folder / "tea.epub"]) == []


def test_the_same_pdf_gives_the_same_bytes(folder):
    first = [path.read_bytes() for path in write_previews(folder, [folder / "tea.pdf"])]
    assert first == [path.read_bytes() for path in write_previews(folder, [folder / "tea.pdf"])]


def test_pages_that_are_no_more_have_no_picture_and_nothing_else_goes(folder):
    write_previews(folder, [folder / "tea.pdf"])
    others = ["tea-9.png", "tea-a4-03.png", "tea-03.png.txt", "xtea-03.png", "tea-3-03.png"]
    for name in others:
        (folder / "preview" / name).write_bytes(b"mine")
    (folder / "tea.pdf").write_bytes(pages(1))
    write_previews(folder, [folder / "tea.pdf"])
    assert names(folder) == sorted(["tea-01.png", "tea-contact-sheet.png", *others])


def test_names_keep_their_order_with_a_hundred_pages(tmp_path, monkeypatch):
    small = [Image.new("L", (17, 22), 255)] * 100
    monkeypatch.setattr("press.build.preview.rasters", lambda data, dpi: iter(small))
    (tmp_path / "tea.pdf").write_bytes(b"")
    written = write_previews(tmp_path, [tmp_path / "tea.pdf"])
    assert [written[0].name, written[99].name] == ["tea-001.png", "tea-100.png"]


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (3, 3), (8, 4), (12, 5), (15, 5), (16, 6), (25, 6)]
)
def test_pages_in_rows(count, columns):
    sheet = contact_sheet([Image.new("L", LETTER, 120)] * count, "tea.pdf")
    left = (sheet.width - 28) / columns
    assert left == 328
    assert sheet.getpixel((28 + 150, 28 + 48 + 100)) == (120, 120, 120)
    assert sheet.getpixel((5, 5)) == (255, 255, 255)
    assert sheet.getpixel((27, 28 + 48 + 100)) == (176, 176, 176)  # its frame
    foot = sheet.crop((28, 28 + 48 + 388 + 1, 328, 28 + 48 + 388 + 34)).convert("L")
    assert foot.getextrema()[0] < 100  # its number


def test_sheets_that_lie_have_rows_of_their_own_height():
    sheet = contact_sheet([Image.new("L", (1100, 850), 120)] * 2, "tea-booklet.pdf")
    assert sheet.height < 28 + 48 + 232 + 34 + 28 + 28 + 1


def test_a_folder_that_cannot_be_written_is_told(folder):
    (folder / "preview").write_bytes(b"in the way")
    with pytest.raises(ProblemsError) as told:
        write_previews(folder, [folder / "tea.pdf"])
    assert [problem.code for problem in told.value.problems] == ["SYS002"]


def test_an_old_picture_that_cannot_be_removed_is_told(folder):
    (folder / "preview" / "tea-04.png").mkdir(parents=True)
    with pytest.raises(ProblemsError) as told:
        write_previews(folder, [folder / "tea.pdf"])
    assert [problem.code for problem in told.value.problems] == ["SYS002"]
    assert "tea-04.png" in str(told.value.problems[0].span)


@pytest.mark.parametrize("data", [None, b"no PDF"])
def test_a_file_that_is_no_pdf_is_told(tmp_path, data):
    if data:
        (tmp_path / "tea.pdf").write_bytes(data)
    with pytest.raises(ProblemsError) as told:
        write_previews(tmp_path, [tmp_path / "tea.pdf"])
    assert [problem.code for problem in told.value.problems] == ["PRF005"]
    assert not (tmp_path / "preview").exists()
