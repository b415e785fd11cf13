"""A frame that sets a name at its top takes it from every page inside: what the page was given under it is gone."""

from itertools import pairwise

import pytest
from flask import Flask
from jinja2 import meta, nodes

OFFERED = {"text"}  # of mail.html: how a paragraph looks, for the pages inside to use


def parsed(app: Flask, name: str) -> nodes.Template:
    return app.jinja_env.parse(app.jinja_env.loader.get_source(app.jinja_env, name)[0])  # type: ignore[union-attr]


def lineage(app: Flask, name: str) -> list[str]:
    """Return a page and the frames around it, the innermost first."""
    found = [name]
    while framed := next(parsed(app, found[-1]).find_all(nodes.Extends), None):
        assert isinstance(framed.template, nodes.Const), f"{found[-1]} names no single frame"
        found.append(framed.template.value)
    return found


def set_at_top(app: Flask, name: str) -> set[str]:
    """Return the names that a frame sets outside its blocks."""
    tops = [node for node in parsed(app, name).body if isinstance(node, nodes.Assign | nodes.AssignBlock)]
    return {node.target.name for node in tops if isinstance(node.target, nodes.Name)}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_no_frame_takes_a_name_away_that_a_page_inside_was_given(app: Flask) -> None:
    taken = [
        f"{outer} sets {name}, which {inner} was given"
        for page in app.jinja_env.list_templates(extensions=["html"])
        for inner, outer in pairwise(lineage(app, page))
        for frame in lineage(app, outer)
        for name in set_at_top(app, frame) & meta.find_undeclared_variables(parsed(app, inner)) - OFFERED
    ]
    assert taken == []
