"""Privacy: what is over goes, what is one's own can be taken and erased, and who looked is written down."""

import datetime as dt
import io
import json
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from config import ROOT
from courses.accounts.actions import sign_in, token_for
from courses.accounts.model import Identity, SignInFailure, Token
from courses.booking.model import Appeal, Booking, Event, State
from courses.bulk import actions as bulk
from courses.bulk.model import EnrolmentList, ListRow
from courses.bulk.sheet import Row
from courses.catalogue.model import Interest
from courses.enterprise.actions import merge_people
from courses.enterprise.model import JoinRequest, Merger
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import KeptAnswer
from courses.ground.language import speaking
from courses.ground.transaction import transaction
from courses.outbox.model import Channel, Fate, Notice
from courses.people.looks import Look
from courses.people.model import PastPost, Person, Post, Role
from courses.people.queries import colleagues
from courses.privacy import actions, queries
from courses.privacy.kinds import KINDS
from courses.privacy.model import Erasure
from courses.privacy.words import WORDS
from courses.roster import actions as roster
from courses.roster.model import Mark
from courses.roster.queries import hours_of
from courses.running.doctor import examine
from courses.running.records import contradictions
from courses.setup.model import Import, ImportRow, Stage
from courses.webhooks.model import Event as What
from courses.webhooks.model import Webhook
from tests import makers
from tests.conftest import Client
from tests.doors.test_commands import run
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OWNER,
    PASSWORD,
    SHEN,
    STRANGER,
    Member,
)
from tests.processes import held_by_another

DAY = dt.timedelta(days=1)


@pytest.fixture
def class_id(app: Flask) -> int:
    """A class of Chen's with Shen in the seat and Lu in the queue, all told."""
    made = makers.a_class(seats=1, lecturers=[CHEN.id])
    makers.book(SHEN, made)
    makers.book(LU, made)
    with transaction():
        db.session.execute(update(Notice).values(state=Fate.SENT))
    return made


