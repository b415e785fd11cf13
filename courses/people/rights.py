"""Rights: one table says who may do what.

A right is granted to roles within a scope. `require` is called inside actions, `may` by templates to show
a button. Without facts, `may` asks whether the actor could hold the right for anything at all: that is
what the guard at the door asks. docs/rights.md is made from this table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from courses.ground.refusal import Refusal
from courses.people.model import Role


class Reach(StrEnum):
    """How far an API token goes. Each reads what its person may read; BOOK also acts for that person and their
    enterprise, SERVE does all else that they may do."""

    READ = "read"
    BOOK = "book"
    SERVE = "serve"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: handed to every action as its first argument. Plain values, read once per request.

    `reach`: of the token by which they came; None for a person who came themselves.
    """

    id: int
    name: str
    roles: frozenset[Role]
    name_en: str = ""
    epoch: int = 1
    language: str = "zh"
    enterprise_id: int | None = None
    squadron_id: int | None = None
    association_id: int | None = None
    towns: frozenset[int] = frozenset()
    is_deputy: bool = False
    reach: frozenset[Reach] | None = field(default=None, compare=False)

    # What flask-login asks of a user.
    is_authenticated = is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.id}:{self.epoch}"

    def has(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)

    @property
    def answers_for_enterprise(self) -> bool:
        """Whether they book, approve and name for their enterprise: as its owner, or the owner's deputy."""
        return self.enterprise_id is not None and (self.is_deputy or self.has(Role.OWNER))


class Right(StrEnum):
    """What can be done, as resource:act."""

    READ_CATALOGUE = "catalogue:read"
    USE_ACCOUNT = "account:use"
    ASK_TO_BE_TOLD = "interests:create"
    BOOK = "bookings:create"
    READ_BOOKING = "bookings:read"
    CANCEL = "bookings:cancel"
    HOLD = "bookings:hold"
    ENROL_LIST = "lists:enrol"
    APPROVE = "bookings:approve"
    DELEGATE = "enterprises:delegate"
    APPEAL = "appeals:create"
    DECIDE_APPEAL = "appeals:decide"
    WRITE_COURSE = "courses:write"
    PUBLISH = "classes:publish"
    CHANGE_CLASS = "classes:change"
    READ_ROSTER = "roster:read"
    MARK_ROSTER = "roster:mark"
    READ_PEOPLE = "people:read"
    INVITE = "people:invite"
    CHANGE_PEOPLE = "people:change"
    READ_ENTERPRISE = "enterprises:read"
    DECIDE_JOINING = "joining:decide"
    MERGE_PEOPLE = "people:merge"
    READ_POSTS = "posts:read"
    READ_GAPS = "gaps:read"
    READ_COVERAGE = "coverage:read"
    SUBSCRIBE = "webhooks:register"
    ADMINISTER = "installation:administer"
    ERASE = "people:erase"


Facts = Mapping[str, Any]
Scope = Callable[[Actor, Facts], bool]


def oneself(actor: Actor, facts: Facts) -> bool:
    return facts.get("person_id") == actor.id


def own_enterprise(actor: Actor, facts: Facts) -> bool:
    return actor.enterprise_id is not None and facts.get("enterprise_id") == actor.enterprise_id


def answers_for_own_enterprise(actor: Actor, facts: Facts) -> bool:
    """As the owner, or as the deputy whom the owner named."""
    return actor.answers_for_enterprise and own_enterprise(actor, facts)


def own_squadron(actor: Actor, facts: Facts) -> bool:
    return actor.squadron_id is not None and facts.get("squadron_id") == actor.squadron_id


def own_town(actor: Actor, facts: Facts) -> bool:
    return facts.get("town_id") in actor.towns


def teaches(actor: Actor, facts: Facts) -> bool:
    return actor.id in facts.get("lecturer_ids", ())


def anywhere(actor: Actor, facts: Facts) -> bool:
    return True


