"""Signing in, links, the profile, tokens, inviting: as the right person, as a wrong one, as nobody."""

import datetime as dt
import re
import threading
import time
from html import unescape
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask, has_app_context
from sqlalchemy import func, select
from werkzeug.routing import MapAdapter

from courses.accounts import actions, passwords
from courses.accounts.model import SignInFailure, Token
from courses.accounts.queries import actor_of_token, token_of
from courses.accounts.web.sign_in import target
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.outbox.render import render
from courses.people.actions import add_person, give_post
from courses.people.model import Person, Post, Role
from courses.people.queries import city
from courses.people.rights import Actor
from courses.privacy.actions import retention
from tests import makers
from tests.conftest import Client
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    CAST,
    CHEN,
    COLLEAGUE,
    GAO,
    INSPECTOR,
    LU,
    OTHER_OFFICER,
    OWNER,
    PASSWORD,
    SHEN,
    STRANGER,
    Member,
)

NEW = "three-green-kettles"
MOBILE = "13800138000"


@pytest.fixture(autouse=True)
def _never_hashed_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of this file may hash while the write lock is held."""
    for name in ("hash", "verify"):
        plain = getattr(PasswordHasher, name)

        def checked(*args: Any, plain: Any = plain, **kwargs: Any) -> Any:
            assert not (has_app_context() and "connection" in db.session.info)
            return plain(*args, **kwargs)

        monkeypatch.setattr(PasswordHasher, name, checked)


def sign_in(client: Client, login: str = SHEN.email, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", data={"login": login, "password": password, **more})


def another(app: Flask) -> Client:
    browser = app.test_client()
    assert isinstance(browser, Client)
    return browser


def person(id: int) -> Person:
    db.session.rollback()
    return db.session.get_one(Person, id, populate_existing=True)


def count(column: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(column))) or 0


def speaks_for(token: str) -> Actor | None:
    db.session.rollback()
    found = token_of(token)
    return actor_of_token(found) if found else None


def newest() -> Person:
    db.session.rollback()
    found = db.session.scalar(select(Person).order_by(Person.id.desc()).limit(1))
    assert found is not None
    return found


def with_mobile(member: Member = SHEN) -> None:
    with transaction():
        db.session.get_one(Person, member.id).mobile = "+8613800138000"


def is_in(client: Client) -> bool:
    return bool(client.get("/profile").status_code == 200)


def mailed_link(app: Flask, kind: str, id: int) -> str:
    """Return the path of the link in the latest mail of this kind, as its reader gets it."""
    notice = makers.told(kind, id)[-1]
    message = render(notice, person(id), city(), app.config["SETTINGS"])
    found = re.search(r"http://localhost(/\S+)", message.text)
    assert found
    return found[1]


def shown_link(response: Any) -> str:
    found = re.search(r'value="http://localhost(/[^"]+)"', response.text)
    assert found
    return unescape(found[1])


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


class TestProfile:
    def details(self, **changed: str) -> dict[str, str]:
        return {"name_en": "", "language": "zh", "email": SHEN.email, "mobile": "", "password": "", **changed}

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_everyone_has_one(self, client: Client, lang: str) -> None:
        for member in CAST:
            page = client.as_(member, lang).get("/profile")
            assert page.status_code == 200
            assert member.email in page.text

    def test_nobody_is_asked_to_sign_in(self, client: Client) -> None:
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/password"), ("POST", "/tokens")):
            response = client.open(f"/profile{path}", method=method)
            assert response.location.startswith("/sign-in")

    def test_name_and_language_change_without_a_password(self, app: Flask, client: Client) -> None:
        client.as_(SHEN, "zh")
        response = client.post("/profile", data=self.details(name_en="Shen Yue", language="en"))
        assert response.status_code == 303
        assert (person(SHEN.id).name_en, person(SHEN.id).language) == ("Shen Yue", "en")
        page = client.get("/profile")
        assert '<html lang="en"' in page.text
        assert is_in(client)

    @pytest.mark.parametrize("password", ["", "wrong"])
    def test_another_address_asks_for_the_password(self, client: Client, password: str) -> None:
        client.as_(SHEN)
        response = client.post("/profile", data=self.details(email="new@test.example", password=password))
        assert response.status_code == 422
        assert 'id="password-error"' in response.text
        assert person(SHEN.id).email == SHEN.email

    def test_another_address_ends_other_sessions_and_old_links(self, app: Flask, client: Client) -> None:
        old = another(app).as_(SHEN)
        actions.ask_reset(SHEN.email)
        link = mailed_link(app, "reset", SHEN.id)
        client.as_(SHEN)
        assert (
            client.post("/profile", data=self.details(email="New@test.example", password=PASSWORD)).status_code == 303
        )
        assert person(SHEN.id).email == "new@test.example"
        assert is_in(client)
        assert not is_in(old)
        assert client.get(link).status_code == 404

    def test_another_number_leaves_other_sessions(self, app: Flask, client: Client) -> None:
        old = another(app).as_(SHEN)
        client.as_(SHEN)
        client.post("/profile", data=self.details(mobile=MOBILE, password=PASSWORD))
        assert person(SHEN.id).mobile == "+8613800138000"
        assert is_in(old)

    def test_a_taken_address_or_number_is_refused(self, client: Client) -> None:
        with_mobile(OWNER)
        client.as_(SHEN)
        for changed, at in (({"email": OWNER.email}, "email"), ({"mobile": MOBILE}, "mobile")):
            response = client.post("/profile", data=self.details(password=PASSWORD, **changed))
            assert response.status_code == 409
            assert f'id="{at}-error"' in response.text
        assert (person(SHEN.id).email, person(SHEN.id).mobile) == (SHEN.email, None)

    @pytest.mark.parametrize(
        "changed",
        [
            {"email": ""},
            {"email": "x"},
            {"mobile": "12"},
            {"language": "fr"},
            {"language": ""},
            {"name_en": "x" * 61},
            {"password": "x" * 201},
        ],
    )
    def test_what_is_malformed_is_422(self, client: Client, changed: dict[str, str]) -> None:
        client.as_(SHEN)
        assert client.post("/profile", data=self.details(**changed)).status_code == 422
        assert person(SHEN.id).email == SHEN.email

    def test_a_new_password_signs_out_all_other_devices(self, app: Flask, client: Client) -> None:
        old = another(app).as_(SHEN)
        token = actions.make_token(makers.actor(SHEN), "t")
        client.as_(SHEN)
        response = client.post("/profile/password", data={"present": PASSWORD, "new": NEW, "again": NEW})
        assert response.status_code == 303
        assert is_in(client)
        assert not is_in(old)
        assert speaks_for(token) is None
        assert [n.kind for n in makers.told(person=SHEN.id)] == ["password_changed"]
        assert sign_in(another(app), password=NEW).status_code == 303

    @pytest.mark.parametrize(
        ("form", "at"),
        [
            ({"present": "wrong", "new": NEW, "again": NEW}, "present"),
            ({"present": "", "new": NEW, "again": NEW}, "present"),
            ({"present": PASSWORD, "new": "short", "again": "short"}, "new"),
            ({"present": PASSWORD, "new": NEW, "again": "x"}, "again"),
        ],
    )
    def test_a_wrong_or_weak_one_changes_nothing(self, client: Client, form: dict[str, str], at: str) -> None:
        client.as_(SHEN)
        response = client.post("/profile/password", data=form)
        assert response.status_code == 422
        assert f'id="{at}-error"' in response.text
        assert passwords.matches(PASSWORD, person(SHEN.id).password_hash)

    def test_a_stolen_session_cannot_guess_the_password(self, client: Client) -> None:
        client.as_(SHEN)
        form = {"present": "wrong", "new": NEW, "again": NEW}
        assert [client.post("/profile/password", data=form).status_code for _ in range(6)] == [422] * 5 + [429]
        assert client.post("/profile/password", data={**form, "present": PASSWORD}).status_code == 429


class TestTokens:
    def test_is_shown_once_and_speaks_for_its_owner(self, client: Client) -> None:
        page = client.as_(SHEN).post("/profile/tokens", data={"label": "台账 <b>", "days": "30"})
        found = re.search(r'id="secret" type="text" value="([^"]+)"', page.text)
        assert page.status_code == 201
        assert found
        actor = speaks_for(found[1])
        assert actor is not None
        assert actor == makers.actor(SHEN)
        profile = client.get("/profile").text
        assert found[1] not in profile
        assert "…" + found[1][-4:] in profile
        assert "台账 &lt;b&gt;" in profile
        stored = db.session.scalars(select(Token)).one()
        assert found[1] not in (stored.digest, stored.label)

    def test_ends_with_its_time(self, app: Flask) -> None:
        token = actions.make_token(makers.actor(SHEN), "t", days=30)
        with clock.pretending(clock.now() + dt.timedelta(days=29)):
            assert speaks_for(token)
        with clock.pretending(clock.now() + dt.timedelta(days=31)):
            assert speaks_for(token) is None

    def test_ends_when_its_person_left(self, app: Flask) -> None:
        token = actions.make_token(makers.actor(SHEN), "t")
        with transaction():
            db.session.get_one(Person, SHEN.id).left_at = clock.now()
        assert speaks_for(token) is None

    def test_nobody_ends_anothers(self, client: Client) -> None:
        token = actions.make_token(makers.actor(SHEN), "t")
        id = db.session.scalars(select(Token.id)).one()
        assert client.as_(OWNER).post(f"/profile/tokens/{id}/revocation").status_code == 404
        assert speaks_for(token)
        assert client.as_(SHEN).post(f"/profile/tokens/{id}/revocation").status_code == 303
        assert speaks_for(token) is None
        assert client.post(f"/profile/tokens/{id}/revocation").status_code == 404

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"label": ""},
            {"label": "\u200b"},
            {"label": "x" * 61},
            {"label": "x", "days": "0"},
            {"label": "x", "days": "9999"},
            {"label": "x", "days": "x"},
        ],
    )
    def test_what_is_malformed_is_422(self, client: Client, form: dict[str, str]) -> None:
        response = client.as_(SHEN).post("/profile/tokens", data={"days": "30", **form})
        assert response.status_code == 422
        assert count(Token.id) == 0

    def test_there_are_at_most_twenty(self, client: Client) -> None:
        for number in range(20):
            actions.make_token(makers.actor(SHEN), str(number))
        response = client.as_(SHEN).post("/profile/tokens", data={"label": "x", "days": "30"})
        assert response.status_code == 409
        assert "20" in response.text

    def test_goes_as_far_as_was_chosen_and_always_reads(self, client: Client) -> None:
        for chosen, kept in (([], "read"), (["serve"], "read serve"), (["serve", "book"], "read book serve")):
            client.as_(SHEN).post("/profile/tokens", data={"label": kept, "days": "30", "scopes": chosen})
            stored = db.session.scalars(select(Token).where(Token.label == kept)).one()
            assert stored.scopes == kept
        assert client.post("/profile/tokens", data={"label": "x", "days": "30", "scopes": "all"}).status_code == 422
        profile = client.get("/profile?lang=en").text
        assert "read, book, serve" in profile

    def test_says_when_it_was_last_used(self, app: Flask, client: Client) -> None:
        token = actions.make_token(makers.actor(SHEN), "t")
        assert "never" in client.as_(SHEN, "en").get("/profile").text
        at, me = clock.now(), {"Authorization": f"Bearer {token}"}
        for minutes, noted in ((0, 0), (5, 0), (11, 11)):  # it is not written down at each use
            with time_machine.travel(at + dt.timedelta(minutes=minutes), tick=False):
                assert another(app).get("/api/v1/me", headers=me).status_code == 200
            db.session.rollback()
            stored = db.session.scalars(select(Token.last_used_at)).one()
            assert stored == pytest.approx(at + dt.timedelta(minutes=noted), abs=dt.timedelta(seconds=1))
        assert "never" not in client.get("/profile").text

    def test_is_forgotten_three_months_after_its_end(self, app: Flask) -> None:
        actions.make_token(makers.actor(SHEN), "expired", days=1)
        actions.make_token(makers.actor(SHEN), "ended")
        actions.make_token(makers.actor(SHEN), "standing")
        ended = db.session.scalars(select(Token.id).where(Token.label == "ended")).one()
        actions.revoke_token(makers.actor(SHEN), ended)
        assert retention()["tokens"] == 0
        with clock.pretending(clock.now() + dt.timedelta(days=92)):
            assert retention()["tokens"] == 2
        assert db.session.scalars(select(Token.label)).all() == ["standing"]

    def test_the_command_line_makes_one(self, app: Flask) -> None:
        assert speaks_for(actions.token_for(SHEN.email)) == makers.actor(SHEN)
        with pytest.raises(Refusal, match="not_found"):
            actions.token_for("nobody@test.example")

    @pytest.mark.parametrize("token", ["", "x", "💥", "x" * 10_000, "\x00"])
    def test_a_made_up_one_is_nobodys(self, app: Flask, token: str) -> None:
        assert speaks_for(token) is None


class TestInviting:
    FORM = {"name": "钱䶮", "name_en": "", "role": "manager", "email": "", "mobile": "", "language": "zh"}

    def post(self, client: Client, enterprise: int = 1, **form: str) -> Any:
        return client.post(f"/people/new?enterprise={enterprise}", data={**self.FORM, **form})

    def test_by_mail_the_invited_sets_the_password(self, app: Flask, client: Client) -> None:
        response = self.post(client.as_(OWNER), email="Qian@Test.example", language="en")
        assert (response.status_code, response.location) == (303, "/people/new?enterprise=1")
        invited = newest()
        id = invited.id
        assert (invited.name, invited.email, invited.language) == ("钱䶮", "qian@test.example", "en")
        assert not invited.has_account
        assert makers.actor(Member(id, "", "", "")).enterprise_id == 1
        link = mailed_link(app, "invitation", id)
        guest = another(app)
        assert "钱䶮" in guest.get(link).text
        response = guest.post(link, data={"password": NEW, "again": NEW, "language": "zh"})
        assert (response.status_code, response.location) == (303, "/desk")
        assert is_in(guest)
        assert person(id).language == "zh"
        assert another(app).get(link).status_code == 404
        assert sign_in(another(app), "qian@test.example", NEW).status_code == 303
        assert [n.kind for n in makers.told(person=id)] == ["invitation"]

    def test_without_an_address_the_link_is_handed_over(self, app: Flask, client: Client) -> None:
        response = self.post(client.as_(OWNER), mobile=MOBILE, role="owner")
        assert response.status_code == 201
        assert makers.told() == []
        guest = another(app)
        guest.post(shown_link(response), data={"password": NEW, "again": NEW, "language": "zh"})
        assert is_in(guest)
        assert sign_in(another(app), "138 0013 8000", NEW).status_code == 303
        assert makers.actor(Member(newest().id, "", "", "")).roles == {Role.OWNER}

    def test_an_invitation_lasts_fourteen_days(self, client: Client) -> None:
        link = shown_link(self.post(client.as_(OWNER), mobile=MOBILE))
        with time_machine.travel(clock.now() + dt.timedelta(days=13)):
            assert client.get(link).status_code == 200
        with time_machine.travel(clock.now() + dt.timedelta(days=15)):
            assert client.get(link).status_code == 404

    def test_sent_twice_it_is_one_person_and_one_mail(self, client: Client) -> None:
        client.as_(OWNER)
        before = count(Person.id)
        assert [self.post(client, email="q@test.example").status_code for _ in range(2)] == [303, 303]
        assert count(Person.id) == before + 1
        assert len(makers.told("invitation")) == 1

    def test_someone_of_the_enterprise_without_an_account_is_invited_again(self, client: Client) -> None:
        id = makers.strangers(1, enterprise=1)[0]
        response = self.post(client.as_(OWNER), email=f"p{id}@test.example", mobile=MOBILE, role="owner")
        assert response.status_code == 303
        assert [n.person_id for n in makers.told("invitation")] == [id]
        assert person(id).mobile == "+8613800138000"
        assert makers.actor(Member(id, "", "", "")).roles == {Role.MANAGER, Role.OWNER}

    @pytest.mark.parametrize("email", [COLLEAGUE.email, STRANGER.email, INSPECTOR.email])
    def test_who_has_an_account_is_not(self, client: Client, email: str) -> None:
        response = self.post(client.as_(OWNER), email=email)
        assert response.status_code == 409
        assert 'id="email-error"' in response.text
        assert makers.told() == []

    def test_nor_is_someone_of_another_enterprise(self, client: Client) -> None:
        id = makers.strangers(1, enterprise=2)[0]
        assert self.post(client.as_(OWNER), email=f"p{id}@test.example").status_code == 409
        with_mobile(LU)
        response = self.post(client, mobile=MOBILE)
        assert response.status_code == 409
        assert 'id="mobile-error"' in response.text

    def test_address_and_number_of_two_people_are_refused(self, client: Client) -> None:
        id = makers.strangers(1, enterprise=1)[0]
        with_mobile(LU)
        assert self.post(client.as_(OWNER), email=f"p{id}@test.example", mobile=MOBILE).status_code == 409
        assert person(id).mobile is None

    @pytest.mark.parametrize(
        ("member", "enterprise", "status"),
        [
            (OWNER, 1, 200),
            (OWNER, 2, 404),
            (OWNER, 99, 404),
            (GAO, 1, 200),
            (GAO, 2, 200),
            (GAO, 3, 404),
            (OTHER_OFFICER, 3, 200),
            (OTHER_OFFICER, 1, 404),
            (SHEN, 1, 403),
            (CHEN, 1, 403),
            (INSPECTOR, 1, 403),
            (ASSOCIATION, 1, 403),
            (ADMINISTRATOR, 1, 403),
        ],
    )
    def test_only_for_those_one_serves(self, client: Client, member: Member, enterprise: int, status: int) -> None:
        client.as_(member)
        assert client.get(f"/people/new?enterprise={enterprise}").status_code == status
        sent = self.post(client, enterprise, email="q@test.example").status_code
        assert sent == (303 if status == 200 else status)
        assert len(makers.told()) == (status == 200)

    @pytest.mark.parametrize(("member", "enterprise"), [(OWNER, 2), (GAO, 3), (SHEN, 1), (INSPECTOR, 1)])
    def test_the_action_asks_too(self, app: Flask, member: Member, enterprise: int) -> None:
        with pytest.raises(Refusal, match="not_allowed"):
            actions.invite(makers.actor(member), "钱", "", "q@test.example", None, Role.MANAGER, enterprise)

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.MANAGER, Role.OWNER}))
    def test_no_other_role_can_be_given(self, client: Client, role: Role) -> None:
        assert self.post(client.as_(GAO), email="q@test.example", role=role).status_code == 422
        with pytest.raises(Refusal, match="malformed"):
            actions.invite(makers.actor(GAO), "钱", "", "q@test.example", None, role, 1)
        assert makers.told() == []

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"name": "", "mobile": MOBILE},
            {"name": "\x00", "mobile": MOBILE},
            {"name": "钱" * 61, "mobile": MOBILE},
            {"email": "q"},
            {"mobile": "1"},
            {"mobile": MOBILE, "language": "fr"},
            {"mobile": MOBILE, "role": ""},
        ],
    )
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_what_is_malformed_is_422(self, client: Client, form: dict[str, str], lang: str) -> None:
        before = newest().id
        assert self.post(client.as_(OWNER, lang), **form).status_code == 422
        assert newest().id == before

    @pytest.mark.parametrize("name", ["<script>alert(1)</script>", "😀", "𬬭䶮", "O'Brien %s %(x)s"])
    def test_any_name_is_shown_as_it_is(self, client: Client, name: str) -> None:
        self.post(client.as_(OWNER), name=name, email="q@test.example")
        assert newest().name == name
        page = client.get("/people/new").text
        assert "<script>alert" not in page
        assert name in unescape(page)

    def test_the_officer_finds_enterprises_of_own_towns_only(self, client: Client) -> None:
        client.as_(GAO)
        assert "甲科技" in client.get("/people/new?q=甲").text
        assert "甲科技" in client.get(f"/people/new?q={makers.CODES[0].lower()[4:]}").text
        assert "丙科技" not in client.get("/people/new?q=科技").text
        assert "甲科技" not in client.get("/people/new?q=%25").text
        assert client.get("/people/new?q=%00").status_code == 422

    def test_a_colleague_without_an_address_gets_a_link_for_a_new_password(self, app: Flask, client: Client) -> None:
        with_mobile(COLLEAGUE)
        with transaction():
            db.session.get_one(Person, COLLEAGUE.id).email = None
        response = client.as_(OWNER).post(f"/people/{COLLEAGUE.id}/links")
        assert response.status_code == 201
        link = shown_link(response)
        assert link.startswith("/resets/")
        guest = another(app)
        guest.post(link, data={"password": NEW, "again": NEW})
        assert is_in(guest)

    def test_a_colleague_with_an_address_gets_a_mail(self, client: Client) -> None:
        assert client.as_(OWNER).post(f"/people/{COLLEAGUE.id}/links").status_code == 303
        assert [n.kind for n in makers.told(person=COLLEAGUE.id)] == ["reset"]

    @pytest.mark.parametrize(
        ("member", "target", "status"),
        [
            (OWNER, GAO.id, 404),
            (OWNER, ADMINISTRATOR.id, 404),
            (OWNER, LU.id, 403),
            (GAO, STRANGER.id, 403),
            (SHEN, COLLEAGUE.id, 403),
            (OWNER, 999, 404),
        ],
    )
    def test_nobody_else_does(self, client: Client, member: Member, target: int, status: int) -> None:
        assert client.as_(member).post(f"/people/{target}/links").status_code == status
        assert makers.told() == []

    def test_nobody_comes_into_wider_rights(self, client: Client) -> None:
        """Who is a colleague and also looks after the installation is not to be taken over by the owner."""
        with transaction():
            give_post(db.session.get_one(Person, COLLEAGUE.id), Role.ADMINISTRATOR)
        assert client.as_(OWNER).post(f"/people/{COLLEAGUE.id}/links").status_code == 404


class TestPosts:
    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.INSPECTOR, Role.BUREAU}))
    def test_one_account_never_serves_and_enforces(self, app: Flask, role: Role) -> None:
        member = next(m for m in CAST if m.role == role)
        with pytest.raises(Refusal, match="two_sides"), transaction():
            give_post(db.session.get_one(Person, member.id), Role.INSPECTOR)
        place = {"enterprise_id": member.enterprise, "squadron_id": member.squadron}
        with pytest.raises(Refusal, match="two_sides"), transaction():
            give_post(db.session.get_one(Person, INSPECTOR.id), role, association_id=member.association, **place)
        assert count(Post.id) == len(CAST)

    def test_nor_does_one_that_two_are_changing_at_once(self, app: Flask) -> None:
        with transaction():
            id = add_person("新人", email="new@test.example").id
        given, refused = threading.Event(), []

        def enforce() -> None:
            with app.app_context(), transaction():
                give_post(db.session.get_one(Person, id), Role.INSPECTOR)
                given.set()
                time.sleep(0.2)

        def serve() -> None:
            given.wait()
            with app.app_context():
                try:
                    with transaction():
                        give_post(db.session.get_one(Person, id), Role.LECTURER)
                except Refusal as refusal:
                    refused.append(refusal.code)

        threads = [threading.Thread(target=act) for act in (enforce, serve)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused == ["two_sides"]

    def test_nobody_holds_a_post_twice_or_at_two_enterprises(self, app: Flask) -> None:
        for role, enterprise in ((Role.MANAGER, 1), (Role.OWNER, 2)):
            with pytest.raises(Refusal, match="post_held"), transaction():
                give_post(db.session.get_one(Person, SHEN.id), role, enterprise_id=enterprise)
        with transaction():
            give_post(db.session.get_one(Person, SHEN.id), Role.OWNER, enterprise_id=1)
        assert makers.actor(SHEN).roles == {Role.MANAGER, Role.OWNER}

    def test_a_person_can_be_reached_and_only_once(self, app: Flask) -> None:
        with_mobile()
        for contact, code in (
            ({}, "no_contact"),
            ({"email": "SHEN@test.example"}, "email_taken"),
            ({"mobile": MOBILE}, "mobile_taken"),
        ):
            with pytest.raises(Refusal, match=code), transaction():
                add_person("新人", **contact)
        with pytest.raises(ValueError, match="example"), transaction():
            add_person("新人", email="x")

    def test_the_first_administrator_comes_from_the_command_line(self, app: Flask, client: Client) -> None:
        with pytest.raises(Refusal, match="weak_password"):
            actions.open_account("首位", "first@test.example", Role.ADMINISTRATOR, "1234567890")
        id = actions.open_account("首位", "First@test.example", Role.ADMINISTRATOR, NEW)
        assert makers.actor(Member(id, "", "", "")).roles == {Role.ADMINISTRATOR}
        assert sign_in(client, "first@test.example", NEW).status_code == 303


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
