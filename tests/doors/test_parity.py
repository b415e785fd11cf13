"""What can be done on a page, a program can do: each act has its operation, or a reason for having none."""

import pytest
from flask import Flask

from courses import api
from tests import makers
from tests.conftest import Client
from tests.doors.conftest import Calls
from tests.people import ADMINISTRATOR, CHEN, COLLEAGUE, GAO, LU, OTHER_OFFICER, OWNER, SHEN, STRANGER

# The page's act, and the operation that does the same.
SAME = {
    "accounts.change_profile": "accounts.change_profile",
    "accounts.invite_now": "accounts.invite",
    "accounts.send_link": "accounts.send_link",
    "booking.create": "booking.book",
    "booking.cancel": "booking.cancel",
    "booking.hold": "booking.hold",
    "bulk.send": "bulk.send",
    "bulk.enrol": "bulk.enrol",
    "booking.name": "booking.name",
    "booking.name_new": "booking.name",
    "booking.approve": "booking.approve",
    "booking.disapprove": "booking.disapprove",
    "booking.booking_rule": "booking.booking_rule",
    "booking.deputy": "booking.deputy",
    "booking.undo_cancel": "booking.undo_cancel",
    "booking.answer": "booking.answer",
    "booking.appeal": "booking.appeal",
    "booking.decide": "booking.decide",
    "booking.change_class": "booking.change_class",
    "booking.confirm": "booking.confirm",
    "booking.merge": "booking.merge",
    "booking.move": "booking.move",
    "booking.reorder": "booking.reorder",
    "booking.resize": "booking.resize",
    "booking.call_off": "booking.call_off",
    "booking.discard": "booking.discard",
    "booking.lecturers": "booking.lecturers",
    "booking.take_back": "booking.take_back",
    "booking.undo_change": "booking.undo_change",
    "catalogue.archive_course": "catalogue.archive_course",
    "catalogue.ask_to_be_told": "catalogue.ask_to_be_told",
    "catalogue.take_back_asking": "catalogue.take_back_asking",
    "catalogue.delete_template": "catalogue.delete_template",
    "catalogue.edit_draft": "catalogue.edit_draft",
    "catalogue.edit_course": "catalogue.edit_course",
    "catalogue.new_course": "catalogue.new_course",
    "catalogue.publish": "catalogue.publish",
    "catalogue.publish_draft": "catalogue.publish_draft",
    "catalogue.repeat": "catalogue.repeat",
    "catalogue.template": "catalogue.save_template",
    "enterprise.ask": "enterprise.ask",
    "enterprise.confirm": "enterprise.confirm",
    "enterprise.correct": "enterprise.correct",
    "enterprise.leave": "enterprise.leave",
    "enterprise.merge_enterprises": "enterprise.merge_enterprises",
    "enterprise.merge_people": "enterprise.merge_people",
    "enterprise.refuse": "enterprise.refuse",
    "roster.mark": "roster.mark",
    "webhooks.register": "webhooks.register",
    "webhooks.change": "webhooks.change",
    "webhooks.renew_secret": "webhooks.renew_secret",
    "webhooks.send_test": "webhooks.send_test",
    "webhooks.pause": "webhooks.pause",
    "webhooks.resume": "webhooks.resume",
    "webhooks.end": "webhooks.end",
}
OF_A_BROWSER = "it begins or ends a browser's session; a program has its token"
OF_THE_MAIL = "it is behind the secret link of a mail; a program answers with its token"
OF_THE_ACCOUNT = "a token must not take the account over, nor outlive its end by making another"
OF_THE_KEEPER = "who keeps the installation looks at it first, on its page"
ONLY_LOOKS = "it shows what would happen; the act itself says the same"
WITHOUT = {
    "accounts.sign_in_now": OF_A_BROWSER,
    "accounts.sign_out": OF_A_BROWSER,
    "accounts.accept_invitation": OF_A_BROWSER,
    "accounts.set_new_password": OF_A_BROWSER,
    "accounts.ask_reset": OF_A_BROWSER,
    "accounts.password": OF_THE_ACCOUNT,
    "accounts.tokens": OF_THE_ACCOUNT,
    "accounts.revoke_token": OF_THE_ACCOUNT,
    "accounts.sso_link_now": OF_A_BROWSER,
    "accounts.sso_mail_now": OF_A_BROWSER,
    "accounts.sso_link_mailed": OF_A_BROWSER,
    "accounts.unlink": OF_THE_ACCOUNT,
    "privacy.erase": OF_THE_ACCOUNT,
    "privacy.erase_oneself": OF_THE_ACCOUNT,
    "booking.answer_by_slip": OF_THE_MAIL,
    "booking.move_foresight": ONLY_LOOKS,
    "catalogue.foresight": ONLY_LOOKS,
    "catalogue.set_holiday": OF_THE_KEEPER,
    "catalogue.forget_holiday": OF_THE_KEEPER,
    "desks.decide": OF_THE_KEEPER,
}


