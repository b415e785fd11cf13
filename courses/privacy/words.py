"""The codes of the records in words, for the page of one's own data; its JSON keeps the codes."""

from typing import Any

from flask_babel import lazy_gettext as _l

WORDS: dict[str, Any] = {
    # posts
    "manager": _l("environmental manager"),
    "owner": _l("person in charge"),
    "officer": _l("officer"),
    "inspector": _l("inspector"),
    "lecturer": _l("lecturer"),
    "association": _l("association"),
    "bureau": _l("bureau"),
    "administrator": _l("administrator"),
    # bookings and why
    "held": _l("Seat held"),
    "requested": _l("Awaiting approval"),
    "booked": _l("Booked"),
    "queued": _l("In the queue"),
    "entered": _l("entered for the draw"),
    "drawn": _l("drawn by lot"),
    "not_drawn": _l("not drawn"),
    "offered": _l("Seat offered"),
    "cancelled": _l("Cancelled"),
    "cancelled_late": _l("Cancelled late"),
    "asked": _l("asked for"),
    "in_time": _l("in time"),
    "late": _l("late"),
    "undone": _l("taken back"),
    "left": _l("left the enterprise"),
    "lapsed": _l("the time was over"),
    "named": _l("named for a held place"),
    "released": _l("given back"),
    "unnamed": _l("nobody was named in time"),
    "unapproved": _l("not approved in time"),
    "unanswered": _l("not answered in time"),
    "promoted": _l("Moved up"),
    "passed_over": _l("passed over"),
    "too_large": _l("the group is too large"),
    "clash": _l("another seat at this hour"),
    "called_off": _l("Class called off"),
    "handed_over": _l("handed over"),
    "taken_over": _l("taken over"),
    "demo": _l("Demo"),
    # attendance
    "present": _l("Present"),
    "absent": _l("Absent"),
    "excused": _l("Excused"),
    "unmarked": _l("not marked"),
    # the log
    "moved": _l("Class moved"),
    "resized": _l("number of seats changed"),
    "published": _l("published"),
    "drafted": _l("drafted"),
    "reminders_changed": _l("reminders changed"),
    "cancellation_undone": _l("cancellation taken back"),
    "marked": _l("attendance marked"),
    # notices and their fates
    "reminder": _l("Reminder"),
    "invitation": _l("Invitation"),
    "reset": _l("Link for a new password"),
    "sso": _l("Link that confirms single sign-on"),
    "password_changed": _l("Password changed"),
    "succeeded": _l("took over a post"),
    "teaching": _l("To teach a class"),
    "not_teaching": _l("No longer to teach a class"),
    "waiting": _l("waiting"),
    "sending": _l("sending"),
    "sent": _l("sent"),
    "failed": _l("failed"),
    "in_doubt": _l("in doubt"),
    "confirmed": _l("confirmed"),
    "refused": _l("refused"),
    "withdrawn": _l("withdrawn"),
    "expired": _l("expired"),
    # doors and ways
    "mail": _l("by mail"),
    "page": _l("by a page"),
    "webhook": _l("to a program"),
    "api": _l("by a program"),
    "clock": _l("by the clock"),
    # what was opened
    "roster": _l("Roster"),
    "sign_in_sheet": _l("Sign-in sheet"),
    "class_page": _l("Queue and log of the class"),
    "bookings": _l("Bookings"),
    "booking": _l("Your booking"),
    "people": _l("A list of people"),
    "notices": _l("Notices that did not arrive"),
    "doubles": _l("Comparing two records that may be one person"),
    "joining": _l("Requests to join"),
    "search": _l("Search for a person"),
    "erasure": _l("Erasure at your wish"),
    "export": _l("A list taken away as a file"),
    # languages
    "zh": "中文",
    "en": "English",
}


def in_words(value: Any) -> Any:
    """Return a code in words; what is no code stays as it is."""
    return WORDS.get(value, value) if isinstance(value, str) else value
