"""The desk: for each role what to do first, named by its verb, then the overview."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask import redirect, render_template, url_for

from courses.booking import queries as booking
from courses.booking import standing as standings
from courses.booking.model import State
from courses.catalogue.queries import Card
from courses.desks import queries
from courses.desks.queries import classes as of_classes
from courses.desks.queries import coverage as of_city
from courses.desks.queries import managers as of_managers
from courses.desks.queries import people as of_people
from courses.desks.queries import posts as of_posts
from courses.desks.web.blueprint import pages
from courses.desks.web.installation import state
from courses.enterprise.model import Answer
from courses.enterprise.queries import joinings, people_asking
from courses.ground import clock
from courses.ground.forms import number_argument
from courses.homes.queries import places
from courses.people.guard import needs, signed_in
from courses.people.looks import looked
from courses.people.model import Role
from courses.people.queries import city
from courses.people.rights import Actor, Right, may
from courses.roster.queries import sittings_of
from courses.setup.queries import is_founded

HALF_EMPTY = 50  # percent of the seats, below which a class within the two weeks is to be filled
NEAR_WEEKS = 2
LAST_WEEK = 26  # so far ahead rooms are looked at


@dataclass(frozen=True)
class Todo:
    """One thing to do: its name (its words stand in desks/_todo.html), how many, where. `kind`: "lost" comes before
    "wait", that before the rest."""

    name: str
    count: float
    url: str
    kind: str = ""


@pages.get("/desk")
@needs(Right.USE_ACCOUNT)
def desk() -> Any:
    """Show, for each role the actor holds, the things to do first, then what they look after; before the city has a
    name, its administrator is led to the checklist."""
    actor, now = signed_in(), clock.now()
    if actor.has(Role.ADMINISTRATOR) and not is_founded():
        return redirect(url_for("setup.checklist"), 303)
    shown: dict[str, Any] = {}
    todos: list[Todo] = []
    for role, section in SECTIONS.items():
        if actor.has(role) or (role == Role.MANAGER and not actor.roles):  # whose post has ended reads on
            found = section(actor, now)
            todos += found.pop("todos")
            shown[role.value] = found
    if may(actor, Right.DECIDE_JOINING):
        where = None if actor.has(Role.ADMINISTRATOR) else actor.towns
        waiting = joinings(where, "", Answer.WAITING, 0, 5)
        looked(actor, "joining", person_ids=people_asking(waiting))
        todos.append(Todo("joining", len(waiting), "#joining", "wait"))
    else:
        waiting = []
    todos.sort(key=lambda todo: ("lost", "wait", "").index(todo.kind))
    return render_template(
        "desks/desk.html", desks=shown, todos=[t for t in todos if t.count], joining=waiting, **_year()
    )


def _year() -> dict[str, int]:
    return {"target": city().hours_target, "year": clock.this_year()}


def _officer(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    assert actor.squadron_id is not None  # an officer's post is in a squadron
    first, weeks = _weeks(of_classes.near(actor.squadron_id, now, _mondays(now)[-1]), now)
    near = [row for rows in weeks for row in rows]
    untold = queries.untold(actor.squadron_id, now)
    looked(actor, "notices", person_ids=[one.person_id for one in untold])
    unmarked = queries.unmarked_classes(actor.squadron_id, None, now)
    gaps = of_managers.gaps(clock.this_year(), city().hours_target, actor.towns)
    undecided = of_classes.to_decide(actor.squadron_id, now)
    seated = [row for row in near if not row.awaits_draw]  # before the draw nobody sits or waits: all have entered
    waiting = [row for row in seated if row.queued]
    empty = [row for row in seated if row.starts_at > now and row.seats_taken * 100 < row.capacity * HALF_EMPTY]
    todos = [
        Todo("appeals", standings.appeals_waiting(actor.squadron_id), url_for("booking.appeals"), "wait"),
        Todo("untold", len(untold), "#untold", "lost"),
        _to_decide(undecided, now),
        Todo("unmarked", len(unmarked), _first_roster(unmarked), "wait"),
        Todo("half_empty", len(empty), "#weeks", "wait"),
        Todo("queued", len(waiting), url_for(".classes", state="queue")),
        Todo("never_taught", gaps.never, url_for(".managers", state="never")),
    ]
    return {
        "todos": todos,
        "untold": untold,
        "unmarked": unmarked,
        "to_decide": undecided,
        "weeks": weeks,
        "first_week": first,
        **_rooms(actor, clock.local(now).date()),
    }


def _to_decide(rows: list[Card], now: dt.datetime) -> Todo:
    """Return what is to be decided: of one class on its own page, of several on their list."""
    overdue = any(row.decide_by and row.decide_by <= now for row in rows)
    url = url_for("booking.decision", class_id=rows[0].id) if len(rows) == 1 else "#decide"
    return Todo("to_decide", len(rows), url, "lost" if overdue else "wait")


def _mondays(now: dt.datetime) -> list[dt.datetime]:
    """Return the moments at which this week and those after it begin, and the last of them ends."""
    today = clock.local(now).date()
    monday = today - dt.timedelta(days=today.weekday())
    return [clock.from_local(monday + dt.timedelta(days=7 * n), dt.time()) for n in range(NEAR_WEEKS + 2)]


def _weeks(rows: list[Card], now: dt.datetime) -> tuple[int, list[list[Card]]]:
    """Return the two weeks to look at, and which is the first: this one, or the coming one (1) when there is something
    in it and nothing left in this one."""
    borders = pairwise(_mondays(now))
    weeks = [[row for row in rows if begins <= max(row.starts_at, now) < ends] for begins, ends in borders]
    first = int(not weeks[0] and bool(weeks[1]))
    return first, weeks[first : first + NEAR_WEEKS]


def _rooms(actor: Actor, today: dt.date) -> dict[str, Any]:
    """Return the rooms of the actor's towns with what stands in them, for seven days from today or weeks later."""
    ahead = min(number_argument("week") or 0, LAST_WEEK)
    days = [today + dt.timedelta(days=7 * ahead + n) for n in range(7)]
    rooms = [place for place in places(actor.towns) if place.town_id in actor.towns]
    begins, ends = (clock.from_local(day, dt.time()) for day in (days[0], days[-1] + dt.timedelta(days=1)))
    uses: dict[tuple[int, dt.date], list[of_classes.Use]] = {}
    for use in of_classes.rooms_in_use([place.room_id for place in rooms], begins, ends):
        uses.setdefault((use.room_id, clock.local(use.starts_at).date()), []).append(use)
    noons = [(day, clock.from_local(day, dt.time(12))) for day in days]
    return {"days": noons, "rooms": rooms, "uses": uses, "week": ahead}


