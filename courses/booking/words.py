"""Why a seat, or a place in the queue, is where it is, and for whom seats are kept: said on pages and in files."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from courses.booking.ledger import KeptSeats
from courses.booking.model import State
from courses.catalogue.model import ShareKind, TrainingClass
from courses.ground.language import plain

SEATED: dict[str, Any] = {
    "promoted": _l("moved up, next in order"),
    "drawn": _l("by lot"),
    "taken_over": _l("taken over from a colleague"),
    "undone": _l("a cancellation was taken back"),
    "offered": _l("offered, next in order"),
    "accepted": _l("accepted the offer, next in order"),
    "declined": _l("declined the offer"),
    "unanswered": _l("did not answer the offer in time"),
    "merged": _l("came from a class that was joined with this one"),
}
WAITING: dict[str, Any] = {
    "reordered": _l("waits at this place because the squadron put it there by hand"),
    "clash": _l("passed over: one of them has a seat elsewhere at this hour"),
    "limit": _l("passed over: the enterprise has as many seats as one can have in this class"),
    "year_limit": _l("passed over: the enterprise has as many seats as one can have in this course this year"),
    "too_large": _l("passed over: the group is larger than the class"),
    "no_room": _l("passed over: too few seats for all of them"),
    "kept": _l("passed over: the free seats are kept for others"),
}


OUTCOMES: dict[str, Any] = {
    State.QUEUED: _l("In the queue"),
    State.OFFERED: _l("Seat offered"),
    State.CANCELLED: _l("Passed on"),
}


def outcome(state: str) -> str:
    """Return what became of a request, as the ledger of seats says it."""
    return str(OUTCOMES.get(state, _("Seat")))


def why(state: str, reason: str, class_: TrainingClass, standby: bool = False) -> str:
    """Return why a live booking of `class_` is in its state."""
    if state == State.QUEUED and class_.awaits_draw:
        return str(_("waits for the draw"))
    if state == State.QUEUED and standby:
        return str(_("on standby: waits behind all others"))
    if state == State.QUEUED:
        waits = (
            _("waits: the free seats are kept for others, or too few") if class_.seats_free else _("waits for its turn")
        )
        return str(WAITING.get(reason, waits))
    return str(SEATED.get(reason, _("a seat was free")))


def whom(share: KeptSeats) -> str:
    """Return for whom the seats of a share are kept."""
    if share.kind == ShareKind.KEY_UNIT:
        return str(_("key pollutant-discharge units"))
    if share.kind == ShareKind.FIRST_TIMER:
        return str(_("people who never had a seat in a class"))
    return plain(share, "name")