def count(model: Any, *conditions: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def looks() -> list[tuple[int, str, str, int | None, int | None, int | None]]:
    db.session.rollback()
    rows = db.session.scalars(select(Look).order_by(Look.id))
    return [(x.actor_id, x.page, x.door, x.class_id, x.enterprise_id, x.person_id) for x in rows]


# What is kept


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_every_kind_with_its_purpose_and_end(client: Client, lang: str) -> None:
    page = client.as_(None, lang).get("/privacy").text
    with speaking(lang):
        for kind in KINDS:
            for words in (kind.what, kind.fields, kind.purpose, kind.kept, kind.law):
                assert str(words).replace("'", "&#39;") in page


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


def test_who_left_is_erased_two_years_later(app: Flask, class_id: int) -> None:
    makers.cancel(class_id, SHEN)
    makers.leave(SHEN)
    just_over("person", 730 * DAY)
    assert person(SHEN).email is None
    erased = db.session.get_one(Erasure, SHEN.id)
    assert (erased.how, erased.by_id) == ("retention", None)
    assert person(LU).name == LU.name


def a_request(email: str, **more: Any) -> None:
    with transaction():
        db.session.add(
            JoinRequest(
                credit_code=makers.CODES[0],
                enterprise_name="甲",
                town_id=1,
                name="问者",
                role=Role.MANAGER,
                language="zh",
                asked_at=clock.now(),
                email=email,
                **more,
            )
        )


def test_imported_sheets_go_after_thirty_days(app: Flask) -> None:
    an_import()
    just_over("imports", 30 * DAY)
    assert count(ImportRow) == 0
    assert count(Import, Import.content.is_(None), Import.rows == 1) == 1


def an_import() -> None:
    """Let an administrator have sent a sheet with Shen in it."""
    with transaction():
        sent = Import(
            file_name="a.csv",
            made_by=ADMINISTRATOR.id,
            made_at=clock.now(),
            matching={},
            rows=1,
            content=SHEN.email.encode(),
            stage=Stage.IMPORTED,
        )
        db.session.add(sent)
        db.session.flush()
        cells = {"email": SHEN.email}
        row = ImportRow(import_id=sent.id, number=2, cells=cells, values=cells, faults={}, person_id=SHEN.id)
        db.session.add(row)


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


def a_list(class_id: int) -> None:
    """Let the owner have looked at a list with Shen in it."""
    bulk.look(makers.actor(OWNER), class_id, [Row(2, {"email": SHEN.email})])


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


# One's own data


def taken(client: Client, member: Member, lang: str = "en") -> tuple[dict[str, Any], str]:
    answer = client.as_(member, lang).get("/account/data.zip")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        assert file.namelist() == ["data.json", "data.html"]
        return json.loads(file.read("data.json")), file.read("data.html").decode()


def test_all_of_ones_data_is_in_one_file(app: Flask, client: Client, class_id: int) -> None:
    token = token_for(SHEN.email)
    client.as_(GAO).get(f"/classes/{class_id}/roster")
    data, page = taken(client, SHEN)
    assert data["person"][0]["email"] == SHEN.email
    assert data["posts"][0]["role"] == "manager"
    assert [(b["course"], b["state"]) for b in data["bookings"]] == [("碳交易管理", "booked")]
    assert [n["kind"] for n in data["notices"]] == ["booked"]
    assert "Carbon" in data["notices"][0]["text"] or "碳交易" in data["notices"][0]["text"]
    assert data["tokens"][0]["tail"] == token[-4:]
    assert data["log"][0]["what"] == "booked"
    assert [(x["who"], x["page"]) for x in data["looks"]] == [(GAO.name, "roster")]
    for words in (SHEN.name, SHEN.email, "碳交易管理"):
        assert words in page
    everything = page + json.dumps(data)
    for secret in (token, person(SHEN).password_hash or "-", LU.name, LU.email):
        assert secret not in everything


def test_the_page_and_the_file_say_the_same(app: Flask, client: Client, class_id: int) -> None:
    page = client.as_(SHEN, "zh").get("/account/data/all").text
    _, file = taken(client, SHEN, "zh")
    body = page[page.index("<section") : page.rindex("</section>")]
    assert body == file[file.index("<section") : file.rindex("</section>")]


@pytest.mark.parametrize("path", ["/account/data", "/account/data/all", "/account/data.zip", "/account/erasure"])
def test_ones_data_is_for_oneself(client: Client, class_id: int, path: str) -> None:
    assert client.as_(None).get(path).status_code == 302
    for member in (LU, OWNER, GAO, ADMINISTRATOR, INSPECTOR, BUREAU, ASSOCIATION, CHEN):
        answer = client.as_(member).get(path)
        assert answer.status_code == 200
        assert SHEN.email not in answer.text if path != "/account/data.zip" else True


def test_an_attended_class_is_in_it_with_its_hours(app: Flask, client: Client, class_id: int) -> None:
    attend(class_id)
    data, _ = taken(client, SHEN)
    assert data["attendance"][0]["mark"] == "present"
    assert data["attendance"][0]["hours"] > 0


def attend(class_id: int) -> None:
    """Let Shen have come to the class."""
    row = makers.the_class(class_id)
    with makers.at(row.ends_at):
        booking = makers.booking_of(class_id, SHEN).id
        roster.mark(makers.actor(GAO), class_id, 1, [booking], Mark.PRESENT)


def test_every_code_of_the_records_has_its_words() -> None:
    """What a machine calls it is not what its person reads."""
    assert {str(code) for code in (*Role, *State, *Mark, *Fate, *Channel)} <= set(WORDS)
    sources = "".join(file.read_text() for file in (ROOT / "courses").rglob("*.py"))
    pages = set(re.findall(r'looked\(\s*[\w().]+, "(\w+)"', sources))
    assert len(pages) > 5
    assert pages <= set(WORDS)


def test_what_one_asked_for_before_there_was_an_account_is_in_it_and_goes(app: Flask, client: Client) -> None:
    a_request(SHEN.email, state="confirmed", decided_at=clock.now())
    a_request(LU.email)
    with transaction():
        db.session.add(Interest(course_id=1, person_id=SHEN.id, made_at=clock.now()))
    data, _ = taken(client, SHEN)
    assert [row["state"] for row in data["join_requests"]] == ["confirmed"]
    assert [row["course"] for row in data["interests"]] == ["碳交易管理"]
    actions.erase(makers.actor(ADMINISTRATOR), SHEN.id, SHEN.name)
    assert (count(JoinRequest), count(Interest)) == (1, 0)


def test_what_later_rooms_keep_is_in_it(app: Flask, client: Client, class_id: int) -> None:
    attend(class_id)
    an_import()
    a_list(class_id)
    an_identity(SHEN)
    a_webhook(SHEN)
    merge_people(makers.actor(OWNER), SHEN.id, COLLEAGUE.id)
    data, page = taken(client, SHEN)
    assert [(row["issuer"], row["subject"]) for row in data["identities"]] == [("https://id.example", "u-1")]
    assert [row["url"] for row in data["webhooks"]] == ["https://records.example.com/told"]
    assert [row["hours"] for row in data["hours"]] == [data["attendance"][0]["hours"]]
    assert [(row["file"], row["number"], row["cells"]) for row in data["imports"]] == [("a.csv", 2, SHEN.email)]
    assert [(row["cells"], row["by"]) for row in data["lists"]] == [(SHEN.email, OWNER.name)]
    assert [(row["name"], row["by"]) for row in data["mergers"]] == [(COLLEAGUE.name, OWNER.name)]
    assert "https://id.example" in page
    data, _ = taken(client, CHEN)
    assert [row["institution_zh"] for row in data["lecturer"]] == ["钱江环境研究院"]


def an_identity(member: Member) -> None:
    with transaction():
        at = clock.now()
        known = Identity(person_id=member.id, issuer="https://id.example", subject="u-1", made_at=at, used_at=at)
        db.session.add(known)


def a_webhook(member: Member) -> None:
    """Let a member have one from when they held a post that may."""
    url = "https://records.example.com/told"
    with transaction():
        db.session.add(
            Webhook(person_id=member.id, url=url, events=What.BOOKED, salt="s", made_at=clock.now()),
        )


def test_an_erasure_ends_it_too(app: Flask) -> None:
    an_identity(SHEN)
    a_webhook(SHEN)
    merge_people(makers.actor(OWNER), SHEN.id, COLLEAGUE.id)
    assert count(Merger, Merger.facts["name"].as_string() == COLLEAGUE.name) == 1
    actions.erase(makers.actor(ADMINISTRATOR), SHEN.id, SHEN.name)
    assert (count(Identity), count(Webhook)) == (0, 0)
    assert db.session.scalars(select(Merger.facts)).all() == [{}]


# Erasure


def person(member: Member) -> Person:
    db.session.rollback()
    return db.session.get_one(Person, member.id, populate_existing=True)


def test_a_person_erases_themselves_and_the_sums_stay(app: Flask, client: Client, class_id: int) -> None:
    attend(class_id)
    ended = makers.the_class(class_id).ends_at
    token_for(SHEN.email)
    client.as_(GAO).get(f"/classes/{class_id}/roster")
    before = (count(Booking), count(Event), makers.the_class(class_id).seats_taken, hours_of(SHEN.id))
    with makers.at(ended + DAY):
        actions.erase_oneself(makers.actor(SHEN), SHEN.name, PASSWORD)
    assert (count(Booking), count(Event), makers.the_class(class_id).seats_taken, hours_of(SHEN.id)) == before
    gone = person(SHEN)
    assert (gone.email, gone.mobile, gone.password_hash) == (None, None, None)
    assert SHEN.name not in (gone.name, gone.name_en)
    assert gone.left_at
    assert count(Post, Post.person_id == SHEN.id) == count(Token, Token.person_id == SHEN.id) == 0
    assert all(notice.facts == {} for notice in makers.told(person=SHEN.id))
    with makers.refused("wrong_sign_in"):
        sign_in(SHEN.email, PASSWORD)
    assert client.as_(SHEN).get("/account/data").status_code == 302, "no session goes on"
    page = client.as_(GAO, "zh").get(f"/classes/{class_id}/roster").text
    assert SHEN.name not in page
    assert "（已注销）" in page
    assert SHEN.name not in client.get(f"/classes/{class_id}").text
    erased = db.session.get_one(Erasure, SHEN.id)
    assert (erased.how, erased.by_id) == ("oneself", SHEN.id)
    assert contradictions() == []
    assert SHEN.name not in [colleague.name for colleague in colleagues(1)]


def test_no_one_is_erased_while_others_count_on_them(app: Flask, client: Client, class_id: int) -> None:
    form = {"name": SHEN.name, "password": PASSWORD}
    answer = client.as_(SHEN, "zh").post("/account/erasure", data=form)
    assert answer.status_code == 409
    assert "碳交易管理" in answer.text
    with makers.refused("still_teaching"):
        actions.erase(makers.actor(ADMINISTRATOR), CHEN.id, CHEN.name)
    with makers.refused("last_administrator"):
        actions.erase_oneself(makers.actor(ADMINISTRATOR), ADMINISTRATOR.name, PASSWORD)
    assert count(Erasure) == 0
    makers.cancel(class_id, SHEN)
    assert client.as_(SHEN, "zh").post("/account/erasure", data=form).status_code == 303


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "", "password": PASSWORD}, 422),
        ({"name": LU.name, "password": PASSWORD}, 422),
        ({"name": COLLEAGUE.name, "password": ""}, 422),
        ({"name": COLLEAGUE.name, "password": "not the password"}, 422),
    ],
)
def test_a_slip_erases_nothing(client: Client, class_id: int, form: dict[str, str], code: int) -> None:
    answer = client.as_(COLLEAGUE).post("/account/erasure", data=form)
    assert answer.status_code == code
    assert 'class="error"' in answer.text
    assert person(COLLEAGUE).name == COLLEAGUE.name


