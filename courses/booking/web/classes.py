"""The page of a class and the acts on it: book, cancel, undo, move, resize, call off."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from courses.booking import actions, asking, queries, words
from courses.booking import standing as standings
from courses.booking import story as stories
from courses.booking.drawing import drawn
from courses.booking.forms import CallOffForm, LecturersForm, MoveForm, ResizeForm, asked, changed_to
from courses.booking.ledger import Entry, KeptSeats, by_hand, entries_of, kept_seats, orders_of
from courses.booking.model import State, standby_from
from courses.booking.web.blueprint import pages
from courses.catalogue import planning
from courses.catalogue import queries as catalogue
from courses.catalogue.forms import REFUSED_AT
from courses.catalogue.model import ClassState, TrainingClass, half_hours
from courses.catalogue.queries import PAGE_SIZE
from courses.catalogue.web import foreseen, lecturer_choices, offer_places
from courses.catalogue.web.public import class_data, place_data
from courses.ground import clock, sheets
from courses.ground.forms import Form, page_number
from courses.ground.language import plain
from courses.ground.lists import Pager
from courses.ground.markdown import as_html
from courses.ground.refusal import Refusal
from courses.people.guard import actor as present_actor
from courses.people.guard import needs, public, signed_in
from courses.people.looks import looked
from courses.people.model import BookingRule
from courses.people.queries import Colleague, city, colleagues, enterprise
from courses.people.rights import Actor, Right, may, require

LOG_SHOWN = 20  # on the page of the class; the rest is on the page of its story


@pages.get("/classes/<int:class_id>")
@public
def class_page(class_id: int) -> str:
    return _class_page(class_id)


def _class_page(class_id: int, refusal: Refusal | None = None) -> str:
    view = the_view(class_id)
    actor = present_actor()
    known = queries.own_places(actor, class_id) if actor else []
    places = [place for place in known if place.person_id]
    lecturers = catalogue.lecturers_of(class_id)
    text = planning.text_given(view.row, view.course, clock.now())
    facts = {"squadron_id": view.row.squadron_id, "lecturer_ids": [t.id for t in lecturers]}
    serves = actor is not None and may(actor, Right.READ_ROSTER, **facts)
    if serves:
        looked(actor, "class_page", class_id=class_id)
    log = []
    if actor and (serves or known):
        log = stories.happenings(class_id, None if serves else [place.id for place in known], LOG_SHOWN + 1)
    in_already = {place.person_id for place in places if place.state != State.CANCELLED}
    staff: list[Colleague] = []
    answers = actor is not None and actor.answers_for_enterprise
    if actor and answers and actor.enterprise_id:
        staff = colleagues(actor.enterprise_id)
    spans = catalogue.spans_of(view.row)
    return render_template(
        "booking/class.html",
        view=view,
        spans=spans,
        worth=half_hours(spans, city().minutes_per_hour) / 2,
        text=text,
        syllabus=as_html(plain(text, "syllabus")),
        lecturers=lecturers,
        places=places,
        unnamed=[place for place in known if not place.person_id],
        undoable=queries.undoable(view.row, places),
        answers=answers,
        asks_first=actor is not None and not answers and _asks_first(actor),
        is_in=actor is not None and actor.id in in_already,
        staff=staff,
        team=[one for one in staff if one.id not in in_already],
        standby=standings.on_standby([actor.id], clock.now()).get(actor.id) if actor else None,
        asked_first=_asked_first(view.row, actor),
        standby_from=standby_from(view.row),
        rules=city(),
        elsewhere=_elsewhere(view, actor, in_already),
        waiting=queries.waiting_before(view.row),
        serves=serves,
        may_change=may(actor, Right.CHANGE_CLASS, squadron_id=view.row.squadron_id),
        queue=queries.people_of(class_id, (State.QUEUED,)) if serves else [],
        consents=asking.consents(class_id) if serves else {},
        log=log[:LOG_SHOWN],
        more_happened=len(log) > LOG_SHOWN,
        is_open=view.row.is_bookable(clock.now()),
        foresight=_of_draft(view.row) if view.row.state == ClassState.DRAFT else None,
        untold=serves and _untold(view.row),
        told=queries.told_of_call_off(view.row) if serves and view.row.state == ClassState.CALLED_OFF else [],
        undoable_change=queries.undoable_change(class_id) if serves else None,
        refusal=refusal,
        shares=kept_seats(view.row),
        whom=words.whom,
        why=words.why,
        of_enterprise=queries.seats_of_enterprise(class_id, actor.enterprise_id)
        if actor and actor.enterprise_id and view.row.enterprise_limit
        else None,
        linked=None if actor else class_data(view.course, view.row, place_data(view.home, view.town), lecturers),
    )


def _asks_first(actor: Actor) -> bool:
    place = enterprise(actor.enterprise_id) if actor.enterprise_id else None
    return place is not None and place.booking_rule == BookingRule.APPROVAL


def _asked_first(row: TrainingClass, actor: Actor | None) -> bool | None:
    """Return whether the actor is among those who book first; None where, or when, everyone can book."""
    if row.first_until is None or clock.now() >= row.first_until:
        return None
    return actor is not None and bool(standings.asked_first(row.id, [actor.id]))


def _elsewhere(view: queries.ClassView, actor: Actor | None, in_already: set[int | None]) -> queries.Mine | None:
    """Return the actor's own place in another class of the course, from which they may change to this one."""
    if actor is None or actor.id in in_already or not view.row.is_bookable(clock.now()) or not may(actor, Right.BOOK):
        return None
    return queries.seat_elsewhere(actor.id, view.course.id, view.row.id)


