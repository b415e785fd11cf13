"""The guard: every route declares the right it needs; one that declares none is refused.

Pages know their actor by the session cookie, the API by its Bearer token alone: which of the two applies is
said by `install`'s caller, the only place that knows both.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from flask import Flask, g, request

from courses.ground.language import speak_as_asked
from courses.ground.refusal import Refusal
from courses.people.rights import PUBLIC, Actor, Right, may, require, require_reach

View = TypeVar("View", bound=Callable[..., Any])


def needs(right: Right) -> Callable[[View], View]:
    """Declare the right a route needs; the action behind it asks again, with the facts at hand."""

    def declare(view: View) -> View:
        cast(Any, view).right = right
        return view

    return declare


public = needs(Right.READ_CATALOGUE)


def actor() -> Actor | None:
    """Return who acts in this request, read at most once; None for a stranger."""
    if "actor" not in g:
        g.actor = g.find_actor()
    return cast(Actor | None, g.actor)


def signed_in() -> Actor:
    """Return who acts. Raises Refusal("not_signed_in") for a stranger."""
    found = actor()
    if found is None:
        raise Refusal("not_signed_in")
    return found


def install(app: Flask, find_actor: Callable[[], Actor | None]) -> None:
    """Guard every route of `app`; `find_actor` returns the actor of the present request, or None, and may leave the
    code of the refusal that a stranger then gets in `g.why_nobody`."""

    @app.before_request
    def _guard() -> None:
        g.find_actor = find_actor
        if request.endpoint is None:  # a 404 or 405 is on its way
            speak_as_asked(None)
            return
        right = getattr(app.view_functions[request.endpoint], "right", None)
        if right is None:
            raise Refusal("not_allowed")
        who = actor()  # also where none is needed: a page speaks its reader's language and shows their name
        speak_as_asked(who.language if who else None)
        if right in PUBLIC:
            return
        if who is None:
            raise Refusal(g.get("why_nobody", "not_signed_in"))
        require(who, right)
        only_reads = request.method in ("GET", "HEAD")
        require_reach(who, right, only_reads)
        if only_reads:  # each token reads what its person may read
            g.actor = replace(who, reach=None)

    @app.before_request
    def _refuse_nul() -> None:
        """Refuse what no keyboard types and PostgreSQL takes for no text; the API says which field it was in."""
        typed = () if request.path.startswith("/api/") else (request.args, request.form)
        if any("\0" in text for values in typed for text in values.values()):
            raise Refusal("malformed")

    app.jinja_env.globals.update(
        may=lambda right, **facts: may(actor(), Right(right), **facts),
    )
