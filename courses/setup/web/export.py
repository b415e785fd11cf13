"""Taking everything away: the city's own records, in open formats."""

import tempfile
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

from flask import Response, render_template
from flask_babel import gettext as _

from courses.ground import clock
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.rights import Right
from courses.setup import export
from courses.setup.web.blueprint import pages

CHUNK = 64 * 1024


@pages.get("/setup/export")
@needs(Right.ADMINISTER)
def export_page() -> str:
    tables = [(table.name, export.WORDS[table.name]) for table in export.tables()]
    return render_template("setup/export.html", tables=tables)


@pages.get("/setup/export.zip")
@needs(Right.ADMINISTER)
def export_all() -> Any:
    """Return the archive. It is whole in a temporary file before its first byte leaves, and gone after the last."""
    looked(signed_in(), "export")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_sent`
    sent = _sent(file)
    next(sent)
    export.write(file)
    file.seek(0)
    name, today = _("Course supermarket"), clock.local(clock.now()).date()
    answer = Response(sent, content_type="application/zip")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"export.zip\"; filename*=UTF-8''{quote(f'{name}-{today}.zip')}"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the file in pieces. Once begun, it closes the file, also when nobody reads on."""
    with file:
        yield b""
        while chunk := file.read(CHUNK):
            yield chunk
