"""Templates: a squadron's settings for a class, under a name of its own."""

from sqlalchemy import select

from courses.catalogue import planning
from courses.catalogue.model import ClassTemplate
from courses.ground import clock
from courses.ground.db import db
from courses.ground.idempotency import RequestKey
from courses.ground.transaction import transaction
from courses.people.rights import Actor, Right, require


def save_template(actor: Actor, class_id: int, name: str, request_key: RequestKey | None = None) -> int:
    """Keep how a class of the actor's squadron is set up; a template of the same name is replaced. Return its id.

    Raises Refusal: not_allowed, not_found.
    """
    with transaction(request_key) as kept:
        if kept.earlier_answer:
            return int(kept.earlier_answer)
        require(actor, Right.PUBLISH, squadron_id=actor.squadron_id)
        assert actor.squadron_id is not None  # own_squadron holds
        class_ = planning.own_class(actor, class_id)
        settings = planning.settings_of(planning.plan_of(class_), clock.now())
        of_that_name = (ClassTemplate.squadron_id == actor.squadron_id, ClassTemplate.name == name)
        template = db.session.scalar(select(ClassTemplate).where(*of_that_name))
        if template is None:
            template = ClassTemplate(
                squadron_id=actor.squadron_id, course_id=class_.course_id, name=name, settings=settings
            )
            db.session.add(template)
        template.course_id, template.settings = class_.course_id, settings
        db.session.flush()
        kept.answer(template.id)
        return template.id


def delete_template(actor: Actor, template_id: int) -> None:
    """Forget a template of the actor's squadron. Raises Refusal("not_found")."""
    with transaction():
        db.session.delete(planning.own_template(actor, template_id))
