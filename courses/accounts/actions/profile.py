"""Changing what a person says of themselves."""

from courses.accounts.actions.password import oneself, present
from courses.accounts.actions.sign_in import prove
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.people import identity
from courses.people.actions import set_contact
from courses.people.model import Person
from courses.people.rights import Actor, Right, require


def change_profile(
    actor: Actor, name_en: str, language: str, email: str | None, mobile: str | None, password: str = ""
) -> Actor:
    """Change one's own profile; another address or number asks for the present password.

    Another address ends all other sessions, and with them every link that was mailed to the old one. `email`
    and `mobile` are as `identity` returns them. Raises Refusal("wrong_password"), "slow_down", "no_contact",
    "email_taken", "mobile_taken" and, for an unknown language, "malformed".
    """
    require(actor, Right.USE_ACCOUNT)
    if language not in ("zh", "en"):
        raise Refusal("malformed")
    person = oneself(actor)
    is_proven = (person.email, person.mobile) != (email, mobile)
    if is_proven:
        prove(actor, password)
    with transaction():
        person = locked(Person, actor.id)
        if (person.email, person.mobile) != (email, mobile):
            if not is_proven:
                raise Refusal("busy")  # it was changed elsewhere in this moment
            person.epoch += person.email != email
            set_contact(person, email, mobile)
        person.name_en, person.language = identity.one_line(name_en), language
    return present(actor.id)
