"""Signing in, being slowed down, a new password by link: as the right person, as a wrong one, as nobody."""

import datetime as dt
import re
import threading
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import MapAdapter

from courses.accounts import actions, passwords
from courses.accounts.model import SignInFailure
from courses.accounts.web.sign_in import target
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.render import render
from courses.people.model import Person
from courses.people.queries import city
from courses.privacy.actions import retention
from tests import makers
from tests.conftest import Client
from tests.doors.accounts import NEW, another, count, is_in, mailed_link, person, sign_in, speaks_for, with_mobile
from tests.people import OWNER, PASSWORD, SHEN


class TestSigningIn:
    @pytest.mark.parametrize("login", [SHEN.email, "  SHEN@Test.Example ", "138 0013 8000", "+8613800138000"])
    def test_by_address_or_number(self, client: Client, login: str) -> None:
        with_mobile()
        response = sign_in(client, login)
        assert (response.status_code, response.location) == (303, "/desk")
        assert is_in(client)

    def test_the_session_cookie_is_kept_and_guarded(self, client: Client) -> None:
        cookie = sign_in(client).headers["Set-Cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Expires="))

    def test_lasts_14_days_from_the_last_day_it_was_used(self, client: Client) -> None:
        sign_in(client)
        for days, stays in ((13, True), (26, True), (39, True), (54, False)):
            with time_machine.travel(clock.now() + dt.timedelta(days=days)):
                assert is_in(client) == stays

    def test_an_answer_that_comes_late_takes_back_nothing(self, client: Client) -> None:
        sign_in(client)
        client.get("/profile")
        late = client.get("/desk")  # asked before, it arrives after what was told was put into the cookie
        assert "Set-Cookie" not in late.headers

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_a_wrong_one_is_told_at_the_field_and_keeps_what_was_typed(self, client: Client, lang: str) -> None:
        client.set_cookie("lang", lang)
        response = sign_in(client, password="not the password")
        assert response.status_code == 401
        assert f'value="{SHEN.email}"' in response.text
        assert "not the password" not in response.text
        assert 'id="password-error"' in response.text
        assert 'href="#password"' in response.text
        assert not is_in(client)

    def test_nobody_learns_whether_there_is_an_account(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        verified = []

        def refuse(self: PasswordHasher, stored: str, typed: str) -> None:
            verified.append(stored)
            raise VerifyMismatchError

        monkeypatch.setattr(PasswordHasher, "verify", refuse)
        known, unknown = sign_in(client), sign_in(client, "nobody@test.example")
        assert known.status_code == unknown.status_code == 401
        assert _without_secrets(known, SHEN.email) == _without_secrets(unknown, "nobody@test.example")
        assert verified == [person(SHEN.id).password_hash, passwords.NOBODYS]

    def test_the_hash_of_nobody_costs_as_much(self) -> None:
        assert not passwords.is_outdated(passwords.NOBODYS)
        assert not passwords.matches("", None)

    def test_a_person_without_a_password_cannot(self, client: Client) -> None:
        id = makers.strangers(1)[0]
        assert sign_in(client, f"p{id}@test.example", "").status_code == 422
        assert sign_in(client, f"p{id}@test.example", "None").status_code == 401

    def test_a_person_who_left_cannot(self, client: Client) -> None:
        client.as_(SHEN)
        with transaction():
            db.session.get_one(Person, SHEN.id).left_at = clock.now()
        assert sign_in(another(client.application)).status_code == 401
        assert not is_in(client)

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"login": "", "password": ""},
            {"login": "not an address", "password": "x"},
            {"login": "a\x00@b", "password": "x"},
            {"login": "<script>alert(1)</script>", "password": "x"},
            {"login": "x" * 10_000, "password": "x"},
            {"login": SHEN.email, "password": "x" * 10_000},
            {"login": "😀", "password": "😀"},
        ],
    )
    def test_what_is_malformed_is_422(self, client: Client, form: dict[str, str]) -> None:
        response = client.post("/sign-in", data=form)
        assert response.status_code == 422
        assert "<script>alert" not in response.text

    @pytest.mark.parametrize(
        ("wanted", "goes_to"),
        [
            ("/profile", "/profile"),
            ("/?q=%E7%A2%B3", "/?q=%E7%A2%B3"),
            ("/classes/7", "/classes/7"),
            ("/classes/7/bookings", "/classes/7"),
            ("/sign-out", "/desk"),
            ("/sign-in?next=/sign-in", "/desk"),
            ("/no-such-page", "/desk"),
            ("//evil.example", "/desk"),
            ("///evil.example", "/desk"),
            ("/\\evil.example", "/desk"),
            ("\\\\evil.example", "/desk"),
            ("/\t/evil.example", "/desk"),
            ("/profile\r\nSet-Cookie: a=b", "/desk"),
            ("https://evil.example/", "/desk"),
            ("javascript:alert(1)", "/desk"),
            ("profile", "/desk"),
            ("", "/desk"),
        ],
    )
    def test_leads_to_own_pages_only(self, client: Client, wanted: str, goes_to: str) -> None:
        assert sign_in(client, next=wanted).location == goes_to
        assert client.get("/sign-in", query_string={"next": wanted}).location == goes_to

    @pytest.mark.parametrize(
        "wanted", ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example"]
    )
    def test_even_if_some_day_a_route_matches_everything(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch, wanted: str
    ) -> None:
        with app.test_request_context():
            monkeypatch.setattr(MapAdapter, "match", lambda *args, **kwargs: ("any", {}))
            assert target("/anything") == "/anything"
            assert target(wanted) == "/desk"

    def test_leads_back_to_where_it_was_needed(self, client: Client) -> None:
        asked = client.get("/profile")
        assert asked.location == "/sign-in?next=/profile"
        assert 'name="next" type="hidden" value="/profile"' in client.get(asked.location).text

    def test_a_stale_hash_is_made_anew(self, client: Client) -> None:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        with transaction():
            db.session.get_one(Person, SHEN.id).password_hash = cheap
        assert sign_in(client).status_code == 303
        stored = person(SHEN.id).password_hash
        assert stored
        assert not passwords.is_outdated(stored)
        assert passwords.matches(PASSWORD, stored)

    def test_signing_out_ends_the_session(self, client: Client) -> None:
        client.as_(SHEN)
        assert is_in(client)
        assert client.post("/sign-out").status_code == 303
        assert not is_in(client)
        assert client.get("/sign-out").status_code == 405