EVERYONE = frozenset(Role)
"""All who sign in, also those whose post has ended: their hours and their history stay theirs."""
LEARNER = frozenset({Role.MANAGER, Role.OWNER})
Grants = tuple[tuple[frozenset[Role], Scope], ...]


def _role(role: Role) -> frozenset[Role]:
    return frozenset({role})


GRANTS: dict[Right, Grants] = {
    Right.USE_ACCOUNT: ((EVERYONE, anywhere),),
    Right.ASK_TO_BE_TOLD: ((LEARNER, oneself),),
    Right.BOOK: ((LEARNER, oneself), (LEARNER, answers_for_own_enterprise)),
    Right.READ_BOOKING: (
        (EVERYONE, oneself),
        (LEARNER, answers_for_own_enterprise),
        (_role(Role.OFFICER), own_squadron),
        (_role(Role.LECTURER), teaches),
    ),
    Right.CANCEL: (
        (EVERYONE, oneself),
        (LEARNER, answers_for_own_enterprise),
        (_role(Role.OFFICER), own_squadron),
    ),
    Right.HOLD: ((LEARNER, answers_for_own_enterprise),),
    Right.ENROL_LIST: (
        (LEARNER, answers_for_own_enterprise),
        (frozenset({Role.OFFICER, Role.ASSOCIATION}), own_town),
    ),
    Right.APPROVE: ((LEARNER, answers_for_own_enterprise),),
    Right.DELEGATE: ((_role(Role.OWNER), own_enterprise),),
    Right.APPEAL: ((LEARNER, oneself),),
    Right.DECIDE_APPEAL: ((_role(Role.OFFICER), own_squadron),),
    Right.WRITE_COURSE: ((frozenset({Role.OFFICER, Role.ADMINISTRATOR}), anywhere),),
    Right.PUBLISH: ((_role(Role.OFFICER), own_squadron),),
    Right.CHANGE_CLASS: ((_role(Role.OFFICER), own_squadron),),
    Right.READ_ROSTER: ((_role(Role.OFFICER), own_squadron), (_role(Role.LECTURER), teaches)),
    Right.MARK_ROSTER: ((_role(Role.OFFICER), own_squadron), (_role(Role.LECTURER), teaches)),
    Right.READ_PEOPLE: ((_role(Role.OWNER), own_enterprise),),
    Right.INVITE: ((_role(Role.OWNER), own_enterprise), (_role(Role.OFFICER), own_town)),
    Right.CHANGE_PEOPLE: ((_role(Role.OWNER), own_enterprise), (_role(Role.OFFICER), own_town)),
    Right.READ_ENTERPRISE: (
        (_role(Role.OWNER), own_enterprise),
        (frozenset({Role.OFFICER, Role.ASSOCIATION}), own_town),
        (_role(Role.ADMINISTRATOR), anywhere),
    ),
    Right.DECIDE_JOINING: (
        (frozenset({Role.OFFICER, Role.ASSOCIATION}), own_town),
        (_role(Role.ADMINISTRATOR), anywhere),
    ),
    Right.MERGE_PEOPLE: ((_role(Role.OWNER), own_enterprise), (_role(Role.ADMINISTRATOR), anywhere)),
    Right.READ_POSTS: ((_role(Role.INSPECTOR), anywhere),),
    Right.READ_GAPS: ((_role(Role.OFFICER), own_town), (_role(Role.ASSOCIATION), own_town)),
    Right.READ_COVERAGE: ((_role(Role.BUREAU), anywhere), (_role(Role.ASSOCIATION), own_town)),
    Right.SUBSCRIBE: ((frozenset({Role.OFFICER, Role.OWNER, Role.ADMINISTRATOR}), anywhere),),
    Right.ADMINISTER: ((_role(Role.ADMINISTRATOR), anywhere),),
    Right.ERASE: ((_role(Role.ADMINISTRATOR), anywhere),),
}
SERVICE = frozenset({own_squadron, own_town, teaches})
"""Whoever acts within these serves others: a token does so only if it was made to SERVE, whatever the right."""
PUBLIC = frozenset({Right.READ_CATALOGUE})
ONLY_READ = frozenset(right for right in Right if right.endswith(":read"))
# What a token must be made for before it changes anything by a right: one of these. A right that is not named asks for
# SERVE, so that no new one is within reach by being forgotten.
REACHED_BY: dict[Right, tuple[Reach, ...]] = {
    Right.USE_ACCOUNT: (Reach.BOOK, Reach.SERVE),
    Right.ASK_TO_BE_TOLD: (Reach.BOOK,),
    Right.BOOK: (Reach.BOOK,),
    Right.CANCEL: (Reach.BOOK, Reach.SERVE),
    Right.HOLD: (Reach.BOOK,),
    Right.ENROL_LIST: (Reach.BOOK, Reach.SERVE),
    Right.APPROVE: (Reach.BOOK,),
    Right.APPEAL: (Reach.BOOK,),
    Right.INVITE: (Reach.BOOK, Reach.SERVE),
    Right.CHANGE_PEOPLE: (Reach.BOOK, Reach.SERVE),
}


