"""The state of the installation, and the probes."""

from types import SimpleNamespace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from courses.desks import queries
from courses.desks.web.blueprint import pages
from courses.ground import clock, pulse
from courses.ground.db import db
from courses.ground.language import lang
from courses.ground.refusal import Refusal
from courses.outbox import actions as outbox
from courses.people.guard import needs, public, signed_in
from courses.people.looks import looked
from courses.people.rights import Right
from courses.running.backup import last_backup, revision
from courses.running.doctor import BACKUP_EVERY


@pages.get("/installation")
@needs(Right.ADMINISTER)
def installation() -> str:
    """Show the clock, the outbox, the last backup and, when asked, whether the records agree: to tell, all of them are
    read."""
    shown = state()
    looked(signed_in(), "notices", person_ids=[person.id for _, person in shown.stuck])
    faults = queries.faults(lang()) if request.args.get("records") == "1" else None
    return render_template(
        "desks/installation.html",
        state=shown,
        fates=queries.fates(clock.now()),
        faults=faults,
        backed_up_at=last_backup(),
        backup_due_since=clock.now() - BACKUP_EVERY,
        revision=revision(),
    )


def state() -> Any:
    """Return whether the clock is alive and what is stuck."""
    now = clock.now()
    return SimpleNamespace(
        clock_is_alive=pulse.clock_is_alive(),
        workers=pulse.workers(),
        stuck=queries.stuck(now),
        dead_before=now - pulse.DEAD_AFTER,
    )


@pages.post("/installation/notices/<int:notice_id>/decision")
@needs(Right.ADMINISTER)
def decide(notice_id: int) -> Any:
    try:
        outbox.decide(signed_in(), notice_id, send_again=request.form.get("again") == "1")
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        flash(refusal.words, "lost")
    else:
        flash(_("Decided."), "done")
    return redirect(url_for(".installation"), 303)


@pages.get("/healthz")
@public
def healthz() -> Any:
    """Answer that the web process lives; asks nothing of the database."""
    return {"alive": True}


@pages.get("/readyz")
@public
def readyz() -> Any:
    """Answer 200 when the database answers and a leading worker beats, else 503 saying which does not."""
    try:
        db.session.execute(select(1))
        alive = pulse.clock_is_alive()
    except DBAPIError:
        return {"database": False, "clock": False}, 503, {"Retry-After": "5"}
    return {"database": True, "clock": alive}, 200 if alive else 503
