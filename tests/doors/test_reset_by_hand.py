"""Helping somebody into their account: the link that an administrator hands over, and the trace that it leaves."""

import pytest
from flask import Flask
from sqlalchemy import select

from courses.accounts import passwords
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.outbox.render import render
from courses.people.looks import Look
from courses.people.model import Person
from courses.people.queries import city
from tests import makers
from tests.conftest import Client
from tests.doors.accounts import NEW, another, is_in, person, shown_link
from tests.doors.conftest import Calls
from tests.people import ADMINISTRATOR, BUREAU, CAST, CHEN, COLLEAGUE, GAO, OWNER, PASSWORD, SHEN, Member


def noted(member: Member) -> list[tuple[int, str, str]]:
    """Return what is written down of a member's account: who did what through which door."""
    db.session.rollback()
    rows = select(Look.actor_id, Look.page, Look.door).where(Look.person_id == member.id).order_by(Look.id)
    return [(by, page, door) for by, page, door in db.session.execute(rows) if page in ("reset_link", "contact")]


def without_address(member: Member) -> None:
    with transaction():
        row = db.session.get_one(Person, member.id)
        row.email, row.mobile = None, "+8613800138000"


class TestALinkToHandOver:
    @pytest.mark.parametrize("member", [SHEN, GAO, CHEN, BUREAU], ids=lambda member: member.role)
    def test_is_shown_to_the_administrator_and_mailed_to_nobody(
        self, app: Flask, client: Client, member: Member
    ) -> None:
        client.as_(ADMINISTRATOR)
        assert f"/setup/people/{member.id}/links" in client.get(f"/setup/people/{member.id}").text
        answer = client.post(f"/setup/people/{member.id}/links")
        assert answer.status_code == 201
        link = shown_link(answer)
        assert link.startswith("/resets/")
        assert [notice.kind for notice in makers.told(person=member.id)] == ["reset_handed"]
        guest = another(app)
        guest.post(link, data={"password": NEW, "again": NEW})
        assert is_in(guest)

    def test_changes_nothing_until_it_is_used_and_works_once(self, app: Flask, client: Client) -> None:
        first, second = (shown_link(client.as_(ADMINISTRATOR).post(f"/setup/people/{GAO.id}/links")) for _ in range(2))
        assert passwords.matches(PASSWORD, person(GAO.id).password_hash)
        assert client.as_(GAO).get("/desk").status_code == 200
        assert another(app).post(first, data={"password": NEW, "again": NEW}).status_code == 303
        assert not passwords.matches(PASSWORD, person(GAO.id).password_hash)
        for link in (first, second):
            assert another(app).get(link).status_code == 404

    def test_is_over_once_its_person_has_another_password(self, app: Flask, client: Client) -> None:
        link = shown_link(client.as_(ADMINISTRATOR).post(f"/setup/people/{GAO.id}/links"))
        changed = {"present": PASSWORD, "new": NEW, "again": NEW}
        assert client.as_(GAO).post("/profile/password", data=changed).status_code == 303
        assert another(app).get(link).status_code == 404

    def test_leaves_a_trace_that_its_person_reads(self, app: Flask, client: Client) -> None:
        client.as_(ADMINISTRATOR).post(f"/setup/people/{SHEN.id}/links")
        assert noted(SHEN) == [(ADMINISTRATOR.id, "reset_link", "page")]
        page = client.as_(SHEN, "en").get("/account/data").text
        assert "Made a link for a new password of yours" in page
        assert ADMINISTRATOR.name in page
        [told] = makers.told("reset_handed", SHEN.id)
        message = render(told, person(SHEN.id), city(), app.config["SETTINGS"])
        assert message.to == SHEN.email
        assert ADMINISTRATOR.name in message.subject
        assert "/resets/" not in message.text, "who reads the mail gets no link of their own"

    def test_names_its_person_as_the_reader_reads_names(self, client: Client) -> None:
        with transaction():
            db.session.get_one(Person, GAO.id).name_en = "Gao Jianguo"
        page = client.as_(ADMINISTRATOR, "en").post(f"/setup/people/{GAO.id}/links").text
        assert "A link for Gao Jianguo" in page
        assert "Gao Jianguo is told that you made this link" in page

    def test_is_not_to_be_had_for_oneself(self, client: Client) -> None:
        client.as_(ADMINISTRATOR, "en")
        assert "/links" not in client.get(f"/setup/people/{ADMINISTRATOR.id}").text
        assert client.post(f"/setup/people/{ADMINISTRATOR.id}/links").status_code == 303
        assert "on your profile page" in client.get(f"/setup/people/{ADMINISTRATOR.id}").text
        assert (noted(ADMINISTRATOR), makers.told()) == ([], [])

    @pytest.mark.parametrize("member", [one for one in CAST if one != ADMINISTRATOR], ids=lambda one: one.email)
    def test_is_for_the_administrator_alone(self, client: Client, member: Member) -> None:
        assert client.as_(member).post(f"/setup/people/{SHEN.id}/links").status_code == 403
        assert (noted(SHEN), makers.told()) == ([], [])

    def test_is_not_made_for_who_has_left(self, client: Client) -> None:
        makers.leave(SHEN)
        assert client.as_(ADMINISTRATOR).post(f"/setup/people/{SHEN.id}/links").status_code == 404
        assert (noted(SHEN), makers.told()) == ([], [])

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_is_what_the_page_of_resets_tells_of(self, client: Client, lang: str) -> None:
        client.set_cookie("lang", lang)
        asked = client.post("/resets", data={"login": SHEN.email})
        for page in (client.get("/resets").text, asked.text):
            assert ("其他人员请联系管理员" if lang == "zh" else "all others ask the administrator") in page


