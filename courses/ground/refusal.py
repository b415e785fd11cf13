"""A refusal: a rule said no. Rules raise it with a code and facts; the door turns it into words and a status.

The table below is the only place where a code gets its status and its sentence: what happened, why, what
to do next. A test finds every code raised in the source and asks that it stands here.
"""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """A rule refused; `code` is stable (the API shows it), `facts` fill its sentence. `more`: what else was wrong,
    where a form shows everything at once."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code, self.facts = code, facts
        self.more: tuple[Refusal, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status of this refusal."""
        return REFUSALS[self.code][0]

    @property
    def words(self) -> str:
        """The sentence for a person, in the language of the request."""
        from courses.ground.language import shown

        return str(REFUSALS[self.code][1]) % {name: shown(fact) for name, fact in self.facts.items()}


def refuse_all(faults: Iterable[Refusal]) -> None:
    """Raise the first of these, the others with it; without any, nothing happens."""
    found = tuple(faults)
    if found:
        found[0].more = found[1:]
        raise found[0]


REFUSALS: dict[str, tuple[int, Any]] = {
    # ground
    "busy": (503, _l("Many people are asking at this moment. Nothing was changed. Please try again.")),
    "unavailable": (
        503,
        _l("The system cannot reach its records right now. Nothing was changed. Please try again in a minute."),
    ),
    "not_found": (
        404,
        _l("There is nothing here, or it is not yours to see. Check the address, or sign in with another account."),
    ),
    "key_reused": (422, _l("This Idempotency-Key was used for a different request. Use a new key.")),
    "malformed": (422, _l("Some of what was sent cannot be read. Check the marked fields.")),
    "not_a_sheet": (422, _l("This is no spreadsheet that can be read. Save it as XLSX or CSV and send that.")),
    "macro_sheet": (
        422,
        _l("This workbook has macros, which are not taken in. Save it as an XLSX workbook without them, or as CSV."),
    ),
    "sheet_too_long": (
        422,
        _l("The sheet has %(rows)s rows; at most %(limit)s are read at once. Split it into several files."),
    ),
    # people
    "not_signed_in": (401, _l("Please sign in first.")),
    "token_expired": (401, _l("The time of this token is over. Make a new one on your profile page.")),
    "token_ended": (401, _l("This token was ended. Make a new one on your profile page.")),
    "beyond_token": (403, _l("This token was not made for that. It needs the scope “%(scope)s”: make another one.")),
    "not_allowed": (
        403,
        _l("Your role does not include this. If it should, enterprises ask their squadron, staff the administrator."),
    ),
    "two_sides": (409, _l("One account cannot both serve and enforce. Use a separate account for the inspector.")),
    "unknown_person": (
        422,
        _l("At least one of these people is not among those you may book for. Choose only from the list."),
    ),
    "email_taken": (409, _l("This e-mail address belongs to an account. If it is yours, sign in; else give another.")),
    "mobile_taken": (409, _l("This mobile number belongs to an account. If it is yours, sign in; else give another.")),
    "no_contact": (422, _l("Give an e-mail address or a mobile number.")),
    "post_held": (
        409,
        _l(
            "This person already holds this post, or one at another enterprise. Choose someone else, or let that post "
            "end first."
        ),
    ),
    # accounts
    "wrong_sign_in": (401, _l("These do not match. Check the address or number and the password.")),
    "slow_down": (429, _l("Too many tries. Please wait %(minutes)s minutes, or reset the password.")),
    "sso_down": (
        503,
        _l("The sign-in service does not answer. Try again in a minute, or use your password."),
    ),
    "sso_expired": (400, _l("This try to sign in is over, or was begun in another browser. Please begin again.")),
    "sso_refused": (
        403,
        _l("The sign-in service did not say who you are. Begin again, or use your password."),
    ),
    "dead_link": (404, _l("This link was used already or is too old. Ask for a new one.")),
    "weak_password": (422, _l("Choose a password of at least 10 characters that is not a common one.")),
    "wrong_password": (422, _l("The present password is not right. Type it again.")),
    "too_many_tokens": (409, _l("You have %(count)s tokens, as many as there can be. End one first.")),
    # the enterprise
    "has_account": (
        409,
        _l("%(person)s has opened the account meanwhile and keeps it up to date alone. Ask them to change it."),
    ),
    "plan_changed": (409, _l("Something changed meanwhile. Look at what would pass and what not, then confirm again.")),
    "both_booked": (
        409,
        _l("Both have a place in %(course)s, and one person can have only one there. Cancel one of them first."),
    ),
    "not_mergeable": (
        409,
        _l(
            "Only people of enterprises can be merged; one of these two holds another post. Choose someone else, or "
            "let that post end first."
        ),
    ),
    "already_decided": (409, _l("This was decided meanwhile, or is no longer waiting. Look at it as it is now.")),
    "asked_too_often": (
        429,
        _l("Too many requests for one enterprise or one contact. Please wait %(minutes)s minutes."),
    ),
    "no_successor": (422, _l("Choose as successor someone else of the same enterprise.")),
    # catalogue
    "no_sitting": (422, _l("A class needs at least one sitting. Give the day and hours of one.")),
    "sittings_overlap": (422, _l("Two sittings of this class are at the same time. Change one of them.")),
    "ends_before_start": (422, _l("A sitting must end after it begins. Check its hours.")),
    "in_the_past": (422, _l("This time is already over. Choose one to come.")),
    "room_clash": (409, _l("%(room)s is taken by %(course)s, %(span)s. Choose another room or time.")),
    "no_lecturer": (422, _l("Choose at least one lecturer. If nobody can teach the class, call it off.")),
    "lecturer_clash": (409, _l("%(lecturer)s teaches %(course)s, %(span)s. Choose another time or lecturer.")),
    "too_many_seats": (422, _l("%(room)s has %(seats)s seats. Offer at most that many.")),
    "first_wrong": (
        422,
        _l(
            "The hour for those who asked first must be after booking opens and not after it closes. Choose a moment "
            "between the two."
        ),
    ),
    "draw_wrong": (
        422,
        _l("The draw must be after booking opens and not after it closes. Choose a moment between the two."),
    ),
    "names_by_wrong": (
        422,
        _l("Names must be due after booking opens and before the class begins. Choose a moment between the two."),
    ),
    "shares_too_many": (
        422,
        _l("%(kept)s seats would be kept, but the class has %(seats)s. Keep fewer, or offer more."),
    ),
    "shares_wrong": (
        422,
        _l(
            "The kept seats must become free for all after booking opens, and no later than the class begins. Choose "
            "a moment between the two."
        ),
    ),
    "shares_twice": (422, _l("Two lines keep seats for the same people. Make them one.")),
    "minimum_wrong": (422, _l("The class has %(seats)s seats. It can ask for at most that many people.")),
    "decide_by_wrong": (
        422,
        _l("The decision must lie ahead, and not after the class begins. Choose a moment between now and then."),
    ),
    "offer_hours_wrong": (422, _l("Give one to %(most)s working hours to answer an offer.")),
    "window_wrong": (
        422,
        _l("Booking must open before it closes, and before the class begins. Choose an earlier moment."),
    ),
    "closes_wrong": (
        422,
        _l("Booking must close no later than the class begins. Choose an earlier moment, or leave it empty."),
    ),
    "cancel_wrong": (
        422,
        _l("Cancelling can be free until the class begins, and no longer. Choose an earlier moment."),
    ),
    "class_changed": (409, _l("Someone changed this class meanwhile. Look at it as it is now, then decide again.")),
    # booking
    "called_off": (409, _l("This class was called off. Choose another class of the course.")),
    "not_open_yet": (409, _l("Booking opens %(opens_at)s. Please come back then.")),
    "closed": (409, _l("Booking for this class has closed. Choose another class of the course.")),
    "begun": (409, _l("This class has already begun, so its seats can no longer be changed.")),
    "already_booked": (409, _l("%(person)s already has a place in this class and needs no other.")),
    "person_clash": (
        409,
        _l("%(person)s has a seat in %(course)s at the same time, %(span)s. Cancel that seat first."),
    ),
    "group_too_large": (
        409,
        _l(
            "The class has %(capacity)s seats; a group of %(people)s cannot fit. Book fewer people, or say that fewer "
            "seats are enough."
        ),
    ),
    "enterprise_limit": (
        409,
        _l("One enterprise can have at most %(limit)s seats in this class; yours has %(taken)s. Ask for fewer."),
    ),
    "no_number": (422, _l("Say how many seats, as a whole number from 1 to %(most)s.")),
    "names_over": (
        409,
        _l("Names for seats in this class could be given until %(until)s. Book for the people themselves instead."),
    ),
    "not_nameable": (
        409,
        _l("This place was given up or passed on, or waits for approval. Look at the class as it is now."),
    ),
    "already_named": (
        409,
        _l("%(person)s was named for this place meanwhile. Send another colleague only if you still want to."),
    ),
    "swap_over": (
        409,
        _l(
            "A colleague could be swapped until %(until)s. Who cannot come cancels, and the next in the queue moves up."
        ),
    ),
    "enterprise_year_limit": (
        409,
        _l(
            "One enterprise can have at most %(limit)s seats in the classes of this course in one year; yours has "
            "%(taken)s. Ask for fewer, or for next year's class."
        ),
    ),
    "course_archived": (409, _l("This course is archived: no new class can be published of it. Take it back first.")),
    "nothing_chosen": (422, _l("Choose at least one date.")),
    "least_wrong": (
        422,
        _l("With how many of the %(people)s is it enough? Give a number from 1 to %(people)s, or leave it empty."),
    ),
    "nobody": (422, _l("Choose at least one person.")),
    "not_cancellable": (
        409,
        _l("This booking changed meanwhile: there is nothing left to cancel or to take back. Look at it as it is now."),
    ),
    "post_ended": (
        409,
        _l(
            "The post for which this was booked has ended, so the cancellation stands. Book for someone who holds a "
            "post now."
        ),
    ),
    "not_tentative": (409, _l("It is decided already: this class takes place. There is nothing more to decide.")),
    "merge_wrong": (409, _l("Choose another class of the same course that is still to come and is not drawn by lot.")),
    "merge_too_large": (
        409,
        _l(
            "%(people)s people have a seat here; the other class has only %(free)s left. Nobody was moved. Choose "
            "another class, or give that one more seats first."
        ),
    ),
    "merge_clash": (
        409,
        _l(
            "%(person)s has a seat in %(course)s at the hour of the other class, %(span)s. Nobody was moved. Choose "
            "another class, or wait until that seat is given up."
        ),
    ),
    "merge_kept": (
        409,
        _l(
            "%(people)s people have a seat here; the other class has %(free)s left for everyone, and %(kept)s more "
            "are kept for others until a published hour. Nobody was moved. Choose another class, or wait for that "
            "hour."
        ),
    ),
    "merge_limit": (
        409,
        _l(
            "One enterprise would have more than the %(limit)s seats that the other class allows. Nobody was moved. "
            "Choose another class."
        ),
    ),
    "merge_year_limit": (
        409,
        _l(
            "One enterprise would have more than the %(limit)s seats that this course allows in the year of the other "
            "class. Nobody was moved. Choose a class of another year."
        ),
    ),
    "below_minimum": (
        409,
        _l("The class needs %(minimum)s people to take place; it cannot have fewer seats. Give %(minimum)s or more."),
    ),
    "not_asked": (409, _l("Nothing is being asked here any more. The page of the class says what stands now.")),
    "answer_first": (
        409,
        _l("The seat is only offered. Accept it first; after that a colleague can take it."),
    ),
    "offer_over": (
        409,
        _l("The seat was offered until %(until)s; it goes to the next in the queue. You can ask for a seat again."),
    ),
    "cannot_undo": (409, _l("The seat has gone to someone else, so the cancellation stands. You can queue again.")),
    "already_told": (
        409,
        _l(
            "Someone asked for a seat or was told already, so it cannot be taken back. Move the class or call it off "
            "instead."
        ),
    ),
    "nothing_to_undo": (
        409,
        _l("Something else happened since; there is nothing left to undo. Look at the class as it is now."),
    ),
    "awaits_draw": (
        409,
        _l("The order of the queue comes from the draw, which is still to come. Look again after it."),
    ),
    "not_waiting": (409, _l("This booking waits no more: it has a seat, or was cancelled. Look at the queue again.")),
    "no_such_place": (422, _l("The queue has %(count)s places. Choose one of them.")),
    "queue_changed": (409, _l("The queue moved meanwhile: this is place %(place)s now. Look again, then decide.")),
    "standby_last": (
        409,
        _l(
            "Those on standby wait behind all others. Choose a place among their own kind, or decide the appeal "
            "first, if there is one."
        ),
    ),
    "not_first_timer": (
        409,
        _l(
            "This seat is kept until %(until)s for people who never had a seat in a class, and %(person)s had one. "
            "Send a colleague who had none, or wait until then."
        ),
    ),
    "on_standby": (
        409,
        _l(
            "%(person)s stayed away too often and is on standby until %(until)s: seats go to others first. Name "
            "another colleague. %(person)s can join the queue, and appeal on the page “My reliability”."
        ),
    ),
    "nothing_to_appeal": (409, _l("This does not count against you, so there is nothing to appeal.")),
    "already_appealed": (409, _l("You have appealed this already. The answer comes by message and stands here.")),
    "asked_first": (
        409,
        _l("Until %(until)s only those can book who had asked to be told of this course. Come back then."),
    ),
    "not_changeable": (
        409,
        _l(
            "Only a seat that is booked, or a place in the queue that has a name, can be changed to another class. "
            "Answer the offer, name the person or wait for the approval first."
        ),
    ),
    "same_class": (409, _l("This is the class in which the place is already. Choose another one.")),
    "other_course": (422, _l("That class belongs to another course. Book it on its own page.")),
    "no_seat_there": (
        409,
        _l("There is no free seat in that class any more. The place is where it was; choose another class."),
    ),
    "below_taken": (409, _l("%(taken)s seats are taken; the class cannot have fewer. Give %(taken)s or more.")),
    "below_kept": (
        409,
        _l(
            "%(taken)s seats are taken and %(kept)s are still kept for others; the class cannot have fewer than both "
            "together. Wait until the kept seats are free for all."
        ),
    ),
    "nothing_changed": (
        409,
        _l("Nothing would change, so nobody was told. Give something else, or leave it as it is."),
    ),
    # lists
    "list_nothing": (422, _l("Choose a file, or paste rows.")),
    "list_columns": (
        422,
        _l("The first row must name the columns; missing: %(missing)s. Take the template, or name them as it does."),
    ),
    "list_too_long": (
        422,
        _l("The list has %(rows)s rows; at most %(limit)s are taken at once. Split it into several lists."),
    ),
    "list_too_large": (422, _l("This file is larger than %(limit)s MB. Send the list alone, without pictures.")),
    "list_wrong": (
        409,
        _l("%(count)s rows cannot be enrolled, so nobody was. Correct the list, or choose to enrol those who can."),
    ),
    "list_changed": (
        409,
        _l(
            "Something changed for %(count)s rows since you looked, so nobody was enrolled. See what it is now, then "
            "decide again."
        ),
    ),
    "list_nobody": (409, _l("Nobody in this list can be enrolled as things are now. Correct the list and send it.")),
    "list_raced": (409, _l("Someone took one of these numbers at this moment. Nobody was enrolled. Try again.")),
    # privacy
    "other_name": (422, _l("This is not the name that stands here. Type it as it is shown.")),
    "still_booked": (
        409,
        _l("There are live bookings: %(classes)s. Cancel them first, so that the seats go to others."),
    ),
    "still_teaching": (409, _l("There are classes to teach: %(classes)s. Let an officer name another lecturer first.")),
    "last_administrator": (409, _l("This is the only administrator. Make another one first.")),
    # roster
    "not_begun": (409, _l("Attendance can be marked from one hour before the sitting begins. Come back then.")),
    "not_on_roster": (409, _l("This person has no seat in the class. Look at the roster as it is now.")),
    "minutes_wrong": (422, _l("Both times must be within the sitting, and arriving before leaving. Check them.")),
    # webhooks
    "webhook_address": (
        422,
        _l("Give an address that begins with https:// and can be reached from the internet, without a password in it."),
    ),
    "no_event": (422, _l("Choose at least one event.")),
    "too_many_webhooks": (409, _l("You have %(count)s webhooks, as many as there can be. End one first.")),
    "webhook_paused": (409, _l("This webhook is paused. Resume it first.")),
    # setup
    "name_taken": (409, _l("%(name)s stands in this register already. Use that one, or choose another name.")),
    "still_used": (409, _l("It cannot be removed while this stands on it: %(uses)s. Change or remove that first.")),
    "room_offered": (
        409,
        _l("A class to come offers %(seats)s seats in this room; it cannot have fewer. Resize the class first."),
    ),
    "empty_sheet": (422, _l("The file is empty. Choose the one that has the rows.")),
    "no_rows": (422, _l("There are no rows below the head of this sheet. Fill them in and send the file again.")),
    "import_over": (409, _l("This import was written already, or its sheet is no longer kept. Send the file again.")),
    "import_raced": (409, _l("Someone took one of these numbers at this moment. Nothing was written. Try again.")),
    "columns_missing": (422, _l("Say where credit code, enterprise and town stand; without them no row can be read.")),
    "columns_double": (422, _l("One column of the sheet was chosen twice. Choose another one.")),
    "rows_wrong": (409, _l("%(count)s rows are wrong, so nothing was written. Correct them and send the file again.")),
    "nobody_to_invite": (
        409,
        _l(
            "Nobody is left to invite: all have an account, no address, or were invited just now. Add an address "
            "where one is missing."
        ),
    ),
    "no_role": (422, _l("Choose at least one role.")),
    "own_link": (409, _l("A link is for others only. Change your own password on your profile page.")),
    "oneself": (409, _l("You cannot remove yourself. Ask another administrator.")),
    "still_teaches": (
        409,
        _l(
            "%(person)s teaches classes and stays in the register, so that they keep their lecturer. Leave it as it is."
        ),
    ),
    # outbox
    "not_in_doubt": (409, _l("This notice is not waiting for a decision. Look at the list as it is now.")),
}
