"""The lists behind the desks."""

from types import SimpleNamespace

from flask import render_template, request, url_for

from courses.catalogue.queries import PAGE_SIZE
from courses.desks import queries
from courses.desks.web.blueprint import pages
from courses.ground.forms import page_number
from courses.people.guard import needs
from courses.people.rights import Right


@pages.get("/posts")
@needs(Right.READ_POSTS)
def posts() -> str:
    q, number = request.args.get("q", "").strip()[:100], page_number()
    found = queries.posts(q, number, PAGE_SIZE)
    pager = SimpleNamespace(
        number=number,
        pages=number + (len(found) > PAGE_SIZE),
        url=lambda n: url_for(".posts", **{**request.args.to_dict(), "page": n}),
    )
    return render_template("desks/posts.html", posts=found[:PAGE_SIZE], q=q, pager=pager)