def acts(app: Flask) -> set[str]:
    """Return the endpoint of every page that takes a POST."""
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    of_pages = {rule.endpoint for rule in rules if not rule.rule.startswith("/api/")}
    return {name for name in of_pages if not name.startswith("setup.")}  # the administrator's, who works in pages


def test_no_act_is_forgotten(app: Flask) -> None:
    assert acts(app) == SAME.keys() | WITHOUT.keys()
    assert len(acts(app)) == len(SAME) + len(WITHOUT)


def test_both_doors_ask_for_the_same_right(app: Flask) -> None:
    with app.test_request_context():
        document = api.document(app)
    known = {about["operationId"] for methods in document["paths"].values() for about in methods.values()}
    assert set(SAME.values()) <= known
    for page, operation in SAME.items():
        room, _, name = operation.partition(".")
        view = app.view_functions[f"{room}_api.{name}"]
        assert view.right == app.view_functions[page].right, page  # type: ignore[attr-defined]


class TestOneself:
    def test_reads_and_changes_the_profile(self, call: Calls) -> None:
        assert call("GET", "/me/profile", LU).json["language"] == "en"
        changed = call("PATCH", "/me/profile", LU, {"name_en": "Lu Ming"}).json
        assert (changed["name_en"], changed["language"], changed["email"]) == ("Lu Ming", "en", LU.email)
        assert call("PATCH", "/me/profile", LU, {"language": "zh"}).json["name_en"] == "Lu Ming"
        assert call("PATCH", "/me/profile", LU, {"language": "fr"}).status_code == 422
        assert call("PATCH", "/me/profile", LU, {"email": "new@test.example"}).status_code == 422

    def test_reads_what_was_told(self, call: Calls) -> None:
        class_id = makers.a_class()
        makers.book(LU, class_id)
        [told] = call("GET", "/me/notices", LU).json["notices"]
        assert (told["kind"], told["class"], told["state"]) == ("booked", class_id, "waiting")
        assert "Carbon Trading Management" in told["text"]
        assert call("GET", "/me/notices", SHEN).json["notices"] == []

    def test_reads_the_hours(self, call: Calls) -> None:
        assert call("GET", "/me/hours", SHEN).json == {"total": 0.0, "classes": []}

    def test_lists_the_classes_served_and_taught(self, call: Calls) -> None:
        class_id = makers.a_class(lecturers=[CHEN.id])
        for member in (GAO, CHEN):
            [served] = call("GET", "/me/classes", member).json["classes"]
            assert (served["class"], served["to_mark"]) == (class_id, False)
        assert call("GET", "/me/classes", OTHER_OFFICER).json["classes"] == []
        assert call("GET", "/me/classes", SHEN).status_code == 403


