"""The order of names: Chinese by its sound, as a list is looked up in and called out.

The code's order of Chinese characters is one that nobody can look up in. A short list is sorted by `sound_of`. A list
that the database pages is ordered `by_sound`: SQLite is taught the same (`ground/db.py`); PostgreSQL has an order of
its own, ICU's, which differs in a few surnames of two readings (单, 曾).
"""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from courses.ground.pinyin import folded, syllables_of_name


class by_sound(FunctionElement[str]):  # noqa: N801  (read as a verb where a statement is ordered)
    """Order by the sound of a column: `order_by(by_sound(Person.name))`."""

    type = String()
    inherit_cache = True


@compiles(by_sound, "sqlite")
def _sqlite(element: by_sound, compiler: Any, **more: Any) -> str:
    return f"sound({compiler.process(element.clauses, **more)})"


@compiles(by_sound, "postgresql")
def _postgresql(element: by_sound, compiler: Any, **more: Any) -> str:
    return f'{compiler.process(element.clauses, **more)} COLLATE "zh-x-icu"'


def sound_of(name: str | None) -> str:
    """Return what a name is sorted by: its pinyin, then itself, so that two names of one sound keep their order."""
    return " ".join((*syllables_of_name(name), folded(name))) if name else ""