def reached_by(right: Right, only_reads: bool, scope: Scope | None = None) -> tuple[Reach, ...]:
    """Return the scopes any of which a token needs to use `right`, within `scope` or at all; every token reads."""
    if scope in SERVICE and not only_reads:
        return (Reach.SERVE,)
    return (Reach.READ,) if only_reads else REACHED_BY.get(right, (Reach.SERVE,))


def of_use(actor: Actor) -> frozenset[Reach]:
    """Return the scopes that let the actor do something which no other scope does: who only reads needs no other."""
    held = (right for right in Right if right not in PUBLIC | ONLY_READ and may(actor, right))
    return frozenset({Reach.READ, *(wanted[0] for right in held if len(wanted := reached_by(right, False)) == 1)})


def may(actor: Actor | None, right: Right, **facts: Any) -> bool:
    """Return whether `actor` holds `right` for what `facts` describe (without facts: for anything)."""
    if right in PUBLIC:
        return True
    if actor is None:
        return False
    return any(
        (roles is EVERYONE or not actor.roles.isdisjoint(roles))
        and (not facts or (scope(actor, facts) and _is_within_token(actor, scope)))
        for roles, scope in GRANTS[right]
    )


def _is_within_token(actor: Actor, scope: Scope) -> bool:
    return actor.reach is None or Reach.SERVE in actor.reach or scope not in SERVICE


def towns_of(actor: Actor) -> frozenset[int] | None:
    """Return the towns whose enterprises the actor sees; None for all."""
    return None if actor.has(Role.ADMINISTRATOR) else actor.towns


def require(actor: Actor | None, right: Right, **facts: Any) -> None:
    """Raise Refusal unless `may(...)`: not_signed_in, not_allowed, or beyond_token if but for the token one might."""
    if actor is None and right not in PUBLIC:
        raise Refusal("not_signed_in")
    if may(actor, right, **facts):
        return
    if actor and may(replace(actor, reach=None), right, **facts):
        raise Refusal("beyond_token", scope=Reach.SERVE)
    raise Refusal("not_allowed")


def require_seen(actor: Actor, right: Right, **facts: Any) -> None:
    """Raise Refusal unless `may(...)`: a stranger is told that there is nothing. not_found, beyond_token."""
    try:
        require(actor, right, **facts)
    except Refusal as refusal:
        raise refusal if refusal.code == "beyond_token" else Refusal("not_found") from None


def require_reach(actor: Actor, right: Right, only_reads: bool) -> None:
    """Raise Refusal("beyond_token") when the actor came by a token that was not made for this; "not_allowed" where none
    could be made for it."""
    wanted = reached_by(right, only_reads)
    if actor.reach is not None and actor.reach.isdisjoint(wanted):
        if not (useful := [scope for scope in wanted if scope in of_use(actor)]):
            raise Refusal("not_allowed")
        raise Refusal("beyond_token", scope=useful[0])