def _lecturer(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    taught, to_mark = queries.classes_taught(actor.id, now), queries.unmarked_classes(None, actor.id, now)
    todos = [Todo("unmarked", len(to_mark), _first_roster(to_mark), "wait")]
    first = taught[0].id if taught else None
    return {
        "todos": todos,
        "taught": taught,
        "to_mark": to_mark,
        "sittings": sittings_of(first) if first else [],
        "way": _way(first),
    }


def _manager(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    mine = booking.coming(actor.id, now)
    hours = of_people.hours(actor.id, clock.this_year())
    missing = max(0, city().hours_target * 2 - hours.half_hours) if actor.has(Role.MANAGER) else 0
    standby = standings.on_standby([actor.id], now)
    todos = [
        Todo("standby", len(standby), url_for("booking.standing"), "wait"),
        Todo("missing_hours", missing / 2, url_for("catalogue.shelves"), "" if mine else "wait"),
    ]
    offered = [row for row in mine if row.state == State.OFFERED]
    if actor.is_deputy and not actor.has(Role.OWNER):
        todos = [*_unsettled(actor, now), *todos]
    elif offered and not actor.has(Role.OWNER):
        url = url_for("booking.class_page", class_id=offered[0].class_id)
        todos.insert(0, Todo("answer", len(offered), url, "wait"))
    seated = next((row for row in mine if row.state not in (State.QUEUED, State.OFFERED)), None)
    return {
        "todos": todos,
        "mine": mine,
        "next": seated,
        "way": _way(seated.class_id if seated else None),
        "hours": hours,
    }


def _way(class_id: int | None) -> of_people.Next | None:
    return of_people.way_to(class_id) if class_id else None


def _unsettled(actor: Actor, now: dt.datetime) -> list[Todo]:
    """Return what the enterprise has yet to answer, to approve and to name; the first of it is a tap away."""
    assert actor.enterprise_id is not None  # whoever answers for an enterprise has a post there
    found = booking.unsettled(actor.enterprise_id, now)
    todos = []
    for name, waits in (("answer", State.OFFERED), ("approve", State.REQUESTED), ("name", State.HELD)):
        of_state = [one for one in found if one.state == waits]
        if of_state:
            url = url_for("booking.class_page", class_id=of_state[0].class_id)
            todos.append(Todo(name, sum(one.places for one in of_state), url, "wait"))
    return todos


def _owner(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    assert actor.enterprise_id is not None  # an owner's post is at an enterprise
    people = of_people.members_in_order(actor.enterprise_id, clock.this_year(), now, city().hours_target)
    none, short = ([p for p in people if p.state == state] for state in ("none", "short"))
    coming = booking.coming_of_enterprise(actor.enterprise_id, now)
    own = [] if actor.has(Role.MANAGER) else booking.coming(actor.id, now)
    todos = [
        *_unsettled(actor, now),
        Todo("no_manager", int(not any(p.is_manager for p in people)), url_for("accounts.invite"), "lost"),
        Todo("no_hours", len(none), url_for("catalogue.shelves"), "wait"),
        Todo("few_hours", len(short), url_for(".people", state="short")),
    ]
    return {"todos": todos, "people": people, "bookings": coming, "own": own}


def _association(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    year, target = clock.this_year(), city().hours_target
    gaps, posts = of_managers.gaps(year, target, actor.towns), of_posts.tally(year, target, actor.towns)
    todos = [
        Todo("vacant", posts.vacant, url_for("enterprise.enterprises", gap="vacant"), "wait"),
        Todo("never_taught", gaps.never, url_for(".managers", state="never"), "wait"),
        Todo("few_hours", gaps.short, url_for(".managers", state="short")),
    ]
    return {
        "todos": todos,
        "towns": of_city.towns(year, target, actor.towns),
        "industries": of_city.industries(year, target, actor.towns),
    }


def _bureau(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    year, target = clock.this_year(), city().hours_target
    towns, posts = of_city.towns(year, target), of_posts.tally(year, target)
    whole = of_city.whole(towns)
    behind = [town for town in towns if town.is_behind(whole)]
    todos = [
        Todo("behind", len(behind), url_for(".coverage", sort="share"), "wait"),
        Todo("vacant_by_town", posts.vacant, url_for(".coverage", sort="-vacant")),
    ]
    return {
        "todos": todos,
        "towns": towns,
        "whole": whole,
        "industries": of_city.industries(year, target),
        "topics": of_city.topics(year, now),
        "months": of_city.by_month(now),
    }


def _inspector(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    posts = of_posts.tally(clock.this_year(), city().hours_target)
    todos = [
        Todo("vacant_anywhere", posts.vacant, url_for(".posts", state="vacant"), "wait"),
        Todo("not_met", posts.short, url_for(".posts", state="short")),
    ]
    return {"todos": todos, "posts": posts}


def _administrator(actor: Actor, now: dt.datetime) -> dict[str, Any]:
    found = state()
    todos = [
        Todo("stopped", int(not found.clock_is_alive), url_for(".installation"), "lost"),
        Todo("stuck", len(found.stuck), url_for(".installation"), "wait"),
    ]
    return {"todos": todos, "state": found}


SECTIONS = {
    Role.ADMINISTRATOR: _administrator,
    Role.OFFICER: _officer,
    Role.LECTURER: _lecturer,
    Role.MANAGER: _manager,
    Role.OWNER: _owner,
    Role.ASSOCIATION: _association,
    Role.BUREAU: _bureau,
    Role.INSPECTOR: _inspector,
}


def _first_roster(rows: list[Any]) -> str:
    return url_for("roster.roster", class_id=rows[0].id) if len(rows) == 1 else "#unmarked"