def _untold(row: TrainingClass) -> bool:
    return row.state == ClassState.PUBLISHED and not row.has_begun(clock.now()) and queries.is_untold(row)


def _of_draft(row: TrainingClass) -> planning.Foresight:
    plan = planning.plan_of(row)
    return planning.foresee(row.room_id, plan.lecturer_ids, plan.sittings, row.capacity, row.id, row.squadron_id)


@pages.post("/classes/<int:class_id>/draft/deletion")
@needs(Right.PUBLISH)
def discard(class_id: int) -> Any:
    actions.discard(signed_in(), class_id)
    flash(_("The draft is deleted."), "done")
    return redirect(url_for("catalogue.start"), 303)


@pages.post("/classes/<int:class_id>/publication/undo")
@needs(Right.CHANGE_CLASS)
def take_back(class_id: int) -> Any:
    return _back(class_id, actions.take_back, _("It is a draft again. Nobody was told of it."))


@pages.post("/classes/<int:class_id>/change/undo")
@needs(Right.CHANGE_CLASS)
def undo_change(class_id: int) -> Any:
    return _back(class_id, actions.undo_change, _("The class is as it was before."))


def _back(class_id: int, act: Callable[[Actor, int], None], told: str) -> Any:
    try:
        act(signed_in(), class_id)
    except Refusal as refusal:
        return refused(class_id, refusal)
    flash(told, "done")
    return redirect(url_for(".class_page", class_id=class_id), 303)


@pages.post("/classes/<int:class_id>/bookings")
@needs(Right.BOOK)
def create(class_id: int) -> Any:
    actor = signed_in()
    try:
        people, seen, least = asked(request.form, actor.id)
        outcomes = actions.book(actor, class_id, people, seen=seen, least=least)
    except Refusal as refusal:
        return refused(class_id, refusal)
    if outcomes[0].state == State.REQUESTED:
        flash(_("The seat is reserved for you until your enterprise approves it."), "wait")
    booked, waiting = ([o for o in outcomes if o.state == state] for state in (State.BOOKED, State.QUEUED))
    if booked:
        told = ngettext(
            "The seat is booked. A confirmation is on its way.",
            "%(num)s seats are booked. Each person is being told.",
            len(booked),
        )
        flash(told, "done")
    if waiting and waiting[0].standby:
        flash(_("You are in the queue, on standby: number %(place)s.", place=waiting[0].place), "wait")
    elif waiting and waiting[0].entry:
        flash(_("You are in the draw, entry %(number)s. The outcome comes by mail.", number=waiting[0].entry), "wait")
    elif waiting:
        flash(_no_seat(waiting[0]), "wait")
    return redirect(url_for(".class_page", class_id=class_id), 303)


def _no_seat(got: actions.Outcome) -> str:
    if got.full:
        return str(_("The class is full: number %(place)s in the queue.", place=got.place))
    words = _("There is no free seat for you now: number %(place)s in the queue. The page says why.", place=got.place)
    return str(words)


@pages.post("/bookings/<int:booking_id>/cancellation")
@needs(Right.CANCEL)
def cancel(booking_id: int) -> Any:
    def act() -> str:
        if actions.cancel(signed_in(), booking_id):
            return str(_("Cancelled. You can take this back until the seat goes to someone else."))
        return str(_("Cancelled. The seat has gone to the next in the queue."))

    return on_booking(booking_id, act)


@pages.post("/bookings/<int:booking_id>/cancellation/undo")
@needs(Right.CANCEL)
def undo_cancel(booking_id: int) -> Any:
    def act() -> str:
        actions.undo_cancel(signed_in(), booking_id)
        return str(_("The cancellation is taken back. Your place is as it was."))

    return on_booking(booking_id, act)


