"""Markdown as people write it in a syllabus, made into safe HTML."""

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_reader = MarkdownIt("commonmark", {"html": False, "linkify": False})
_CLOSED_BEFORE_HAN = re.compile(r"(\*\*[^*\n]+[。，：；！？）」』”]\*\*)(?=[\u3400-\u9fff])")
_HEADING = re.compile(r"(?m)^(#{1,6})(?= )")
_TAGS = {"p", "ul", "ol", "li", "strong", "em", "h3", "h4", "h5", "blockquote", "code", "br", "a"}


@lru_cache(maxsize=500)
def as_html(text: str) -> Markup:
    """Return `text` as HTML. Its highest headings become h3, since the page has its own above.

    CommonMark does not end bold between full-width punctuation and a Chinese character: a space is put there.
    """
    highest = min((len(signs) for signs in _HEADING.findall(text)), default=1)
    settled = _HEADING.sub(lambda signs: "#" * min(len(signs[1]) - highest + 3, 5), text)
    return Markup(nh3.clean(_reader.render(_CLOSED_BEFORE_HAN.sub(r"\1 ", settled)), tags=_TAGS))