def test_an_administrator_erases_who_asked(app: Flask, client: Client, class_id: int) -> None:
    client.as_(ADMINISTRATOR, "en")
    assert COLLEAGUE.email in client.get(f"/erasures?q={COLLEAGUE.name}").text
    assert COLLEAGUE.email in client.get(f"/erasures?q={COLLEAGUE.email.upper()}").text
    assert "Nobody is called that" in client.get("/erasures?q=nobody").text
    address = f"/people/{COLLEAGUE.id}/erasure"
    assert COLLEAGUE.name in client.get(address).text
    assert client.post(address, data={"name": "someone"}).status_code == 422
    assert client.post(address, data={"name": COLLEAGUE.name}).status_code == 303
    assert person(COLLEAGUE).email is None
    assert ADMINISTRATOR.name in client.get("/erasures").text
    assert client.get(address).status_code == 404
    assert client.post(address, data={"name": "（已注销）"}).status_code == 404
    assert client.get("/people/999/erasure").status_code == 404
    assert COLLEAGUE.email not in client.get("/erasures?q=已注销").text


@pytest.mark.parametrize("member", [None, SHEN, OWNER, GAO, CHEN, INSPECTOR, ASSOCIATION, BUREAU])
def test_nobody_else_erases_others(client: Client, class_id: int, member: Member | None) -> None:
    client.as_(member)
    status = 302 if member is None else 403
    for path in ("/erasures", f"/people/{COLLEAGUE.id}/erasure"):
        assert client.get(path).status_code == status
    assert client.post(f"/people/{COLLEAGUE.id}/erasure", data={"name": COLLEAGUE.name}).status_code == status
    assert person(COLLEAGUE).name == COLLEAGUE.name