@pages.route("/bookings/<int:booking_id>/class", methods=["GET", "POST"])
@needs(Right.BOOK)
def change_class(booking_id: int) -> Any:
    """Show the other classes of the course, and change to the one chosen: a seat there, or nothing changes."""
    place = queries.booking_seen_by(signed_in(), booking_id)
    if place is None:
        raise Refusal("not_found")
    if place.state not in (State.BOOKED, State.QUEUED):
        flash(Refusal("not_changeable").words, "lost")
        return redirect(url_for(".class_page", class_id=place.class_id), 303)
    refusal = None
    if request.method == "POST":
        chosen, seen = changed_to(request.form)
        try:
            actions.change_class(signed_in(), booking_id, chosen, seen=seen)
        except Refusal as no:
            if no.status in (403, 404, 503):
                raise
            refusal = no
        else:
            flash(_("The seat is now in this class. The other one is given up; a confirmation is on its way."), "done")
            return redirect(url_for(".class_page", class_id=chosen), 303)
    view = the_view(place.class_id)
    others = queries.classes_to_change_to(view.course.id, place.class_id)
    page = render_template("booking/change_class.html", view=view, place=place, others=others, refusal=refusal)
    return page, refusal.status if refusal else 200


def on_booking(booking_id: int, act: Callable[[], str]) -> Any:
    place = queries.place_of(booking_id)
    if place is None:
        raise Refusal("not_found")
    try:
        flash(act(), "done")
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return refused(place.class_id, refusal)
    return redirect(url_for(".class_page", class_id=place.class_id), 303)


def refused(class_id: int, refusal: Refusal) -> Any:
    """Show the class as it is now, with the reason on top. A lost race or a missing class is not for this page."""
    if refusal.status in (403, 404, 503):
        raise refusal
    return _class_page(class_id, refusal), refusal.status


@pages.get("/classes/<int:class_id>/draw")
@public
def draw(class_id: int) -> str:
    """Show how the lots are drawn and, once they are, everything that is needed to draw them again."""
    view = the_view(class_id)
    if view.row.draw_at is None:
        raise Refusal("not_found")
    held, number = drawn(view.row), page_number()
    found = held.lots[(number - 1) * PAGE_SIZE : number * PAGE_SIZE] if held else []
    pager = Pager.of(number, len(held.lots) if held else 0, PAGE_SIZE)
    return render_template(
        "booking/draw.html",
        view=view,
        held=held,
        lots=found,
        pager=pager,
        rules=city(),
        standby_from=standby_from(view.row),
    )


@pages.get("/classes/<int:class_id>/draw/entries.txt")
@public
def draw_entries(class_id: int) -> Any:
    """Return the closed list byte for byte as it was hashed."""
    held = drawn(the_view(class_id).row)
    if held is None:
        raise Refusal("not_found")
    return Response(held.entries, mimetype="text/plain")


