"""The draw: seats by lot, that anyone can draw again."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import Markup

from courses.booking import actions, drawing, queries
from courses.booking.model import State
from courses.desks.queries import faults
from courses.ground import clock, lots
from courses.ground.lots import Entry
from tests import makers, people
from tests.conftest import Client
from tests.makers import HOUR, a_class, actor, at, book, refused, states, strangers, the_class, told


def a_draw(seats: int = 3, entries: int = 0) -> tuple[int, list[int]]:
    """Publish a class whose lots are drawn in a day, and enter so many strangers."""
    class_id = a_class(seats, draw_at=clock.now() + 24 * HOUR)
    ids = strangers(entries) if entries else []
    for id_ in ids:
        actions.book(makers.actor_of_id(id_), class_id, [id_])
    return class_id, ids


def drawn(class_id: int) -> drawing.Drawn:
    found = drawing.drawn(the_class(class_id))
    assert found is not None
    return found


MOMENT = dt.datetime(2026, 11, 22, 8, 0, 0, 999_000, tzinfo=clock.UTC)


def test_lots_are_the_hashes_that_the_page_describes() -> None:
    listed = lots.closed_list([Entry(12, 1, MOMENT), Entry(7, 3, MOMENT)])
    assert listed == "7,3,2026-11-22T08:00:00Z\n12,1,2026-11-22T08:00:00Z\n"
    found = lots.lots("ab" * 32, listed)
    assert found[7] == lots.sha256(f"{'ab' * 32}:{lots.sha256(listed)}:7")
    assert list(found.values()) == sorted(found.values())


def test_another_seed_or_another_entry_draws_otherwise() -> None:
    entries = [Entry(number, 1, MOMENT) for number in range(1, 50)]
    first = list(lots.lots("ab" * 32, lots.closed_list(entries)))
    assert first != list(lots.lots("ac" * 32, lots.closed_list(entries)))
    with_one_more = list(lots.lots("ab" * 32, lots.closed_list([*entries, Entry(50, 1, MOMENT)])))
    assert first != [number for number in with_one_more if number != 50]


def test_no_place_in_the_list_is_better_than_another() -> None:
    """Over many seeds each of ten entries is first about equally often (chi-squared, far beyond chance)."""
    listed = lots.closed_list(Entry(number, 1, MOMENT) for number in range(1, 11))
    firsts = [next(iter(lots.lots(f"{seed:064x}", listed))) for seed in range(2000)]
    chi = sum((firsts.count(number) - 200) ** 2 / 200 for number in range(1, 11))
    assert chi < 33.7  # p = 0.0001 at nine degrees of freedom; the seeds are fixed, so this never flickers


def test_before_the_draw_everyone_enters_and_nobody_sits(app: Flask) -> None:
    class_id, _ = a_draw(seats=2)
    first = book(people.SHEN, class_id)[0]
    assert (first.state, first.place, first.entry) == (State.QUEUED, None, 1)
    class_ = the_class(class_id)
    assert (class_.seats_taken, class_.queued) == (0, 1)
    assert [n.kind for n in told(person=people.SHEN.id)] == ["entered"]
    assert actions.promote_waiting() == 0
    actions.resize(actor(people.GAO), class_id, 5)
    assert states(class_id) == {people.SHEN.id: "queued"}
    assert actions.draw_due() == 0


def test_the_first_lots_get_the_seats_and_the_rest_wait_in_their_order(app: Flask) -> None:
    class_id, ids = a_draw(seats=3, entries=10)
    with at(clock.now() + 25 * HOUR):
        assert actions.draw_due() == 10
        assert actions.draw_due() == 0
        held = drawn(class_id)
        seated = [lot.number for lot in held.lots if lot.seated]
        assert seated == [lot.number for lot in held.lots[:3]]
        by_number = dict(enumerate(ids, 1))
        assert {by_number[n] for n in seated} == {p for p, state in states(class_id).items() if state == "booked"}
        assert (the_class(class_id).seats_taken, the_class(class_id).queued) == (3, 7)
        assert len(told("drawn")) == 3
        assert len(told("not_drawn")) == 7
        assert faults() == []
        # Who gives up a seat gives it to the next lot.
        first = by_number[held.lots[0].number]
        next_ = by_number[held.lots[3].number]
        place = queries.own_places(makers.actor_of_id(first), class_id)[0]
        actions.cancel(makers.actor_of_id(first), place.id)
        assert states(class_id)[next_] == "booked"
        assert drawn(class_id).digest == held.digest


def test_a_group_is_one_entry_and_gets_its_seats_together(app: Flask) -> None:
    class_id, _ = a_draw(seats=3, entries=4)
    pair = strangers(2, enterprise=1)
    actions.book(actor(people.OWNER), class_id, pair)
    with at(clock.now() + 25 * HOUR):
        assert actions.draw_due() == 5
        found = {states(class_id)[id_] for id_ in pair}
        assert len(found) == 1
        lot = next(lot for lot in drawn(class_id).lots if lot.number == 5)
        assert lot.seats == 2


def test_who_comes_after_the_list_closed_waits_behind_all_who_entered(app: Flask) -> None:
    class_id, _ = a_draw(seats=1, entries=3)
    with at(clock.now() + 24.02 * HOUR):
        late = book(people.SHEN, class_id)[0]
        assert late.state == State.QUEUED
        assert actions.draw_due() == 3
        assert queries.place_of(late.id).place == 3  # type: ignore[union-attr]
        assert [line[0] for line in drawn(class_id).entries.splitlines()] == ["1", "2", "3"]
        # From now on it is an ordinary queue.
        after = book(people.LU, class_id)[0]
        assert (after.state, after.place, after.entry) == (State.QUEUED, 4, None)


def test_an_entry_taken_back_before_the_draw_is_not_drawn_and_comes_back_only_before(app: Flask) -> None:
    class_id, _ = a_draw(seats=1, entries=3)
    mine = book(people.SHEN, class_id)[0]
    other = book(people.LU, class_id)[0]
    actions.cancel(actor(people.SHEN), mine.id)
    actions.cancel(actor(people.LU), other.id)
    actions.undo_cancel(actor(people.LU), other.id)
    with at(clock.now() + 25 * HOUR):
        assert actions.draw_due() == 4
        assert [line.split(",")[0] for line in drawn(class_id).entries.splitlines()] == ["1", "2", "3", "5"]
        with refused("cannot_undo"):
            actions.undo_cancel(actor(people.SHEN), mine.id)


def test_a_draw_without_entries_is_held_too(app: Flask) -> None:
    class_id, _ = a_draw(seats=2)
    with at(clock.now() + 25 * HOUR):
        assert actions.draw(class_id) == 0
        assert drawn(class_id).lots == []
        assert book(people.SHEN, class_id)[0].state == State.BOOKED


def test_a_class_called_off_is_not_drawn(app: Flask) -> None:
    class_id, _ = a_draw(seats=1, entries=2)
    actions.call_off(actor(people.GAO), class_id, "台风")
    with at(clock.now() + 25 * HOUR):
        assert actions.draw_due() == 0


@pytest.mark.parametrize("hours", [-1, 0, 24 * 11])
def test_a_draw_lies_between_opening_and_closing(app: Flask, hours: int) -> None:
    with refused("draw_wrong"):
        a_class(3, draw_at=clock.now() + hours * HOUR)


def test_the_seed_stays_secret_until_the_draw_and_its_seal_is_public(app: Flask, client: Client) -> None:
    class_id, _ = a_draw(seats=1, entries=3)
    seed = the_class(class_id).draw_seed
    seal = the_class(class_id).draw_commitment
    for path in (f"/classes/{class_id}", f"/classes/{class_id}/draw", f"/api/v1/classes/{class_id}"):
        for browser in (client, client.as_(people.GAO)):
            page = browser.get(path)
            assert page.status_code == 200
            assert seed not in page.text
    assert seal in client.get(f"/classes/{class_id}/draw").text
    assert client.get(f"/api/v1/classes/{class_id}").json["draw"]["commitment"] == seal
    assert client.get(f"/classes/{class_id}/draw/entries.txt").status_code == 404
    with at(clock.now() + 25 * HOUR):
        actions.draw_due()
        assert seed in client.get(f"/classes/{class_id}/draw").text
        assert client.get(f"/api/v1/classes/{class_id}").json["draw"]["seed"] == seed
        assert lots.sha256(seed) == seal


def test_anyone_can_draw_again_with_what_the_page_shows(app: Flask, client: Client, tmp_path: Path) -> None:
    class_id, _ = a_draw(seats=2, entries=9)
    with at(clock.now() + 25 * HOUR):
        actions.draw_due()
        page = client.get(f"/classes/{class_id}/draw").text
        program = str(Markup(page.split('<pre class="code" tabindex="0">')[1].split("</pre>")[0]).unescape())
        (tmp_path / "entries.txt").write_bytes(client.get(f"/classes/{class_id}/draw/entries.txt").data)
        again = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert again.stdout.strip() == str([str(lot.number) for lot in drawn(class_id).lots])


def test_a_class_without_a_draw_has_no_page_of_it(app: Flask, client: Client) -> None:
    class_id = a_class(2)
    assert client.get(f"/classes/{class_id}/draw").status_code == 404
    assert client.get(f"/api/v1/classes/{class_id}").json["draw"] is None