def _without_secrets(response: Any, login: str) -> str:
    text = re.sub(r'nonce="[^"]+"', "", response.text)
    return text.replace(login, "LOGIN")


class TestSlowingDown:
    @pytest.mark.parametrize("login", [SHEN.email, "nobody@test.example"])
    def test_from_the_fifth_failure_on_even_the_right_one_waits(self, client: Client, login: str) -> None:
        for _ in range(5):
            assert sign_in(client, login, "wrong").status_code == 401
        response = sign_in(client, login)
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 900
        assert f'value="{login}"' in response.text
        assert sign_in(client, OWNER.email).status_code == 303

    def test_it_lasts_a_quarter_of_an_hour(self, app: Flask) -> None:
        at = clock.now()
        with clock.pretending(at):
            _fail(5)
        with clock.pretending(at + dt.timedelta(minutes=14)), pytest.raises(Refusal) as refused:
            actions.sign_in(SHEN.email, PASSWORD)
        assert (refused.value.code, refused.value.facts) == ("slow_down", {"minutes": 2})
        with clock.pretending(at + dt.timedelta(minutes=15, seconds=1)):
            assert actions.sign_in(SHEN.email, PASSWORD).id == SHEN.id

    def test_success_forgets_the_failures(self, app: Flask) -> None:
        for _ in range(3):
            _fail(4)
            actions.sign_in(SHEN.email, PASSWORD)
        assert count(SignInFailure.id) == 0

    def test_tries_at_the_same_time_are_all_counted(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        looked_at, together = [], threading.Barrier(12)
        monkeypatch.setattr(passwords, "matches", lambda typed, stored: looked_at.append(typed))

        def guess(number: int) -> None:
            with app.app_context():
                together.wait()
                with pytest.raises(Refusal):
                    actions.sign_in(SHEN.email, f"guess {number}")
                db.session.remove()

        threads = [threading.Thread(target=guess, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(looked_at) == 5

    def test_the_table_names_nobody_and_is_emptied(self, app: Flask) -> None:
        _fail(1)
        row = db.session.scalars(select(SignInFailure)).one()
        assert re.fullmatch(r"[0-9a-f]{64}", row.who)
        assert retention()["tries"] == 0
        with clock.pretending(clock.now() + dt.timedelta(minutes=16)):
            assert retention()["tries"] == 1


def _fail(times: int) -> None:
    for _ in range(times):
        with pytest.raises(Refusal, match="wrong_sign_in"):
            actions.sign_in(SHEN.email, "wrong")


class TestResetting:
    @pytest.mark.parametrize("login", ["nobody@test.example", "13900139000"])
    def test_the_answer_is_the_same_for_nobody(self, client: Client, login: str) -> None:
        known = client.post("/resets", data={"login": SHEN.email})
        unknown = client.post("/resets", data={"login": login})
        stored = login if "@" in login else "+8613900139000"
        assert known.status_code == unknown.status_code == 200
        assert _without_secrets(known, SHEN.email) == _without_secrets(unknown, stored)
        assert [notice.person_id for notice in makers.told()] == [SHEN.id]

    def test_who_has_no_address_gets_none(self, app: Flask) -> None:
        with_mobile()
        with transaction():
            db.session.get_one(Person, SHEN.id).email = None
        actions.ask_reset("+8613800138000")
        assert makers.told() == []

    def test_at_most_one_in_two_minutes(self, app: Flask) -> None:
        at = clock.now()
        with_mobile()
        for seconds, login in ((0, SHEN.email), (1, SHEN.email), (119, "+8613800138000"), (121, SHEN.email)):
            with clock.pretending(at + dt.timedelta(seconds=seconds)):
                actions.ask_reset(login)
        assert len(makers.told("reset", SHEN.id)) == 2

    def test_the_link_sets_a_password_once_and_ends_all_else(self, app: Flask, client: Client) -> None:
        old = another(app).as_(SHEN)
        token = actions.make_token(makers.actor(SHEN), "t")
        client.post("/resets", data={"login": SHEN.email})
        link = mailed_link(app, "reset", SHEN.id)
        page = client.get(link)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        response = client.post(link, data={"password": NEW, "again": NEW})
        assert (response.status_code, response.location) == (303, "/desk")
        assert is_in(client)
        assert not is_in(old)
        assert speaks_for(token) is None
        assert client.get(link).status_code == 404
        assert client.post(link, data={"password": PASSWORD, "again": PASSWORD}).status_code == 404
        assert sign_in(another(app)).status_code == 401
        assert sign_in(another(app), password=NEW).status_code == 303
        assert [n.kind for n in makers.told(person=SHEN.id)] == ["reset", "password_changed"]

    def test_it_ends_the_slowing_down(self, app: Flask, client: Client) -> None:
        _fail(5)
        actions.ask_reset(SHEN.email)
        client.post(mailed_link(app, "reset", SHEN.id), data={"password": NEW, "again": NEW})
        assert actions.sign_in(SHEN.email, NEW).id == SHEN.id

    def test_the_link_lasts_two_hours(self, app: Flask, client: Client) -> None:
        actions.ask_reset(SHEN.email)
        link = mailed_link(app, "reset", SHEN.id)
        with time_machine.travel(clock.now() + dt.timedelta(minutes=119)):
            assert client.get(link).status_code == 200
        with time_machine.travel(clock.now() + dt.timedelta(minutes=121)):
            assert client.get(link).status_code == 404

    def test_a_link_serves_its_own_purpose_and_signature(self, app: Flask, client: Client) -> None:
        actions.ask_reset(SHEN.email)
        token = mailed_link(app, "reset", SHEN.id).removeprefix("/resets/")
        assert client.get(f"/invitations/{token}").status_code == 404
        assert client.get(f"/resets/{token[:-2]}").status_code == 404
        assert client.get("/resets/x").status_code == 404

    @pytest.mark.parametrize(
        ("password", "again"),
        [
            ("", ""),
            ("short-one", "short-one"),
            ("password123", "password123"),
            ("ａｂｃ１２３４５６７", "ａｂｃ１２３４５６７"),
            ("8888888888", "8888888888"),
            (SHEN.email, SHEN.email),
            ("13800138000", "13800138000"),
            (NEW, NEW + "x"),
            ("x" * 201, "x" * 201),
        ],
    )
    def test_a_weak_or_mistyped_one_is_refused(self, app: Flask, client: Client, password: str, again: str) -> None:
        with_mobile()
        actions.ask_reset(SHEN.email)
        link = mailed_link(app, "reset", SHEN.id)
        response = client.post(link, data={"password": password, "again": again})
        assert response.status_code == 422
        assert re.search(r'id="(password|again)-error"', response.text)
        assert client.get(link).status_code == 200
        assert person(SHEN.id).epoch == 1

    def test_full_width_keys_type_the_same_password(self) -> None:
        assert passwords.matches("ｔｈｒｅｅ－green-kettles", passwords.hashed(NEW))

    def test_a_second_use_at_the_same_time_loses(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        """The link is read, then the password is hashed, then the lock is taken: another may come between."""
        actions.ask_reset(SHEN.email)
        token = mailed_link(app, "reset", SHEN.id).removeprefix("/resets/")
        keys, plain = app.config["SETTINGS"].secret_keys, passwords.hashed

        def meanwhile(password: str) -> str:
            monkeypatch.setattr(passwords, "hashed", plain)
            actions.set_password(keys, "reset", token, NEW)
            return plain(password)

        monkeypatch.setattr(passwords, "hashed", meanwhile)
        with pytest.raises(Refusal, match="dead_link"):
            actions.set_password(keys, "reset", token, "another-fine-word")
        assert passwords.matches(NEW, person(SHEN.id).password_hash)


class TestPages:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    @pytest.mark.parametrize("path", ["/sign-in", "/resets", "/invitations/x", "/resets/x"])
    def test_are_there_for_everyone(self, client: Client, path: str, lang: str) -> None:
        client.set_cookie("lang", lang)
        response = client.get(path)
        assert response.status_code == (404 if path.endswith("/x") else 200)
        assert response.text.count("<h1") == 1

    @pytest.mark.parametrize("kind", ["invitation", "reset", "password_changed"])
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_mails_say_who_and_where(self, app: Flask, kind: str, lang: str) -> None:
        with transaction():
            db.session.get_one(Person, SHEN.id).language = lang
        id = makers.strangers(1, enterprise=1)[0]
        if kind == "invitation":
            with transaction():
                db.session.get_one(Person, id).language = lang
            actions.send_link(makers.actor(OWNER), id)
        elif kind == "reset":
            actions.ask_reset(SHEN.email)
        else:
            actions.change_password(makers.actor(SHEN), PASSWORD, NEW)
        notice = makers.told(kind)[-1]
        message = render(notice, person(notice.person_id), city(), app.config["SETTINGS"])
        assert message.to == person(notice.person_id).email
        assert "http://localhost/" in message.text
        assert "%(" not in message.subject + message.text + message.html
        if kind == "invitation":
            assert OWNER.name in message.subject
            assert "甲科技有限公司" in message.text
            redacted = render(notice, person(notice.person_id), city(), app.config["SETTINGS"], redacted=True)
            assert "•••" in redacted.text
