"""A booklet: pages two by two on sheets, in the order in which a folded pile is read.

In: a PDF of single pages. Out: a PDF of sheets, for print on both sides, turned on the short edge.
Owner of the library that puts pages on sheets. This module must not know what stands on a page.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from press.core.paper import booklet_sides

if TYPE_CHECKING:
    import pikepdf


def impose(
    data: bytes,
    sheet: tuple[float, float],
    direction: str,
    day: datetime,
    carried: Sequence[tuple[str, bytes, str]],
) -> bytes:
    """Put the pages of a PDF on sheets.

    `sheet` is width and height of the sheet in points, lying on its long side; `carried` lists the
    files that the PDF takes along: name, bytes, relationship (ISO 32000-2, 7.11.3).
    """
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf, pikepdf.new() as made:
        width, height = sheet
        for side in booklet_sides(len(pdf.pages), direction):
            page = made.add_blank_page(page_size=(width, height))
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary())
            drawn = []
            for name, corner, number in zip(("/L", "/R"), (0, width / 2), side, strict=True):
                if number:
                    form = pdf.pages[number - 1].as_form_xobject()
                    page.Resources.XObject[name] = made.copy_foreign(form)
                    drawn.append(f"q 1 0 0 1 {corner:g} 0 cm {name} Do Q")
            page.Contents = made.make_stream("\n".join(drawn).encode())
        _describe(made, pdf, day, carried)
        made.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _describe(
    made: pikepdf.Pdf, pdf: pikepdf.Pdf, day: datetime, carried: Sequence[tuple[str, bytes, str]]
) -> None:
    """Title, language, how to print, and the files that go along."""
    import pikepdf

    for key in sorted(pdf.docinfo.keys()):
        made.docinfo[key] = str(pdf.docinfo[key])
    if "/Lang" in pdf.Root:
        made.Root.Lang = str(pdf.Root.Lang)
    # ISO 32000-1, 12.2: what a reader's dialogue for printing begins with.
    made.Root.ViewerPreferences = pikepdf.Dictionary(
        DisplayDocTitle=True,
        Duplex=pikepdf.Name.DuplexFlipShortEdge,
        PrintScaling=pikepdf.Name("/None"),
    )
    files = pikepdf.Array()
    for name, content, relationship in carried:
        spec = pikepdf.AttachedFileSpec(
            made,
            content,
            filename=name,
            mime_type="application/json",
            description=name,
            creation_date=day.strftime("D:%Y%m%d%H%M%SZ"),
            mod_date=day.strftime("D:%Y%m%d%H%M%SZ"),
        )
        spec.obj.AFRelationship = pikepdf.Name(f"/{relationship}")
        made.attachments[name] = spec
        files.append(spec.obj)
    made.Root.AF = files
