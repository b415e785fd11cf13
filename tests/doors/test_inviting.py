"""Inviting people, and giving and taking posts: who may, whom, and what they read."""

import datetime as dt
import threading
import time
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask

from courses.accounts import actions
from courses.ground import clock
from courses.ground.db import db
from courses.ground.refusal import Refusal
from courses.ground.transaction import transaction
from courses.people.actions import add_person, give_post
from courses.people.model import Person, Post, Role
from tests import makers
from tests.conftest import Client
from tests.doors.accounts import (
    MOBILE,
    NEW,
    another,
    count,
    is_in,
    mailed_link,
    newest,
    person,
    shown_link,
    sign_in,
    with_mobile,
)
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
    SHEN,
    STRANGER,
    Member,
)


class TestInviting:
    FORM = {"name": "钱䶮", "name_en": "Qian Yan", "role": "manager", "email": "", "mobile": "", "language": "zh"}

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

    @pytest.mark.parametrize(
        ("lang", "name", "said"), [("zh", "钱䶮", "给钱䶮的"), ("en", "Qian Yan", "to Qian Yan is")]
    )
    def test_says_who_was_invited_as_the_reader_reads_names(
        self, client: Client, lang: str, name: str, said: str
    ) -> None:
        assert name in self.post(client.as_(OWNER, lang=lang), mobile=MOBILE).text
        self.post(client, email="qian@test.example")
        assert said in client.get("/people/new?enterprise=1").text

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
