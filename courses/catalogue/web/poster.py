"""A class's poster: one sheet of A4 or A3 for the wall, with a QR code that leads to the class."""

from typing import Any

import segno
from flask import render_template, request, url_for
from markupsafe import Markup

from courses.catalogue import queries
from courses.catalogue.web.blueprint import pages
from courses.catalogue.web.public import absolute
from courses.ground.refusal import Refusal
from courses.people.guard import public

SIZES = ("a4", "a3")


@pages.get("/classes/<int:class_id>/poster")
@public
def poster(class_id: int) -> str:
    sheet = queries.sheet_of(class_id)
    if sheet is None:
        raise Refusal("not_found")
    size: Any = request.args.get("size", "").lower()
    address = absolute(url_for("booking.class_page", class_id=class_id))
    return render_template(
        "catalogue/poster.html",
        sheet=sheet,
        row=sheet.card,
        spans=queries.sittings_of(class_id),
        poster_size=size if size in SIZES else SIZES[0],
        sizes=SIZES,
        address=address,
        code=_code(address),
    )


def _code(address: str) -> Markup:
    """Return the address as a QR code that bears a crease: a quarter of it may be lost."""
    return Markup(segno.make(address, error="q", micro=False).svg_inline(omitsize=True, border=0, svgclass=None))