class TestWhatOthersHandOver:
    def test_leaves_the_same_trace(self, client: Client, call: Calls) -> None:
        without_address(COLLEAGUE)
        assert client.as_(OWNER).post(f"/people/{COLLEAGUE.id}/links").status_code == 201
        assert call("POST", f"/people/{COLLEAGUE.id}/links", GAO).status_code == 201
        assert noted(COLLEAGUE) == [(OWNER.id, "reset_link", "page"), (GAO.id, "reset_link", "api")]
        assert [notice.channel for notice in makers.told("reset_handed", COLLEAGUE.id)] == ["page", "page"]

    def test_leaves_none_where_a_mail_carries_the_link(self, client: Client) -> None:
        assert client.as_(OWNER).post(f"/people/{COLLEAGUE.id}/links").status_code == 303
        assert noted(COLLEAGUE) == []


class TestAnotherAddress:
    FORM = {"name": GAO.name, "email": "gao2@test.example", "roles": ["officer"], "squadron_id": "1", "language": "zh"}

    def test_is_told_to_the_old_one(self, app: Flask, client: Client) -> None:
        assert client.as_(ADMINISTRATOR).post(f"/setup/people/{GAO.id}", data=self.FORM).status_code == 303
        [told] = makers.told("contact_changed", GAO.id)
        assert render(told, person(GAO.id), city(), app.config["SETTINGS"]).to == GAO.email
        assert noted(GAO) == [(ADMINISTRATOR.id, "contact", "page")]

    def test_is_told_on_the_page_where_there_was_none(self, client: Client) -> None:
        without_address(GAO)
        client.as_(ADMINISTRATOR).post(f"/setup/people/{GAO.id}", data=self.FORM)
        assert [notice.channel for notice in makers.told("contact_changed", GAO.id)] == ["page"]

    def test_is_no_news_where_nothing_changed_or_nobody_reads_yet(self, client: Client) -> None:
        client.as_(ADMINISTRATOR).post(f"/setup/people/{GAO.id}", data={**self.FORM, "email": GAO.email})
        with transaction():
            db.session.get_one(Person, GAO.id).password_hash = None
        client.post(f"/setup/people/{GAO.id}", data=self.FORM)
        own = {"name": ADMINISTRATOR.name, "email": "jin2@test.example", "roles": ["administrator"], "language": "zh"}
        client.post(f"/setup/people/{ADMINISTRATOR.id}", data=own)
        assert (noted(GAO), noted(ADMINISTRATOR), makers.told("contact_changed")) == ([], [], [])