@pages.get("/classes/<int:class_id>/seats")
@public
def ledger(class_id: int) -> Any:
    """Show every seat and every place in the queue, and why it is where it is; it names nobody."""
    view = the_view(class_id)
    shares, entries = kept_seats(view.row), entries_of(class_id)
    by_share = {share.id: share for share in shares}
    if kind := sheets.wanted():
        return sheets.taken_away(
            kind,
            _("Seat by seat"),
            [str(head) for head in _ENTRY],
            [_entry(entry, by_share, view.row) for entry in entries],
        )
    number = page_number()
    pager = Pager.of(number, len(entries), PAGE_SIZE)
    return render_template(
        "booking/ledger.html",
        view=view,
        shares=shares,
        by_share=by_share,
        entries=entries[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        pager=pager,
        whom=words.whom,
        why=words.why,
        by_hand=by_hand(class_id),
        own=orders_of(actor, class_id) if (actor := present_actor()) else set(),
        rules=city(),
        standby_from=standby_from(view.row),
    )


_ENTRY = [
    _l("Order"),
    _l("Number in the draw"),
    _l("Asked"),
    _l("Seats"),
    _l("Outcome"),
    _l("Kept for"),
    _l("Why"),
    _l("Since"),
]


def _entry(entry: Entry, by_share: dict[int, KeptSeats], row: TrainingClass) -> list[Any]:
    outcome = words.outcome(entry.state)
    kept_for = words.whom(by_share[entry.share_id]) if entry.share_id else ""
    why = words.why(entry.state, entry.reason, row, entry.standby)
    return [entry.order, entry.draw_no, entry.asked_at, entry.seats, outcome, kept_for, why, entry.since]


@pages.route("/classes/<int:class_id>/move", methods=["GET", "POST"])
@needs(Right.CHANGE_CLASS)
def move(class_id: int) -> Any:
    view = own_view(class_id)
    form = MoveForm()
    offer_places(form)
    if not form.is_submitted():
        form.room_id.data = view.row.room_id
        form.show(catalogue.spans_of(view.row))
    elif form.validate() and request.form.get("act") != "check":
        act = lambda: actions.move(  # noqa: E731
            signed_in(), class_id, form.spans(), form.room_id.data, form.seen.data
        )
        if tried(act, form):
            flash(_("The class is moved. Everyone concerned is being told."), "done")
            return redirect(url_for(".class_page", class_id=class_id), 303)
    seen = _foreseen(form, view)
    form.pad()
    form.seen.show(view.row.schedule_no)
    page = render_template("booking/move.html", view=view, form=form, foresight=seen)
    return page, 422 if form.errors or form.form_errors else 200


@pages.post("/classes/<int:class_id>/move/foresight")
@needs(Right.CHANGE_CLASS)
def move_foresight(class_id: int) -> str:
    """Return what the class would meet at the place and time typed so far: the part of the form that is exchanged."""
    view, form = own_view(class_id), MoveForm()
    offer_places(form)
    return render_template("booking/_foresight.html", foresight=_foreseen(form, view))


def _foreseen(form: MoveForm, view: queries.ClassView) -> planning.Foresight:
    lecturer_ids = [t.id for t in catalogue.lecturers_of(view.row.id)]
    return foreseen(form, lecturer_ids, view.row.capacity, view.row.id, view.row.seats_taken)


@pages.route("/classes/<int:class_id>/lecturers", methods=["GET", "POST"])
@needs(Right.CHANGE_CLASS)
def lecturers(class_id: int) -> Any:
    view, form = own_view(class_id), LecturersForm()
    form.lecturers.choices = lecturer_choices(planning.taught_by(view.course.id))
    if not form.is_submitted():
        form.lecturers.data = [t.id for t in catalogue.lecturers_of(class_id)]
    elif form.validate() and tried(
        lambda: actions.change_lecturers(signed_in(), class_id, form.lecturers.data or ()), form
    ):
        flash(_("The lecturers are changed. The page of the class names them."), "done")
        return redirect(url_for(".class_page", class_id=class_id), 303)
    return render_template("booking/lecturers.html", view=view, form=form), 422 if form.is_submitted() else 200


@pages.route("/classes/<int:class_id>/capacity", methods=["GET", "POST"])
@needs(Right.CHANGE_CLASS)
def resize(class_id: int) -> Any:
    view = own_view(class_id)
    form = ResizeForm()
    if not form.is_submitted():
        form.capacity.data = view.row.capacity
    elif form.validate() and tried(lambda: actions.resize(signed_in(), class_id, form.capacity.data), form):
        flash(_("The class now has %(seats)s seats.", seats=form.capacity.data), "done")
        return redirect(url_for(".class_page", class_id=class_id), 303)
    return render_template("booking/resize.html", view=view, form=form), 422 if form.is_submitted() else 200


@pages.route("/classes/<int:class_id>/call-off", methods=["GET", "POST"])
@needs(Right.CHANGE_CLASS)
def call_off(class_id: int) -> Any:
    view = own_view(class_id)
    form = CallOffForm()
    if form.validate_on_submit() and tried(
        lambda: actions.call_off(
            signed_in(), class_id, form.reason.data.strip(), reason_en=(form.reason_en.data or "").strip()
        ),
        form,
    ):
        flash(_("The class is called off. Everyone concerned is being told."), "done")
        return redirect(url_for(".class_page", class_id=class_id), 303)
    return render_template("booking/call_off.html", view=view, form=form), 422 if form.is_submitted() else 200


def tried(act: Callable[[], None], form: Form) -> bool:
    """Do it; a rule's refusal stands at its field."""
    try:
        act()
    except Refusal as refusal:
        if refusal.status in (403, 404, 503):
            raise
        form.refuse(refusal, **REFUSED_AT, below_taken="capacity", below_minimum="capacity")
        return False
    return True


def the_view(class_id: int) -> queries.ClassView:
    view = queries.class_view(class_id, present_actor())
    if view is None:
        raise Refusal("not_found")
    return view


def own_view(class_id: int) -> queries.ClassView:
    """Return a published class, to those who may change it; a draft is edited in the catalogue."""
    view = queries.class_view(class_id)
    if view is None:
        raise Refusal("not_found")
    require(signed_in(), Right.CHANGE_CLASS, squadron_id=view.row.squadron_id)
    return view
