"""Webhooks: who is told what, how it is signed, what becomes of an address that refuses, hangs, drips or dies."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import socket
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sql
from sqlalchemy import select

from courses import schedule
from courses.accounts.actions.token import make_token
from courses.booking import actions as booking
from courses.ground import clock
from courses.ground.db import db
from courses.outbox import actions as outbox
from courses.outbox.channels import Message, Refused, webhook
from courses.outbox.model import Channel, Fate, Notice
from courses.people.queries import city
from courses.roster import actions as roster
from courses.roster.model import Mark
from courses.roster.queries import sittings_of
from courses.webhooks import actions, queries, signing
from courses.webhooks.model import Event, Webhook
from tests import makers
from tests.conftest import Client
from tests.makers import refused
from tests.people import (
    ADMINISTRATOR,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OTHER_OFFICER,
    OWNER,
    SHEN,
    STRANGER,
    Member,
)
from tests.sink import Sink, listening

KEYS = ("k" * 40,)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with listening() as found:
        yield found


def register(member: Member, sink: Sink, *events: Event) -> int:
    return actions.register(makers.actor(member), sink.url, events or tuple(Event), trusts_private=True)


def deliver() -> int:
    return schedule.deliver_webhooks("test")


def heard(sink: Sink) -> list[dict[str, Any]]:
    """Deliver what is due, and return what the sink has heard since."""
    sink.heard.clear()
    deliver()
    return [json.loads(one.body) for one in sink.heard]


def row(webhook_id: int) -> Webhook:
    db.session.rollback()
    return db.session.get_one(Webhook, webhook_id, populate_existing=True)


class TestWhoIsToldWhat:
    def test_an_owner_of_the_bookings_of_the_enterprise(self, app: Flask, sink: Sink) -> None:
        class_id = makers.a_class(seats=1)
        register(OWNER, sink)
        for member in (SHEN, STRANGER, COLLEAGUE, LU):
            makers.book(member, class_id)
        makers.cancel(class_id, SHEN)
        assert [(one["type"], one["data"]["person"]) for one in heard(sink)] == [
            ("booking.booked", SHEN.id),
            ("booking.queued", COLLEAGUE.id),
            ("booking.cancelled", SHEN.id),
        ]
        makers.cancel(class_id, STRANGER)  # who was promoted
        promoted = heard(sink)
        assert [(one["type"], one["data"]["person"], one["data"]["state"]) for one in promoted] == [
            ("booking.promoted", COLLEAGUE.id, "booked")
        ]

    def test_an_officer_of_the_classes_of_the_squadron(self, app: Flask, sink: Sink) -> None:
        register(OTHER_OFFICER, sink)
        class_id = makers.a_class()
        makers.book(SHEN, class_id)
        own = makers.a_class(by=OTHER_OFFICER, days=12)
        makers.book(SHEN, own)
        makers.cancel(own, SHEN)
        makers.undo(own, SHEN)
        assert [(one["type"], one["data"]["class"]) for one in heard(sink)] == [
            ("class.published", class_id),  # classes are public
            ("class.published", own),
            ("booking.booked", own),
            ("booking.cancelled", own),
            ("booking.restored", own),
        ]

    def test_an_administrator_of_classes_alone(self, app: Flask, sink: Sink) -> None:
        register(ADMINISTRATOR, sink)
        class_id = makers.a_class()
        makers.book(SHEN, class_id)
        booking.move(makers.actor(GAO), class_id, [(makers.in_days(11), makers.in_days(11, 12))], 3)
        booking.call_off(makers.actor(GAO), class_id, "台风")
        published, moved, called_off = heard(sink)
        assert [one["type"] for one in (published, moved, called_off)] == [
            "class.published",
            "class.moved",
            "class.called_off",
        ]
        assert moved["data"]["schedule_no"] == 2
        starts_at = dt.datetime.fromisoformat(moved["data"]["sittings"][0]["starts_at"])
        assert starts_at == makers.in_days(11)
        assert called_off["data"]["reason"] == {"zh": "台风", "en": None}
        assert published["data"]["title"] == {"zh": "碳交易管理", "en": "Carbon Trading Management"}

    def test_of_marks_once_they_are_settled(self, app: Flask, sink: Sink) -> None:
        class_id = makers.a_class()
        booked = makers.book(SHEN, class_id)[0].id
        register(OWNER, sink, Event.MARKED)
        with makers.at(makers.before_start(class_id, -60)):
            sitting = sittings_of(class_id)[0].id
            roster.mark(makers.actor(GAO), class_id, sitting, [booked], Mark.PRESENT)
            [said] = heard(sink)
        assert (said["type"], said["data"]["mark"], said["data"]["attended"]) == ("attendance.marked", "present", True)
        assert said["data"]["sitting"] == sitting

    def test_only_what_was_chosen_and_nothing_of_what_was_undone(self, app: Flask, sink: Sink) -> None:
        register(OWNER, sink, Event.CANCELLED)
        class_id = makers.a_class()
        makers.book(SHEN, class_id)
        with refused("already_booked"):
            makers.book(SHEN, class_id)
        assert heard(sink) == []

    def test_nobody_who_left(self, app: Flask, sink: Sink) -> None:
        register(OWNER, sink)
        makers.leave(OWNER)
        makers.book(SHEN, makers.a_class())
        assert heard(sink) == []

    def test_who_listens_costs_the_same_however_many_there_are(self, app: Flask, sink: Sink) -> None:
        asked: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(statement)

        def cost(days: int) -> int:
            class_id = makers.a_class(days=days)
            city()  # is kept, and every request asks for it
            db.session.rollback()
            asked.clear()
            makers.book(SHEN, class_id)
            return len(asked)

        sql.listen(db.engine, "before_cursor_execute", count)
        try:
            cost(10)
            nobody = cost(11)
            register(OWNER, sink, Event.BOOKED)
            one = cost(12)
            for _ in range(3):
                register(OWNER, sink, Event.BOOKED)
            many = cost(13)
        finally:
            sql.remove(db.engine, "before_cursor_execute", count)
        assert one == many
        assert one - nobody <= 4  # the first of them who listens is a statement of its own


class TestTheWire:
    def test_is_signed_as_the_standard_says(self, app: Flask, sink: Sink) -> None:
        id_ = register(OWNER, sink)
        makers.book(SHEN, makers.a_class())
        before = clock.now()
        [said] = [one for one in heard(sink) if one["type"] == "booking.booked"]
        one = next(h for h in sink.heard if b"booking.booked" in h.body)
        secret = signing.secret(KEYS, row(id_).salt)
        assert secret.startswith("whsec_")
        signed = f"{one.headers['webhook-id']}.{one.headers['webhook-timestamp']}.".encode() + one.body
        mac = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256)
        assert one.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
        assert one.headers["webhook-id"] == said["id"]
        assert abs(int(one.headers["webhook-timestamp"]) - before.timestamp()) < 30
        assert one.headers["content-type"] == "application/json"
        assert one.path == "/courses?of=haining"
        assert dt.datetime.fromisoformat(said["timestamp"]).tzinfo is not None
        assert said["data"]["title"]["zh"] == "碳交易管理"

    def test_both_secrets_sign_for_a_day(self, app: Flask, sink: Sink) -> None:
        id_ = register(OWNER, sink)
        former = signing.secret(KEYS, row(id_).salt)
        actions.renew_secret(makers.actor(OWNER), id_)
        own = row(id_)
        assert signing.secret(KEYS, own.salt) != former
        now = clock.now()
        assert len(signing.signatures(KEYS, own, "evt_1", "{}", now).split()) == 2
        assert len(signing.signatures(KEYS, own, "evt_1", "{}", now + dt.timedelta(hours=25)).split()) == 1
        assert len(signing.signatures((*KEYS, "o" * 40), own, "evt_1", "{}", now).split()) == 4

    def test_a_known_example_of_the_specification(self) -> None:
        secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        at = dt.datetime.fromtimestamp(1614265330, dt.UTC)
        signature = signing.signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at)
        assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


class TestAnAddressThatDoesNotAnswer:
    @pytest.mark.parametrize(
        ("status", "why"),
        [(500, "HTTP 500"), (404, "HTTP 404"), *((kind, "no answer") for kind in (-2, 0, -1))],
    )
    def test_is_tried_again_with_growing_pauses(
        self, app: Flask, sink: Sink, status: int, why: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(webhook, "TIMEOUT_S", 0.4)
        id_ = register(OWNER, sink, Event.BOOKED)
        makers.book(SHEN, makers.a_class())
        sink.status = status
        deliver()
        [sent] = queries.deliveries(id_)
        assert (sent.state, sent.tries) == (Fate.WAITING, 1)
        assert sent.error is not None
        assert sent.error.startswith(why)
        assert sent.due_at >= clock.now() + dt.timedelta(seconds=50)
        assert row(id_).failures == 1
        first = sink.heard[0].headers["webhook-id"]
        sink.status = 200
        with makers.at(clock.now() + dt.timedelta(minutes=2)):
            [said] = heard(sink)
        assert said["id"] == first
        assert row(id_).failures == 0
        assert queries.deliveries(id_)[0].state == Fate.SENT

    def test_holds_no_one_else_up(self, app: Flask, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webhook, "TIMEOUT_S", 0.4)
        with listening() as other:
            id_ = register(OWNER, sink, Event.BOOKED)
            register(OWNER, other, Event.BOOKED)
            for days in range(10, 16):
                makers.book(SHEN, makers.a_class(days=days))
            sink.status = 0
            deliver()
            assert len(other.heard) == 6
        assert len(sink.heard) == 1  # asked once in a batch
        assert {sent.state for sent in queries.deliveries(id_)} == {Fate.WAITING}

    def test_is_paused_in_the_end_and_its_owner_told(self, app: Flask, sink: Sink) -> None:
        id_, class_id = register(OWNER, sink, Event.BOOKED, Event.CANCELLED), makers.a_class()
        sink.status = 500
        for _ in range(actions.PAUSE_AFTER // 2 + 1):
            makers.book(SHEN, class_id)
            makers.cancel(class_id, SHEN)
        deliver()
        assert row(id_).state == "failing"
        [told] = makers.told("webhook_paused", OWNER.id)
        assert told.channel == Channel.MAIL
        assert {sent.state for sent in queries.deliveries(id_)} == {Fate.WITHDRAWN}
        makers.book(SHEN, class_id)
        assert heard(sink) == []
        with refused("webhook_paused"):
            actions.send_test(makers.actor(OWNER), id_)
        actions.resume(makers.actor(OWNER), id_)
        sink.status = 200
        actions.send_test(makers.actor(OWNER), id_)
        assert [one["type"] for one in heard(sink)] == ["webhook.test"]

    def test_is_left_alone_at_once_when_it_is_gone(self, app: Flask, sink: Sink) -> None:
        id_ = register(OWNER, sink, Event.BOOKED)
        makers.book(SHEN, makers.a_class())
        sink.status = 410
        deliver()
        assert row(id_).state == "gone"
        assert queries.deliveries(id_)[0].state == Fate.FAILED
        assert len(makers.told("webhook_paused", OWNER.id)) == 1

    def test_is_not_followed_elsewhere(self, app: Flask, sink: Sink) -> None:
        with listening() as elsewhere:
            register(OWNER, sink, Event.BOOKED)
            makers.book(SHEN, makers.a_class())
            sink.status, sink.location = 307, elsewhere.url
            deliver()
            assert elsewhere.heard == []

    def test_an_event_begun_by_a_worker_that_died_is_told_again(self, app: Flask, sink: Sink) -> None:
        id_ = register(OWNER, sink, Event.BOOKED)
        makers.book(SHEN, makers.a_class())
        _taken, [(notice, _)] = outbox._reserve("dead", Channel.WEBHOOK)
        assert outbox._record("dead", None, notice)
        with makers.at(clock.now() + dt.timedelta(minutes=5)):
            assert outbox.doubt_abandoned() == 1
            assert queries.deliveries(id_)[0].state == Fate.WAITING
            assert len(heard(sink)) == 1

    def test_mail_and_webhooks_leave_each_other_alone(self, app: Flask, sink: Sink) -> None:
        register(OWNER, sink, Event.BOOKED)
        makers.book(SHEN, makers.a_class())
        _taken, [(mail, _)] = outbox._reserve("test", Channel.MAIL)
        assert outbox._record("test", None, mail)  # the same worker is sending a mail
        assert len(heard(sink)) == 1
        db.session.rollback()
        assert db.session.get_one(Notice, mail.id).state == Fate.SENDING


class TestOurOwnNetwork:
    @pytest.mark.parametrize(
        "url",
        [
            "http://records.example.com/",
            "https://127.0.0.1/",
            "https://10.1.2.3/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://169.254.169.254/latest",
            "https://100.64.0.1/",
            "https://224.0.0.1/",
            "https://0.0.0.0/",
            "https://localhost/",
            "https://records.internal/",
            "https://records/",
            "https://user:word@records.example.com/",
            "https:///path",
            "ftp://records.example.com/",
            "https://records.example.com/ x",
            "https://记录.example/",
            "https://[::1",
            "https://records.example.com:0/",
            "https://records.example.com/" + "x" * 500,
            "",
        ],
    )
    def test_is_no_address_in_production(self, app: Flask, url: str) -> None:
        with refused("webhook_address"):
            actions.register(makers.actor(OWNER), url, [Event.BOOKED])

    def test_is_not_reached_by_a_name_that_leads_there(self, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
        def resolve(host: str, port: int, **_more: Any) -> list[Any]:
            places = ["93.184.216.34", "127.0.0.1"]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, sink.port)) for place in places]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        message = Message(f"http://records.example.com:{sink.port}/", "", "x", "{}", "", "k")
        with webhook.http(trusts_private=False) as send, pytest.raises(Refused, match="private"):
            send(message)
        assert sink.heard == []

    def test_is_reached_in_development(self, app: Flask, sink: Sink) -> None:
        assert register(OWNER, sink)


class TestPages:
    FORM = {"url": "http://127.0.0.1:9/hook", "events": ["booking.booked", "class.moved"]}

    def test_an_owner_registers_sees_changes_pauses_and_ends_one(self, app: Flask, client: Client) -> None:
        client.as_(OWNER, "en")
        made = client.post("/webhooks", data=self.FORM)
        assert made.status_code == 201
        secret = re.search(r'id="secret" type="text" value="(whsec_[^"]+)"', made.text)
        assert secret
        id_ = db.session.scalars(select(Webhook.id)).one()
        assert unescape(secret[1]) == signing.secret(KEYS, row(id_).salt)
        page = client.get(f"/webhooks/{id_}").text
        assert secret[1] not in page
        assert "http://127.0.0.1:9/hook" in client.get("/webhooks").text
        assert client.post(f"/webhooks/{id_}", data={"events": "attendance.marked"}).status_code == 303
        assert row(id_).events == "attendance.marked"
        assert client.post(f"/webhooks/{id_}", data={}).status_code == 422
        assert client.post(f"/webhooks/{id_}/test").status_code == 303
        assert "On its way" in client.get(f"/webhooks/{id_}").text
        assert client.post(f"/webhooks/{id_}/pause").status_code == 303
        assert row(id_).state == "asked"
        assert "paused" in client.post(f"/webhooks/{id_}/test", follow_redirects=True).text
        assert client.post(f"/webhooks/{id_}/resumption").status_code == 303
        renewed = client.post(f"/webhooks/{id_}/secret")
        assert renewed.status_code == 201
        assert secret[1] not in renewed.text
        assert client.post(f"/webhooks/{id_}/end").status_code == 303
        assert client.get(f"/webhooks/{id_}").status_code == 404

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"url": ""}, "url"), ({"url": "nowhere"}, "url"), ({"events": []}, "events"), ({"events": "x"}, "events")],
    )
    def test_what_is_wrong_is_said_at_its_field(self, client: Client, wrong: dict[str, Any], field: str) -> None:
        page = client.as_(OWNER).post("/webhooks", data={**self.FORM, **wrong})
        assert page.status_code == 422
        assert f'id="{field}-error"' in page.text

    def test_nobody_touches_anothers(self, client: Client, sink: Sink) -> None:
        id_ = register(OWNER, sink)
        for member, status in ((GAO, 404), (ADMINISTRATOR, 404), (SHEN, 403), (CHEN, 403), (INSPECTOR, 403)):
            client.as_(member)
            assert client.get(f"/webhooks/{id_}").status_code == status
            for act in ("", "/secret", "/test", "/pause", "/resumption", "/end"):
                data = {"events": "booking.booked"}
                assert client.post(f"/webhooks/{id_}{act}", data=data).status_code == status, act
        assert row(id_).state == "live"

    def test_there_are_at_most_ten(self, client: Client, sink: Sink) -> None:
        for _ in range(10):
            register(OWNER, sink)
        page = client.as_(OWNER).post("/webhooks", data=self.FORM)
        assert page.status_code == 409

    def test_they_are_no_notices_of_the_person(self, client: Client, sink: Sink) -> None:
        register(OWNER, sink)
        makers.book(SHEN, makers.a_class())
        sink.status = 410
        deliver()
        assert client.as_(OWNER).get("/notices").status_code == 200
        assert client.as_(ADMINISTRATOR).get("/installation").status_code == 200
        assert "HTTP 410" not in client.get("/installation").text


class TestApi:
    def test_a_program_registers_itself(self, client: Client, sink: Sink) -> None:
        token = make_token(makers.actor(OWNER), "t")
        by = {"Authorization": f"Bearer {token}", "Idempotency-Key": "a"}
        body = {"url": sink.url, "events": ["booking.booked"]}
        made, again = (client.post("/api/v1/webhooks", json=body, headers=by) for _ in range(2))
        assert (made.status_code, made.json) == (201, again.json)
        path = made.headers["Location"]
        assert client.get(path, headers=by).json["events"] == ["booking.booked"]
        assert client.put(f"{path}/events", json={"events": []}, headers=by).json["code"] == "no_event"
        assert client.put(f"{path}/events", json={"events": ["class.moved"]}, headers=by).status_code == 200
        assert client.put(f"{path}/pause", headers=by).json["state"] == "asked"
        assert client.post(f"{path}/test", headers=by).json["code"] == "webhook_paused"
        assert client.delete(f"{path}/pause", headers=by).json["state"] == "live"
        assert client.post(f"{path}/secret", headers=by).json["secret"] != made.json["secret"]
        assert client.post(f"{path}/test", headers=by).status_code == 200
        assert deliver() == 1
        [sent] = client.get(f"{path}/deliveries", headers=by).json["deliveries"]
        assert (sent["type"], sent["state"], sent["error"]) == ("webhook.test", "sent", None)
        other = {"Authorization": f"Bearer {make_token(makers.actor(GAO), 't')}"}
        assert client.get(path, headers=other).status_code == 404
        assert client.delete(path, headers=by).json == {"webhooks": []}

    def test_needs_the_scope_to_serve(self, client: Client, sink: Sink) -> None:
        token = make_token(makers.actor(OWNER), "t", reach=())
        by = {"Authorization": f"Bearer {token}"}
        assert client.get("/api/v1/webhooks", headers=by).json == {"webhooks": []}
        answer = client.post("/api/v1/webhooks", json={"url": sink.url, "events": []}, headers=by)
        assert answer.json["code"] == "beyond_token"
