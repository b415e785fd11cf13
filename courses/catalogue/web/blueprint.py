"""What the pages of the catalogue share."""

from flask import Blueprint

from courses.catalogue.model import Course
from courses.ground.db import db
from courses.ground.refusal import Refusal

pages = Blueprint("catalogue", __name__)
MAX_WORDS = 100


def the_course(course_id: int) -> Course:
    """Return the course. Raises Refusal("not_found")."""
    found = db.session.get(Course, course_id)
    if found is None:
        raise Refusal("not_found")
    return found