# Who looked


@pytest.mark.parametrize(
    ("member", "path", "look"),
    [
        (GAO, "/classes/1/roster", ("roster", "page", 1, None, None)),
        (GAO, "/classes/1/sign-in-sheet", ("sign_in_sheet", "page", 1, None, None)),
        (GAO, "/classes/1", ("class_page", "page", 1, None, None)),
        (GAO, "/people/new?enterprise=1", ("people", "page", None, 1, None)),
        (GAO, "/enterprises/1", ("people", "page", None, 1, None)),
        (GAO, "/enterprises/1?as=csv", ("export", "page", None, 1, None)),
        (GAO, f"/people/{SHEN.id}/departure", ("people", "page", None, 1, None)),
        (ASSOCIATION, "/enterprises/1", ("people", "page", None, 1, None)),
        (ADMINISTRATOR, "/enterprises/1", ("people", "page", None, 1, None)),
        (CHEN, "/classes/1/roster", ("roster", "page", 1, None, None)),
        (CHEN, "/classes/1", ("class_page", "page", 1, None, None)),
        (ADMINISTRATOR, f"/erasures?q={SHEN.email}", ("search", "page", None, None, SHEN.id)),
        (ADMINISTRATOR, f"/people/{SHEN.id}/erasure", ("erasure", "page", None, None, SHEN.id)),
    ],
)
def test_a_look_is_written_down_once_and_shown_to_whom_it_was_at(
    client: Client, class_id: int, member: Member, path: str, look: tuple[Any, ...]
) -> None:
    assert client.as_(member).get(path).status_code == 200
    assert looks() == [(member.id, *look)]
    assert member.name in client.as_(SHEN, "zh").get("/account/data").text
    assert member.name not in client.as_(STRANGER, "zh").get("/account/data").text


