"""How long each kind of personal data is kept: it is there until the last day, and gone after it."""

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from courses.accounts.actions import sign_in, token_for
from courses.accounts.model import SignInFailure, Token
from courses.booking.model import Appeal
from courses.bulk.model import EnrolmentList, ListRow
from courses.enterprise.model import JoinRequest
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import KeptAnswer
from courses.ground.language import speaking
from courses.ground.transaction import transaction
from courses.outbox.model import Fate, Notice
from courses.people.model import PastPost, Post, Role
from courses.privacy import actions
from courses.privacy.erasing import erase_person
from courses.privacy.kinds import KINDS
from courses.privacy.model import Erasure
from courses.running.records import contradictions
from courses.setup.model import Import, ImportRow
from tests import makers
from tests.conftest import Client
from tests.doors.private import DAY, a_class_all_told, a_list, a_request, an_import, count, looks, person
from tests.doors.test_commands import run
from tests.people import ADMINISTRATOR, GAO, LU, OWNER, SHEN, STRANGER


@pytest.fixture
def class_id(app: Flask) -> int:
    return a_class_all_told()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_every_kind_with_its_purpose_and_end(client: Client, lang: str) -> None:
    page = client.as_(None, lang).get("/privacy").text
    with speaking(lang):
        for kind in KINDS:
            for words in (kind.what, kind.fields, kind.purpose, kind.kept, kind.law):
                assert str(words).replace("'", "&#39;") in page


def test_cookies_are_few_and_last_as_long_as_the_page_says(client: Client) -> None:
    assert "Set-Cookie" not in client.get("/").headers, "nobody who only looks gets one"
    [chosen] = client.get("/?lang=en").headers.getlist("Set-Cookie")
    assert chosen.startswith("lang=en; ")
    assert f"Max-Age={365 * 86400};" in chosen  # two weeks for the session: tests/doors/test_signing_in.py


def over() -> dict[str, int]:
    return {name: n for name, n in actions.retention(dry=True).items() if n}


def test_nothing_of_today_is_over(app: Flask, class_id: int) -> None:
    token_for(SHEN.email)
    assert over() == {}
    assert set(actions.retention().values()) == {0}


def just_over(kind: str, after: dt.timedelta) -> dict[str, int]:
    """Return what the dry run counts a minute before and a minute after a length is over, and clean up then."""
    minute = dt.timedelta(minutes=1)
    with makers.at(clock.now() + after - minute):
        assert kind not in over()
    with makers.at(clock.now() + after + minute):
        found = over()
        assert found[kind] == actions.retention()[kind]
        assert kind not in over(), "what is done is done"
    return found


def test_the_contents_of_notices_go_after_a_year(app: Flask, client: Client, class_id: int) -> None:
    keys = {notice.key for notice in makers.told()}
    assert just_over("notices", 365 * DAY)["notices"] == len(keys)
    assert {notice.key for notice in makers.told()} == keys, "none is written again"
    assert all(notice.facts == {} for notice in makers.told())
    assert client.as_(SHEN).get("/notices").status_code == 200
    assert client.as_(SHEN).get("/account/data/all").status_code == 200
    assert contradictions() == []


def test_what_still_waits_is_not_emptied(app: Flask, class_id: int) -> None:
    with transaction():
        db.session.execute(update(Notice).values(state=Fate.WAITING))
    with makers.at(clock.now() + 400 * DAY):
        assert "notices" not in over()


def test_who_did_it_goes_from_the_log_after_two_years(app: Flask, class_id: int) -> None:
    assert just_over("events", 730 * DAY)["events"] == 2
    assert [event.what for event in makers.events(class_id)] == ["booked", "queued"]
    assert {event.actor_id for event in makers.events(class_id)} == {None}


def test_looks_go_after_a_year(app: Flask, client: Client, class_id: int) -> None:
    client.as_(GAO).get(f"/classes/{class_id}/roster")
    just_over("looks", 365 * DAY)
    assert looks() == []


def test_tokens_go_ninety_days_after_their_end(app: Flask) -> None:
    token_for(SHEN.email)
    just_over("tokens", 455 * DAY)
    assert count(Token) == 0


def test_appeals_go_after_two_years(app: Flask, class_id: int) -> None:
    number = makers.booking_id(class_id, SHEN.id)
    with transaction():
        db.session.add(Appeal(booking_id=number, words="住院", made_at=clock.now()))
    just_over("appeals", 730 * DAY)
    assert count(Appeal) == 0


def test_wrong_sign_ins_go_after_a_quarter_of_an_hour(app: Flask) -> None:
    with makers.refused("wrong_sign_in"):
        sign_in(SHEN.email, "not the password")
    just_over("tries", dt.timedelta(minutes=15))
    assert count(SignInFailure) == 0


