"""What became of a row, in words: on the page, in the report and in the API."""

import datetime as dt
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from courses.bulk.model import Outcome
from courses.ground.language import moment, plain, span

NAMES: Final[dict[Outcome, Any]] = {
    Outcome.BOOKED: _l("seat"),
    Outcome.REQUESTED: _l("to be approved"),
    Outcome.QUEUED: _l("queue"),
    Outcome.ENTERED: _l("draw"),
    Outcome.ALREADY: _l("in already"),
    Outcome.WRONG: _l("not possible"),
}
AHEAD: Final[dict[Outcome, Any]] = {
    Outcome.BOOKED: _l("Will have a seat"),
    Outcome.REQUESTED: _l("A seat will be reserved until the enterprise approves it"),
    Outcome.QUEUED: _l("Will wait in the queue, place %(place)s"),
    Outcome.ENTERED: _l("Will enter the draw, number %(place)s"),
    Outcome.ALREADY: _l("Has a place in this class already; nothing changes"),
}
DONE: Final[dict[Outcome, Any]] = {
    Outcome.BOOKED: _l("Has a seat"),
    Outcome.REQUESTED: _l("A seat is reserved until the enterprise approves it"),
    Outcome.QUEUED: _l("Waits in the queue, place %(place)s"),
    Outcome.ENTERED: _l("Entered the draw, number %(place)s"),
    Outcome.ALREADY: _l("Had a place in this class already; nothing changed"),
}
STANDBY: Final = _l("behind all others, for having stayed away")
NEW: Final = _l("new here: will be invited")
INVITED: Final = _l("new here: is invited")

WHY: Final[dict[str, Any]] = {
    "nobody_named": _l("This row names nobody. Give a name, a mobile number or an e-mail address."),
    "name_wrong": _l("This is no name: it must have 1 to 60 characters."),
    "mobile_wrong": _l("This is not a mobile number. A Chinese one has 11 digits; a foreign one begins with +."),
    "email_wrong": _l("This is not an e-mail address. It should look like name@example.com."),
    "firm_needed": _l("Say of which enterprise this person is: its name or its credit code."),
    "firm_unknown": _l("No enterprise of your towns is called “%(said)s”. Write its name in full, or its credit code."),
    "firms_alike": _l("Several enterprises are called “%(said)s”. Give the credit code instead."),
    "not_own": _l("“%(said)s” is not your enterprise. You can enrol your own people only."),
    "not_of_town": _l("This enterprise is not of your towns. Its owner, or the squadron there, can enrol them."),
    "elsewhere": _l("This number or address belongs to someone who is not of this enterprise."),
    "has_left": _l("This person has left."),
    "two_people": _l("The number and the address belong to two different people."),
    "other_name": _l("This number or address belongs to %(name)s. Correct the name, or the number."),
    "several": _l("%(count)s people of this enterprise have this name. Give the mobile number or the address."),
    "other_contact": _l(
        "Someone of this name is there with another number or address. Leave yours out to mean them, or correct it."
    ),
    "name_needed": _l("Nobody is known by this number or address. Give the name too, to invite them."),
    "unknown_unreached": _l(
        "Nobody of this enterprise has this name. Give a mobile number or an e-mail address, to invite them."
    ),
    "unknown": _l("Nobody is known like this. The owner of the enterprise, or the squadron, can invite them."),
    "double": _l("Row %(row)s is about the same person."),
    "clash": _l("Has a seat in %(title)s at the same time, %(span)s. Cancel that seat first."),
    "limit": _l("The enterprise has as many seats as one can have in this class: %(limit)s."),
    "year_limit": _l("The enterprise has as many seats as one can have in this course this year: %(limit)s."),
    "asked_first": _l("Until %(until)s only those can book who had asked for this course before."),
}


def said_of(row: Any, is_done: bool = False) -> str:
    """Return what a row would get, or got, in a sentence; `row` has outcome, place, why, facts and is_new."""
    outcome = Outcome(row.outcome)
    if outcome == Outcome.WRONG:
        return str(WHY[row.why]) % _facts(row.facts)
    said = str((DONE if is_done else AHEAD)[outcome]) % {"place": row.place}
    more = [STANDBY] if row.why == "standby" else []
    if row.is_new:
        more.append(INVITED if is_done else NEW)
    return " · ".join([said, *map(str, more)])


def said_before(row: Any) -> str:
    """Return what a row was when it was looked at before, if that was something else."""
    if not row.has_changed:
        return ""
    return str(_("Before: %(said)s", said=said_of(SimpleNamespace(**row.before))))


def _facts(kept: Mapping[str, Any]) -> dict[str, Any]:
    facts = dict(kept)
    if "title_zh" in facts:
        facts["title"] = plain(SimpleNamespace(**facts), "title")
        facts["span"] = span(*map(dt.datetime.fromisoformat, facts["span"]))
    if "until" in facts:
        facts["until"] = moment(dt.datetime.fromisoformat(facts["until"]))
    return facts