@pytest.mark.parametrize(
    ("member", "path"),
    [
        (SHEN, "/classes/1"),
        (SHEN, "/desk"),
        (SHEN, "/account/data/all"),
        (OWNER, "/desk"),
        (OWNER, "/people/new"),
        (OWNER, "/enterprises/1"),
        (GAO, "/desk"),
        (GAO, "/"),
        (GAO, "/account/data"),
        (CHEN, "/desk"),
        (INSPECTOR, "/posts"),
        (INSPECTOR, "/classes/1"),
        (BUREAU, "/desk"),
        (ASSOCIATION, "/desk"),
        (ADMINISTRATOR, "/installation"),
        (ADMINISTRATOR, "/erasures"),
        (ADMINISTRATOR, "/classes/1"),
    ],
)
def test_what_shows_nobody_elses_data_is_no_look(client: Client, class_id: int, member: Member, path: str) -> None:
    assert client.as_(member).get(path).status_code == 200
    assert looks() == []


@pytest.mark.parametrize("path", ["/classes/1/roster", "/enterprises/1", "/people/new?enterprise=1"])
def test_a_look_that_was_refused_is_none(client: Client, class_id: int, path: str) -> None:
    assert client.as_(STRANGER).get(path).status_code in (403, 404)
    assert client.as_(INSPECTOR).get(path).status_code in (403, 404)
    assert looks() == []


def test_notices_that_did_not_arrive_name_people(client: Client, class_id: int) -> None:
    with transaction():
        db.session.execute(update(Notice).where(Notice.person_id == SHEN.id).values(state=Fate.FAILED))
    client.as_(GAO).get("/desk")
    client.as_(ADMINISTRATOR).get("/installation")
    assert looks() == [
        (GAO.id, "notices", "page", None, None, SHEN.id),
        (ADMINISTRATOR.id, "notices", "page", None, None, SHEN.id),
    ]


@pytest.mark.parametrize("path", ["/desk", "/join-requests", "/join-requests?as=csv", "/join-requests/1"])
def test_a_request_to_join_is_a_look_at_who_asked_and_at_nobody_else(client: Client, class_id: int, path: str) -> None:
    a_request("asks@test.example")
    assert client.as_(GAO).get(path).status_code == 200
    assert looks() == []
    with transaction():
        db.session.execute(update(JoinRequest).values(email=SHEN.email))
    assert client.as_(GAO).get(path).status_code == 200
    assert looks() == [(GAO.id, "joining", "page", None, None, SHEN.id)]


def test_a_program_reads_requests_of_those_who_asked(client: Client) -> None:
    a_request(SHEN.email)
    key = {"Authorization": f"Bearer {token_for(GAO.email)}"}
    for path in ("join-requests", "join-requests/1"):
        assert client.get(f"/api/v1/{path}", headers=key).status_code == 200
    assert looks() == [(GAO.id, "joining", "api", None, None, SHEN.id)] * 2


@pytest.mark.parametrize(
    ("path", "page", "seen"),
    [
        ("/desk/managers?q=zzzzzz", "people", False),
        ("/desk/managers?q=zzzzzz&as=csv", "export", False),
        (f"/desk/managers?q={LU.name}", "people", False),
        (f"/desk/managers?q={SHEN.name}", "people", True),
        (f"/desk/managers?q={SHEN.name}&as=csv", "export", True),
        ("/desk/managers", "people", True),
        ("/desk/managers?as=csv", "export", True),
        (f"/people/{SHEN.id}", "people", True),
        (f"/people/{COLLEAGUE.id}", "people", False),
    ],
)
def test_a_look_is_held_against_those_alone_whom_the_page_showed(
    client: Client, class_id: int, path: str, page: str, seen: bool
) -> None:
    assert client.as_(GAO).get(path).status_code == 200
    assert [look.page for look in queries.looks_at(SHEN.id)] == [page] * seen