def test_answers_to_programs_go_after_a_day(app: Flask) -> None:
    with transaction():
        db.session.add(KeptAnswer(digest="d", body_digest="b", answer=[], made_at=clock.now()))
    just_over("answers", DAY)
    assert count(KeptAnswer) == 0


def test_nobody_waits_for_a_clean_up_that_finds_nothing(
    app: Flask, class_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locks() -> None:
        raise AssertionError("the lock was taken")

    monkeypatch.setattr(actions, "transaction", locks)
    assert set(actions.retention().values()) == {0}
    with makers.at(clock.now() + 731 * DAY), pytest.raises(AssertionError, match="lock was taken"):
        actions.retention()


def test_what_ended_otherwise_between_looking_and_locking_is_left_alone(
    app: Flask, class_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is erased at their wish at that moment is erased once."""
    makers.cancel(class_id, SHEN)
    makers.leave(SHEN)

    def overtaken() -> AbstractContextManager[Any]:
        if not count(Erasure):
            with transaction():
                erase_person(SHEN.id, "oneself", None)
        return transaction()

    monkeypatch.setattr(actions, "transaction", overtaken)
    with makers.at(clock.now() + 731 * DAY):
        assert actions.retention()["person"] == 0
    assert [row.how for row in db.session.scalars(select(Erasure))] == ["oneself"]


def test_who_left_is_erased_two_years_later(app: Flask, class_id: int) -> None:
    makers.cancel(class_id, SHEN)
    makers.leave(SHEN)
    just_over("person", 730 * DAY)
    assert person(SHEN).email is None
    erased = db.session.get_one(Erasure, SHEN.id)
    assert (erased.how, erased.by_id) == ("retention", None)
    assert person(LU).name == LU.name


def test_imported_sheets_go_after_thirty_days(app: Flask) -> None:
    an_import()
    just_over("imports", 30 * DAY)
    assert count(ImportRow) == 0
    assert count(Import, Import.content.is_(None), Import.rows == 1) == 1


def test_a_row_of_an_import_goes_with_its_person(app: Flask) -> None:
    an_import()
    actions.erase(makers.actor(ADMINISTRATOR), SHEN.id, SHEN.name)
    assert count(ImportRow) == 0


def test_requests_to_join_go_ninety_days_after_their_answer(app: Flask) -> None:
    a_request("asks@test.example", state="refused", decided_at=clock.now())
    a_request("waits@test.example")
    just_over("joining", 90 * DAY)
    assert count(JoinRequest) == 1
    just_over("joining", 365 * DAY)
    assert count(JoinRequest) == 0


def test_whose_last_post_ended_is_erased_two_years_later(app: Flask) -> None:
    with transaction():
        db.session.execute(delete(Post).where(Post.person_id.in_((SHEN.id, LU.id))))
        for member in (SHEN, LU, STRANGER):  # the last one has a post again
            past = PastPost(
                person_id=member.id, role=Role.MANAGER, enterprise_id=1, ended_at=clock.now(), ended_by=OWNER.id
            )
            db.session.add(past)
        later = clock.now() + 10 * DAY
        db.session.add(PastPost(person_id=LU.id, role=Role.MANAGER, enterprise_id=2, ended_at=later, ended_by=OWNER.id))
    just_over("person", 730 * DAY)
    assert [person(member).email for member in (SHEN, LU, STRANGER)] == [None, LU.email, STRANGER.email]


def test_lists_for_a_class_go_after_a_day(app: Flask, class_id: int) -> None:
    a_list(class_id)
    just_over("lists", DAY)
    assert (count(ListRow), count(EnrolmentList)) == (0, 0)


def test_every_length_is_tried_above() -> None:
    tried = {
        "imports",
        "joining",
        "notices",
        "events",
        "looks",
        "tokens",
        "tries",
        "answers",
        "person",
        "appeals",
        "lists",
    }
    assert {kind.name for kind in KINDS if kind.job} == tried


def test_much_goes_in_small_steps(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BATCH", 3)
    with transaction():
        for number in range(7):
            db.session.add(SignInFailure(who=str(number), at=clock.now() - DAY))
    assert actions.retention()["tries"] == 7
    assert count(SignInFailure) == 0


def test_the_command_counts_first_and_cleans_then(app: Flask) -> None:
    with transaction():
        db.session.add(SignInFailure(who="x", at=clock.now() - DAY))
    code, words = run(app, "tick", "retention", "--dry-run")
    assert code == 0
    assert "tries: 1 to go" in words
    assert count(SignInFailure) == 1
    code, words = run(app, "tick", "retention")
    assert "tries: 1\n" in words
    assert count(SignInFailure) == 0
    assert run(app, "tick", "deliver", "--dry-run")[0] == 2
