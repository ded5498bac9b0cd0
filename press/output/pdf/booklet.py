"""Booklets: two pages side by side on each sheet, in the order for a folded stack.

In: a PDF of single pages. Out: a PDF of sheets for two-sided printing, flipped on the short edge.
Owner of pikepdf. This module must not know what is on a page.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from press.core.model import Attached, Direction
from press.core.paper import booklet_sides

if TYPE_CHECKING:
    import pikepdf


def impose(
    data: bytes,
    sheet: tuple[float, float],
    direction: Direction,
    day: datetime,
    carried: Sequence[Attached],
) -> bytes:
    """Impose the pages of a PDF on sheets.

    `sheet` is the width and height of the sheet in points, in landscape; `carried` lists the files
    to embed: name, bytes, relationship (ISO 32000-2, 7.11.3).
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
    made: pikepdf.Pdf, pdf: pikepdf.Pdf, day: datetime, carried: Sequence[Attached]
) -> None:
    """Add title, language, print settings, and embedded files."""
    import pikepdf

    for key in sorted(pdf.docinfo.keys()):
        made.docinfo[key] = str(pdf.docinfo[key])
    if "/Lang" in pdf.Root:
        made.Root.Lang = str(pdf.Root.Lang)
    # ISO 32000-1, 12.2: the defaults of a viewer's print dialog.
    made.Root.ViewerPreferences = pikepdf.Dictionary(
        DisplayDocTitle=True,
        Duplex=pikepdf.Name.DuplexFlipShortEdge,
        PrintScaling=pikepdf.Name("/None"),
    )
    files = pikepdf.Array()
    for file in carried:
        spec = pikepdf.AttachedFileSpec(
            made,
            file.data,
            filename=file.name,
            mime_type="application/json",
            description=file.name,
            creation_date=day.strftime("D:%Y%m%d%H%M%SZ"),
            mod_date=day.strftime("D:%Y%m%d%H%M%SZ"),
        )
        spec.obj.AFRelationship = pikepdf.Name(f"/{file.relationship}")
        made.attachments[file.name] = spec
        files.append(spec.obj)
    made.Root.AF = files
