"""Single sign-on against a provider of one's own: who is let in, who must confirm, and what goes wrong in words."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import time_machine
from flask import Flask
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from courses.accounts import actions
from courses.accounts.model import Identity
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.render import render
from courses.people.model import Person
from courses.people.queries import city
from tests import makers
from tests.conftest import Client
from tests.people import GAO, PASSWORD, SHEN

KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Provider:
    """A provider with one person, who says yes at once. It gives a token only to who shows the code's verifier."""

    url: str
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "email": SHEN.email, "email_verified": True})
    key: RSAKey = field(default_factory=lambda: KEY)
    says: str = ""  # an error at the door
    wrong: dict[str, Any] = field(default_factory=dict)  # claims that are not as they must be
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, environ: Any, start: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return self._answer(
                start,
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                },
            )
        if path == "/keys":
            return self._answer(start, {"keys": [KEY.as_dict(private=False)]})
        sent = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        return self._token(start, {name: values[0] for name, values in sent.items()}, environ)

    def consent(self, address: str) -> str:
        """Do what the browser does at the provider; return where it is sent back to."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}" == self.url
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email", "phone"} == set(asked["scope"].split())
        back = urlsplit(asked["redirect_uri"]).path
        if self.says:
            return f"{back}?{urlencode({'error': self.says, 'state': asked['state']})}"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{back}?{urlencode({'code': code, 'state': asked['state']})}"

    def _token(self, start: Any, sent: dict[str, str], environ: Any) -> list[bytes]:
        asked = self.codes.pop(sent.get("code", ""), None)  # a code is good once
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        basic = base64.b64encode(b"courses:a-secret").decode()
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or sent["redirect_uri"] != asked["redirect_uri"]
            or environ.get("HTTP_AUTHORIZATION") != f"Basic {basic}"
        ):
            return self._answer(start, {"error": "invalid_grant"}, "400 Bad Request")
        now = int(clock.now().timestamp())
        claims = {"iss": self.url, "aud": "courses", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, **self.claims, **self.wrong}, self.key)
        return self._answer(start, {"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _answer(self, start: Any, body: Any, status: str = "200 OK") -> list[bytes]:
        start(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def provider(app: Flask) -> Iterator[Provider]:
    made = Provider("")
    server = make_server("127.0.0.1", 0, made, handler_class=Quiet)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(
        settings,
        oidc_issuer=made.url,
        oidc_client_id="courses",
        oidc_client_secret="a-secret",
        oidc_name_zh="浙里办",
        oidc_name_en="Zheliban",
    )
    try:
        yield made
    finally:
        app.config["SETTINGS"] = settings
        server.shutdown()
        thread.join()
        server.server_close()


def go(client: Client, provider: Provider, onward: str = "") -> Any:
    """Go to the provider and come back."""
    left = client.get("/sign-in/sso" + (f"?next={onward}" if onward else ""))
    assert left.status_code == 303
    return client.get(provider.consent(left.headers["Location"]))


def identities() -> list[tuple[str, int]]:
    db.session.rollback()
    return [(row.subject, row.person_id) for row in db.session.scalars(select(Identity).order_by(Identity.id))]


def is_in(client: Client) -> bool:
    return bool(client.get("/profile").status_code == 200)


class TestLinking:
    def test_is_confirmed_once_with_the_password(self, client: Client, provider: Provider) -> None:
        asked = go(client, provider, "/notices")
        assert asked.headers["Location"] == "/sign-in/sso/link"
        assert not is_in(client)
        assert identities() == []  # never silently
        page = client.get("/sign-in/sso/link?lang=en").text
        assert "Zheliban" in page
        assert SHEN.email in page
        wrong = client.post("/sign-in/sso/link", data={"password": "not this one"})
        assert (wrong.status_code, identities(), is_in(client)) == (401, [], False)
        right = client.post("/sign-in/sso/link", data={"password": PASSWORD})
        assert (right.status_code, right.headers["Location"]) == (303, "/notices")
        assert identities() == [("u-1", SHEN.id)]
        assert is_in(client)

    def test_then_needs_no_password(self, app: Flask, client: Client, provider: Provider) -> None:
        go(client, provider)
        client.post("/sign-in/sso/link", data={"password": PASSWORD})
        client.post("/sign-out")
        assert not is_in(client)
        provider.claims = {"sub": "u-1"}  # whatever the address is by now
        assert go(client, provider, "/notices").headers["Location"] == "/notices"
        assert is_in(client)

    def test_by_a_verified_number(self, client: Client, provider: Provider) -> None:
        with transaction():
            db.session.get_one(Person, SHEN.id).mobile = "+8613800138000"
        provider.claims = {"sub": "u-2", "phone_number": "138 0013 8000", "phone_number_verified": True}
        go(client, provider)
        assert client.post("/sign-in/sso/link", data={"password": PASSWORD}).status_code == 303
        assert identities() == [("u-2", SHEN.id)]

    @pytest.mark.parametrize(
        "claims",
        [
            {"email": "nobody@test.example", "email_verified": True},
            {"email": ["x"], "email_verified": True},
            {},
        ],
    )
    def test_who_is_not_known_is_told_whom_to_ask(
        self, client: Client, provider: Provider, claims: dict[str, Any]
    ) -> None:
        provider.claims = {"sub": "u-3", **claims}
        page = go(client, provider)
        assert page.status_code == 403
        assert "邀请" in page.text
        assert client.post("/sign-in/sso/link", data={"password": PASSWORD}).status_code == 400
        assert identities() == []

    def test_guessing_is_slowed_down(self, client: Client, provider: Provider) -> None:
        go(client, provider)
        tries = [client.post("/sign-in/sso/link", data={"password": "x"}).status_code for _ in range(6)]
        assert tries == [401] * 5 + [429]

    def test_nobody_links_without_coming_from_there(self, client: Client, provider: Provider) -> None:
        assert client.get("/sign-in/sso/link").status_code == 400
        assert client.post("/sign-in/sso/link", data={"password": PASSWORD}).status_code == 400

    def test_a_session_ends_with_the_password(self, app: Flask, client: Client, provider: Provider) -> None:
        go(client, provider)
        client.post("/sign-in/sso/link", data={"password": PASSWORD})
        actions.change_password(makers.actor(SHEN), PASSWORD, "three-green-kettles")
        assert not is_in(client)

    def test_is_ended_by_its_person_alone(self, client: Client, provider: Provider) -> None:
        go(client, provider)
        client.post("/sign-in/sso/link", data={"password": PASSWORD})
        id_ = db.session.scalars(select(Identity.id)).one()
        assert f"/profile/identities/{id_}/end" in client.get("/profile").text
        assert client.as_(GAO).post(f"/profile/identities/{id_}/end").status_code == 404
        assert client.as_(SHEN).post(f"/profile/identities/{id_}/end").status_code == 303
        assert identities() == []

    def test_who_left_does_not_come_back_by_it(self, client: Client, provider: Provider) -> None:
        go(client, provider)
        client.post("/sign-in/sso/link", data={"password": PASSWORD})
        client.post("/sign-out")
        makers.leave(SHEN)
        assert go(client, provider).status_code == 401
        assert not is_in(client)


def mailed(app: Flask) -> str:
    """Return the path of the link that was mailed last, as the worker would write it."""
    notice = makers.told("sso")[-1]
    person = db.session.get_one(Person, notice.person_id)
    text = render(notice, person, city(), app.config["SETTINGS"]).text
    return urlsplit(next(line for line in text.splitlines() if line.startswith("http"))).path


class TestAnAddressThatIsNotVerified:
    @pytest.fixture(autouse=True)
    def _unverified(self, provider: Provider) -> None:
        provider.claims = {"sub": "u-9", "email": SHEN.email.upper(), "email_verified": False}

    @pytest.mark.parametrize("verified", [{}, {"email_verified": False}, {"email_verified": "true"}])
    def test_is_confirmed_by_a_link_that_goes_there(
        self, app: Flask, client: Client, provider: Provider, verified: dict[str, Any]
    ) -> None:
        provider.claims = {"sub": "u-9", "email": SHEN.email, **verified}
        assert go(client, provider, "/notices").headers["Location"] == "/sign-in/sso/mail"
        assert SHEN.email in client.get("/sign-in/sso/mail").text
        assert makers.told("sso") == [], "only when asked for"
        assert client.post("/sign-in/sso/link", data={"password": PASSWORD}).status_code == 404
        assert "spam" in client.post("/sign-in/sso/mail?lang=en").text
        path = mailed(app)
        page = client.get(path)
        assert (page.status_code, page.headers["Cache-Control"], identities()) == (200, "no-store", [])
        done = client.post(path)
        assert (done.status_code, done.headers["Location"]) == (303, "/notices")
        assert identities() == [("u-9", SHEN.id)]
        assert is_in(client)
        assert client.post(path).status_code == 400, "once"

    def test_the_link_alone_opens_nothing(self, app: Flask, client: Client, provider: Provider) -> None:
        """Who is mailed a link that somebody else asked for cannot let them in by opening it."""
        go(client, provider)
        client.post("/sign-in/sso/mail")
        path, other = mailed(app), app.test_client()
        assert (other.get(path).status_code, other.post(path).status_code) == (400, 400)
        provider.claims["sub"] = "u-10"
        go(other, provider)  # type: ignore[arg-type]
        assert (other.get(path).status_code, other.post(path).status_code) == (404, 404)
        assert identities() == []

    def test_another_link_of_theirs_is_none(self, app: Flask, client: Client, provider: Provider) -> None:
        go(client, provider)
        actions.ask_reset(SHEN.email)
        reset = makers.told("reset")[-1]
        text = render(reset, db.session.get_one(Person, SHEN.id), city(), app.config["SETTINGS"]).text
        token = text.partition("/resets/")[2].split()[0]
        assert client.post(f"/sign-in/sso/links/{token}").status_code == 404

    def test_it_ends_after_two_hours_and_with_the_password(
        self, app: Flask, client: Client, provider: Provider
    ) -> None:
        go(client, provider)
        client.post("/sign-in/sso/mail")
        path = mailed(app)
        with time_machine.travel(clock.now().timestamp() + 2 * 3600 + 60, tick=False):
            assert client.post(path).status_code == 404
        actions.change_password(makers.actor(SHEN), PASSWORD, "three-green-kettles")
        assert client.post(path).status_code == 404
        assert identities() == []

    def test_nothing_tells_whether_there_is_an_account(self, client: Client, provider: Provider) -> None:
        said = []
        for email in (SHEN.email, "nobody@test.example"):
            provider.claims["email"] = email
            go(client, provider)
            pages = (client.get("/sign-in/sso/mail").text, client.post("/sign-in/sso/mail").text)
            mains = [page.partition("<main")[2].replace(email, "") for page in pages]
            said.append([re.sub(r'name="csrf_token" value="[^"]+"', "", main) for main in mains])  # it tells the second
        assert said[0] == said[1]
        assert [notice.person_id for notice in makers.told("sso")] == [SHEN.id]

    def test_is_mailed_once_in_two_minutes(self, client: Client, provider: Provider) -> None:
        go(client, provider)
        for _ in range(3):
            assert client.post("/sign-in/sso/mail").status_code == 200
        assert len(makers.told("sso")) == 1

    def test_nobody_asks_without_coming_from_there(self, client: Client, provider: Provider) -> None:
        assert (client.get("/sign-in/sso/mail").status_code, client.post("/sign-in/sso/mail").status_code) == (400, 400)


class TestWhatGoesWrong:
    def test_another_state_or_none(self, client: Client, provider: Provider) -> None:
        left = client.get("/sign-in/sso").headers["Location"]
        back = provider.consent(left)
        forged = client.get(back.replace("state=", "state=x"))
        assert forged.status_code == 400
        assert client.get(back).status_code == 400  # a state is good once
        assert client.get("/sign-in/sso/return?code=code-0&state=").status_code == 400
        assert "/token" not in provider.asked

    def test_a_code_for_another_browser(self, app: Flask, client: Client, provider: Provider) -> None:
        back = provider.consent(client.get("/sign-in/sso").headers["Location"])
        other = app.test_client()
        assert other.get(back).status_code == 400

    def test_the_provider_says_no(self, client: Client, provider: Provider) -> None:
        provider.says = "access_denied"
        page = go(client, provider)
        assert page.status_code == 403
        assert "/sign-in" in page.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"iss": "https://elsewhere.example"},
            {"aud": "another"},
            {"exp": 1},
            {"nonce": "x"},
            {"nonce": None},
            {"sub": None},
        ],
        ids=str,
    )
    def test_a_token_that_is_not_for_us(self, client: Client, provider: Provider, wrong: dict[str, Any]) -> None:
        provider.wrong = wrong
        assert go(client, provider).status_code == 403
        assert identities() == []

    def test_a_token_that_another_signed(self, client: Client, provider: Provider) -> None:
        provider.key = OTHER
        assert go(client, provider).status_code == 403

    def test_a_verifier_that_was_not_the_codes(self, client: Client, provider: Provider) -> None:
        back = provider.consent(client.get("/sign-in/sso").headers["Location"])
        with client.session_transaction() as session:
            session["sso_begun"] = {**session["sso_begun"], "verifier": "x" * 64}
        assert client.get(back).status_code == 403

    def test_who_took_too_long(self, client: Client, provider: Provider) -> None:
        back = provider.consent(client.get("/sign-in/sso").headers["Location"])
        with time_machine.travel(clock.now().timestamp() + 16 * 60, tick=False):
            assert client.get(back).status_code == 400

    def test_a_provider_that_is_down(self, app: Flask, client: Client, provider: Provider) -> None:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], oidc_issuer="http://127.0.0.1:9")
        page = client.get("/sign-in/sso")
        assert page.status_code == 503
        assert "/sign-in" in page.text

    def test_onward_is_a_page_of_ours(self, client: Client, provider: Provider) -> None:
        go(client, provider, "https://elsewhere.example/")
        done = client.post("/sign-in/sso/link", data={"password": PASSWORD})
        assert done.headers["Location"] == "/desk"


def test_is_offered_where_there_is_a_provider(client: Client, provider: Provider) -> None:
    assert "Zheliban" in client.get("/sign-in?lang=en").text


def test_is_off_without_settings(client: Client) -> None:
    assert "/sign-in/sso" not in client.get("/sign-in").text
    for path in ("/sign-in/sso", "/sign-in/sso/return?code=x&state=y", "/sign-in/sso/mail"):
        assert client.get(path).status_code == 404