def test_an_owner_looks_at_people_of_their_own_and_no_look_is_written(client: Client) -> None:
    assert client.as_(OWNER).get(f"/people/{SHEN.id}").status_code == 200
    assert looks() == []


@pytest.mark.parametrize("path", ["roster", "sign-in-sheet", ""])
def test_who_asks_for_a_seat_afterwards_was_not_looked_at(client: Client, path: str) -> None:
    class_id = makers.a_class()
    assert client.as_(GAO).get(f"/classes/{class_id}/{path}".rstrip("/")).status_code == 200
    with makers.at(clock.now() + dt.timedelta(minutes=4)):
        makers.book(SHEN, class_id)
    assert queries.looks_at(SHEN.id) == []


def test_the_sheets_show_only_who_has_a_seat(client: Client, class_id: int) -> None:
    client.as_(GAO).get(f"/classes/{class_id}/roster")
    assert queries.looks_at(LU.id) == []
    client.as_(GAO).get(f"/classes/{class_id}")
    assert [look.page for look in queries.looks_at(LU.id)] == ["class_page"]


def test_who_came_to_an_enterprise_afterwards_was_not_looked_at(client: Client) -> None:
    assert client.as_(GAO).get("/enterprises/1").status_code == 200
    assert len(queries.looks_at(SHEN.id)) == 1
    with transaction():
        later = clock.now() + dt.timedelta(minutes=4)
        db.session.execute(update(Post).where(Post.person_id == SHEN.id).values(began_at=later))
    assert queries.looks_at(SHEN.id) == []


def test_comparing_two_people_is_a_look_at_both(client: Client, class_id: int) -> None:
    path = f"/doubles/people/{SHEN.id}/{COLLEAGUE.id}"
    assert client.as_(ADMINISTRATOR).get(path).status_code == 200
    assert client.as_(OWNER).get(path).status_code == 200
    assert [(actor, page, who) for actor, page, *_, who in looks()] == [
        (ADMINISTRATOR.id, "doubles", SHEN.id),
        (ADMINISTRATOR.id, "doubles", COLLEAGUE.id),
    ]


def test_a_program_looks_too(app: Flask, client: Client, class_id: int) -> None:
    key = {"Authorization": f"Bearer {token_for(GAO.email)}"}
    own = {"Authorization": f"Bearer {token_for(SHEN.email)}"}
    for path in (f"classes/{class_id}/bookings", f"classes/{class_id}/roster", f"classes/{class_id}/log"):
        assert client.get(f"/api/v1/{path}", headers=key).status_code == 200
    assert client.get("/api/v1/bookings/1", headers=key).status_code == 200
    assert client.get("/api/v1/enterprises/1/people", headers=key).status_code == 200
    for path in (f"classes/{class_id}/bookings", "bookings/1", "me"):
        assert client.get(f"/api/v1/{path}", headers=own).status_code == 200
    assert [(page, class_, place, who) for _, page, _, class_, place, who in looks()] == [
        ("bookings", class_id, None, None),
        ("roster", class_id, None, None),
        ("class_page", class_id, None, None),
        ("booking", None, None, SHEN.id),
        ("people", None, 1, None),
    ]
    assert {(actor, door) for actor, _, door, *_ in looks()} == {(GAO.id, "api")}


def test_many_looks_of_a_day_are_one_line(client: Client, class_id: int) -> None:
    for _ in range(3):
        client.as_(GAO).get(f"/classes/{class_id}/roster")
    client.as_(CHEN).get(f"/classes/{class_id}/roster")
    found = [(look.actor, look.times) for look in queries.looks_at(SHEN.id)]
    assert found == [(CHEN.name, 1), (GAO.name, 3)]
    assert "3 times" in client.as_(SHEN, "en").get("/account/data").text


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # elsewhere one row's lock stops no other table's insert
def test_what_cannot_be_written_down_is_not_shown(app: Flask, client: Client, class_id: int) -> None:
    with held_by_another(app, class_id):
        answer = client.as_(GAO).get(f"/classes/{class_id}/roster")
    assert answer.status_code == 503
    assert SHEN.name not in answer.text


def test_the_doctor_is_content_after_an_erasure(app: Flask, class_id: int) -> None:
    makers.cancel(class_id, SHEN)
    actions.erase(makers.actor(ADMINISTRATOR), SHEN.id, SHEN.name)
    assert examine(only_records=True) == []
