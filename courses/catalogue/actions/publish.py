"""Drafting a class, publishing and repeating it.

A draft is its squadron's own business: it holds neither room nor lecturer, so it may clash; what stands in its way is
shown beside it, and decided when it is published. Nobody is told of a draft.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from courses.catalogue import planning
from courses.catalogue.actions.interest import tell_interested
from courses.catalogue.actions.plan import (
    check_lecturers,
    check_place,
    check_plan,
    set_lecturers,
    set_reminders,
    set_shares,
    set_sittings,
)
from courses.catalogue.actions.teaching import tell_lecturers
from courses.catalogue.announce import announce_class
from courses.catalogue.model import ClassPlan, ClassState, Span, TrainingClass
from courses.catalogue.queries import facts_by_id
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.lots import a_seed
from courses.ground.refusal import Refusal
from courses.ground.transaction import locked, transaction
from courses.homes.model import Room
from courses.people.rights import Actor, Right, require
from courses.webhooks.model import Event


def publish(actor: Actor, plan: ClassPlan, request_key: RequestKey | None = None, draft: int | None = None) -> int:
    """Publish a class of the actor's squadron, or the draft it was so far; return its id.

    Raises Refusal: those of `check_plan`, room_clash, lecturer_clash, not_found (course, room, lecturer or draft),
    not_allowed.
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return int(kept.earlier_answer)
        class_ = _publish(actor, plan, clock.now(), locked_draft(actor, draft) if draft else None)
        kept.answer(class_.id)
        return class_.id


def save_draft(actor: Actor, plan: ClassPlan, draft: int | None = None, request_key: RequestKey | None = None) -> int:
    """Keep a class of the actor's squadron that nobody else sees yet; return its id.

    Raises Refusal: those of `check_plan`, not_found, not_allowed.
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return int(kept.earlier_answer)
        class_ = _save(actor, plan, clock.now(), locked_draft(actor, draft) if draft else None)
        kept.answer(class_.id)
        return class_.id


def repeat(
    actor: Actor,
    class_id: int,
    weeks: Collection[int],
    as_drafts: bool = False,
    request_key: RequestKey | None = None,
) -> list[int]:
    """Publish a class of the actor's squadron again, each of so many `weeks` later: all of them or none.

    Raises Refusal: nothing_chosen, not_found, and those of `publish`.
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return list(kept.earlier_answer)
        class_ = planning.own_class(actor, class_id)
        if not weeks:
            raise Refusal("nothing_chosen")
        plan, at = planning.plan_of(class_), clock.now()
        make = _save if as_drafts else _publish
        made = [make(actor, planning.later(plan, number, at), at, None).id for number in sorted(set(weeks))]
        kept.answer(made)
        return made


def publish_draft(actor: Actor, class_id: int, request_key: RequestKey | None = None) -> None:
    """Publish a draft as it stands; all rules are asked anew. Raises Refusal as `publish` does."""
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return
        draft = locked_draft(actor, class_id)
        _publish(actor, planning.plan_of(draft), clock.now(), draft)
        kept.answer(class_id)


def locked_draft(actor: Actor, class_id: int) -> TrainingClass:
    """Return a draft, locked. Raises Refusal("not_found") for what is none, or another squadron's."""
    class_ = locked(TrainingClass, class_id)
    if not planning.may_draft(actor, class_):
        raise Refusal("not_found")
    return class_


def _save(actor: Actor, plan: ClassPlan, at: dt.datetime, draft: TrainingClass | None) -> TrainingClass:
    require(actor, Right.PUBLISH, squadron_id=actor.squadron_id)
    sittings = check_plan(plan, at)
    if db.session.get(Room, plan.room_id) is None:
        raise Refusal("not_found")
    check_lecturers(plan.lecturer_ids)
    return _written(actor, plan, sittings, at, draft, ClassState.DRAFT)


def _publish(actor: Actor, plan: ClassPlan, at: dt.datetime, draft: TrainingClass | None) -> TrainingClass:
    require(actor, Right.PUBLISH, squadron_id=actor.squadron_id)
    sittings = check_plan(plan, at, locked(Room, plan.room_id))
    check_place(plan.room_id, plan.lecturer_ids, sittings, plan.capacity)
    class_ = _written(actor, plan, sittings, at, draft, ClassState.PUBLISHED)
    facts = facts_by_id(class_.id)
    announce_class(Event.PUBLISHED, facts)
    tell_lecturers(facts, class_.ends_at, added=plan.lecturer_ids)
    tell_interested(class_, list(sittings))
    return class_


def _written(
    actor: Actor,
    plan: ClassPlan,
    sittings: Sequence[Span],
    at: dt.datetime,
    class_: TrainingClass | None,
    state: ClassState,
) -> TrainingClass:
    """Write the class down as planned, anew or over the draft that it was."""
    assert actor.squadron_id is not None  # own_squadron holds
    facts: dict[str, Any] = {
        "course_id": plan.course_id,
        "room_id": plan.room_id,
        "capacity": plan.capacity,
        "starts_at": sittings[0][0],
        "ends_at": sittings[-1][1],
        "opens_at": plan.opens_at,
        "closes_at": plan.closes_at,
        "cancel_until": plan.cancel_until,
        "scheduled_at": at,
        "first_until": plan.first_until,
        "draw_at": plan.draw_at,
        "draw_seed": a_seed() if plan.draw_at else "",
        "published_at": at if state == ClassState.PUBLISHED else None,
        "enterprise_limit": plan.enterprise_limit,
        "names_by": plan.names_by,
        "fill_rule": plan.fill_rule,
        "shares_until": plan.shares_until if plan.shares else None,
        "minimum": plan.minimum,
        "decide_by": plan.decide_by,
        "promotion": plan.promotion,
        "offer_hours": plan.offer_hours,
        "state": state,
    }
    with db.session.no_autoflush:  # all at once: written in part, booking would close after the class begins
        if class_ is None:
            class_ = TrainingClass(squadron_id=actor.squadron_id, **facts)
            db.session.add(class_)
        else:
            for name, fact in facts.items():
                setattr(class_, name, fact)
    db.session.flush()
    set_sittings(class_, sittings)
    set_shares(class_, plan.shares)
    set_lecturers(class_, plan.lecturer_ids)
    set_reminders(class_, plan.reminders, at)
    db.session.flush()
    return class_
