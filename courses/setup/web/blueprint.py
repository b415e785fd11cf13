"""What the pages of setting up share."""

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request, url_for

pages = Blueprint("setup", __name__)
PAGE_SIZE = 50


def pager(endpoint: str, number: int, has_more: bool, **values: Any) -> Any:
    """Return what `_parts/pager.html` asks, with the filters of this request."""

    def url(n: int) -> str:
        return url_for(endpoint, **{**request.args.to_dict(), **values, "page": n})

    return SimpleNamespace(number=number, pages=number + has_more, url=url)