class TestPeople:
    BODY = {"name": "钱晨", "email": "qian@test.example"}

    def test_an_owner_and_the_officer_of_the_town_see_them(self, call: Calls) -> None:
        for member in (OWNER, GAO):
            people = call("GET", "/enterprises/1/people", member).json["people"]
            assert {row["id"] for row in people} >= {SHEN.id, OWNER.id, COLLEAGUE.id}
        for member in (OTHER_OFFICER,):
            assert call("GET", "/enterprises/1/people", member).status_code == 404
        for member in (SHEN, STRANGER, CHEN, ADMINISTRATOR):
            assert call("GET", "/enterprises/1/people", member).status_code == 403
        assert call("GET", "/enterprises/2/people", OWNER).status_code == 404

    def test_an_enterprise_is_found_by_its_name(self, call: Calls) -> None:
        assert [row["id"] for row in call("GET", "/enterprises?q=乙科", GAO).json["enterprises"]] == [2]
        assert call("GET", "/enterprises?q=丙科", GAO).json["enterprises"] == []  # of another town
        assert [row["id"] for row in call("GET", "/enterprises", OWNER).json["enterprises"]] == [1]

    def test_someone_is_invited_once_for_one_key(self, call: Calls) -> None:
        answers = [call("POST", "/enterprises/1/people", OWNER, self.BODY, Idempotency_Key="k") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json == answers[1].json
        assert answers[0].json["sent_to"] == "qian@test.example"
        assert answers[0].json["link"] is None
        assert len(makers.told("invitation")) == 1
        assert call("POST", "/enterprises/1/people", OWNER, {**self.BODY, "email": SHEN.email}).status_code == 409
        assert call("POST", "/enterprises/2/people", OWNER, self.BODY).status_code == 404
        again = call("POST", f"/people/{answers[0].json['person']}/links", GAO)
        assert (again.status_code, again.json["purpose"]) == (201, "invitation")

    def test_who_has_no_address_gets_a_link_to_hand_over(self, call: Calls, client: Client) -> None:
        made = call("POST", "/enterprises/1/people", GAO, {"name": "钱晨", "mobile": "138 0013 8000"}).json
        assert made["sent_to"] is None
        assert client.get(made["link"].removeprefix("http://localhost")).status_code == 200

    @pytest.mark.parametrize(
        ("wrong", "where"),
        [
            ({"email": "no address"}, "#/email"),
            ({"mobile": "123"}, "#/mobile"),
            ({"name": ""}, "#/name"),
            ({"role": "officer"}, "#/role"),
        ],
    )
    def test_what_cannot_be_read_is_said_at_its_field(self, call: Calls, wrong: dict[str, str], where: str) -> None:
        answer = call("POST", "/enterprises/1/people", OWNER, {**self.BODY, **wrong})
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json["errors"]] == [where]
        nobody = call("POST", "/enterprises/1/people", OWNER, {"name": "钱晨"})
        assert nobody.json["code"] == "no_contact"


class TestAClass:
    def test_its_reminders_are_read_and_replaced(self, call: Calls) -> None:
        path = f"/classes/{makers.a_class()}/reminders"
        assert call("GET", path, GAO).json == {"reminders": [4320, 1440, 120]}
        assert call("PUT", path, GAO, {"reminders": [60, 1440]}).json == {"reminders": [1440, 60]}
        assert call("PUT", path, GAO, {"reminders": [61]}).status_code == 422
        assert call("PUT", path, OTHER_OFFICER, {"reminders": []}).status_code == 403
        assert call("GET", path, OTHER_OFFICER).status_code == 403
        assert call("GET", path, SHEN).status_code == 403

    def test_its_log_is_read_by_whom_it_concerns(self, call: Calls) -> None:
        class_id = makers.a_class(lecturers=[CHEN.id])
        makers.book(SHEN, class_id)
        makers.book(LU, class_id)
        path = f"/classes/{class_id}/log"
        for member, whose in ((GAO, {SHEN.name, LU.name}), (CHEN, {SHEN.name, LU.name}), (SHEN, {SHEN.name})):
            log = call("GET", path, member).json["log"]
            assert {row["person"] for row in log if row["person"]} == whose
        assert call("GET", path, STRANGER).status_code == 404
