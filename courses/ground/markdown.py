"""Markdown as people write it in a syllabus, made into safe HTML."""

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_reader = MarkdownIt("commonmark", {"html": False, "linkify": False})
_CLOSED_BEFORE_HAN = re.compile(r"(\*\*[^*\n]+[。，：；！？）」』”]\*\*)(?=[\u3400-\u9fff])")
_TAGS = {"p", "ul", "ol", "li", "strong", "em", "h3", "h4", "h5", "blockquote", "code", "br", "a"}


def as_html(text: str) -> Markup:
    """Return `text` as HTML. Headings start at h3, since the page has its own above.

    CommonMark does not end bold between full-width punctuation and a Chinese character: a space is put there.
    """
    lowered = re.sub(r"(?m)^(#{1,3}) ", r"##\1 ", _CLOSED_BEFORE_HAN.sub(r"\1 ", text))
    return Markup(nh3.clean(_reader.render(lowered), tags=_TAGS))
