"""One's own address, mobile and password, and the tokens of one's programs."""

import datetime as dt
import re

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from courses.accounts import actions, passwords
from courses.accounts.model import Token
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.people.model import Person
from courses.people.rights import Reach
from courses.privacy.actions import retention
from tests import makers
from tests.conftest import Client
from tests.doors.accounts import (
    MOBILE,
    NEW,
    another,
    count,
    is_in,
    mailed_link,
    person,
    sign_in,
    speaks_for,
    with_mobile,
)
from tests.doors.conftest import Calls
from tests.people import (
    ADMINISTRATOR,
    ASSOCIATION,
    BUREAU,
    CAST,
    CHEN,
    GAO,
    INSPECTOR,
    OWNER,
    PASSWORD,
    SHEN,
    Member,
)


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
            client.as_(OWNER).post("/profile/tokens", data={"label": kept, "days": "30", "scopes": chosen})
            stored = db.session.scalars(select(Token).where(Token.label == kept)).one()
            assert stored.scopes == kept
        assert client.post("/profile/tokens", data={"label": "x", "days": "30", "scopes": "all"}).status_code == 422
        profile = client.get("/profile?lang=en").text
        assert "read, book, serve" in profile

    @pytest.mark.parametrize(
        ("member", "scopes"),
        [
            (SHEN, {"read", "book"}),
            (OWNER, {"read", "book", "serve"}),
            (GAO, {"read", "serve"}),
            (CHEN, {"read", "serve"}),
            (ASSOCIATION, {"read", "serve"}),
            (ADMINISTRATOR, {"read", "serve"}),
            (BUREAU, {"read"}),
            (INSPECTOR, {"read"}),
        ],
        ids=lambda one: one.role if isinstance(one, Member) else "",
    )
    def test_is_offered_what_the_role_can_use_and_gets_no_more(
        self, client: Client, member: Member, scopes: set[str]
    ) -> None:
        page = client.as_(member).get("/profile").text
        assert set(re.findall(r'name="scopes"[^>]*value="(\w+)"', page)) == scopes
        for scope in ("book", "serve"):
            form = {"label": scope, "days": "30", "scopes": ["read", scope]}
            answer = client.post("/profile/tokens", data=form)
            assert answer.status_code == (201 if scope in scopes else 422)
            assert ('id="scopes-error"' in answer.text) == (scope not in scopes)

    @pytest.mark.parametrize("label", [" ", "\u3000", "\u200b"])
    def test_for_a_purpose_of_blanks_is_asked_what_for_at_the_field(self, client: Client, label: str) -> None:
        answer = client.as_(SHEN).post("/profile/tokens", data={"label": label, "days": "30"})
        assert answer.status_code == 422
        assert 'id="label-error"' in answer.text

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


class TestWhatATokenCannotReach:
    """The profile through the API: whoever serves or books can make a token for it; who only reads cannot."""

    def test_is_said_with_a_scope_that_can_be_had(self, call: Calls) -> None:
        for member, scope in ((SHEN, "book"), (GAO, "serve")):
            answer = call("PATCH", "/me/profile", member, {"language": "en"}, reach=[])
            assert answer.json["code"] == "beyond_token"
            assert f"“{scope}”" in call("PATCH", "/me/profile?lang=en", member, {}, reach=[]).json["detail"]
            assert call("PATCH", "/me/profile", member, {"language": "en"}, reach=[Reach(scope)]).status_code == 200
        assert call("PATCH", "/me/profile", INSPECTOR, {"language": "en"}, reach=[]).json["code"] == "not_allowed"
