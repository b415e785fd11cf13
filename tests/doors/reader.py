"""Someone who has nothing but the pages: follows the links they show, and fills in the forms they offer."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from werkzeug.datastructures import MultiDict

Attributes = list[tuple[str, str | None]]


@dataclass
class Form:
    """A form as it stands on a page: where it goes, and what it would send if nothing were changed."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    offered: dict[str, dict[str, str]] = field(default_factory=dict)  # what may be chosen, by name: words by value


class _Page(HTMLParser):
    def __init__(self, html: str, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address, self.forms, self.links, self.text = address, list[Form](), dict[str, str](), ""
        self._form: Form | None = None
        self._select = self._link = self._area = ""
        self._chosen, self._choice = False, ("", "")
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: Attributes) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in said:
            self._link = urljoin(self.address, said["href"])
        elif tag == "form" and said.get("method") == "post":
            self._form = Form(urljoin(self.address, said.get("action") or self.address))
            self.forms.append(self._form)
        elif self._form is not None:
            self._take(tag, said, self._form)

    def _take(self, tag: str, said: dict[str, str], form: Form) -> None:
        name, value = said.get("name", ""), said.get("value", "on" if said.get("type") == "checkbox" else "")
        if tag == "option":
            self._offer(form, self._select, value)
            if "selected" in said or not self._chosen:
                form.fields = [one for one in form.fields if one[0] != self._select or self._chosen]
                form.fields.append((self._select, value))
                self._chosen = "selected" in said or self._chosen
            return
        if not name or "disabled" in said:
            return
        form.names.add(name)
        if tag == "select":
            self._select, self._chosen = name, False
        elif tag == "textarea":
            self._area = name
            form.fields.append((name, ""))
        elif said.get("type") in ("checkbox", "radio"):
            self._offer(form, name, value)
            if "checked" in said:
                form.fields.append((name, value))
        elif tag == "button":
            self._offer(form, name, value)
        elif said.get("type") != "file":
            form.fields.append((name, value))

    def _offer(self, form: Form, name: str, value: str) -> None:
        form.offered.setdefault(name, {})[value] = ""
        self._choice = (name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._link = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, words: str) -> None:
        self.text += words
        name, value = self._choice
        if self._form and name and words.strip():
            self._form.offered[name][value] = words.strip()
            self._choice = ("", "")
        if self._area and self._form:
            self._form.fields[-1] = (self._area, self._form.fields[-1][1] + words)
        if self._link and words.strip():
            self.links.setdefault(words.strip(), self._link)


class Reader:
    """One person at a browser. What a page does not offer they cannot do."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._page = _Page("", "/")

    @property
    def text(self) -> str:
        return " ".join(self._page.text.split())

    @property
    def address(self) -> str:
        return self._page.address

    @property
    def links(self) -> dict[str, str]:
        """The links of the page by their words."""
        return self._page.links

    def open(self, address: str) -> "Reader":
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self._client.get(path, headers={"Accept-Language": "zh"})
        return self._read(answer, path)

    def follow(self, words: str) -> "Reader":
        """Follow the link with these words; a page without it fails the test."""
        return self.open(self.links[words])

    def choices(self, name: str) -> dict[str, str]:
        """Return what a form of the page lets one choose: values by their words."""
        offers = [one.offered[name] for one in self._page.forms if name in one.offered]
        assert offers, name
        return {words: value for value, words in offers[0].items()}

    def held(self, name: str) -> str:
        """Return what the first form with such a field would send in it."""
        return next(value for one in self._page.forms for held, value in one.fields if held == name)

    def file(self, words: str) -> bytes:
        """Download what the link with these words leads to."""
        content: bytes = self._client.get(self.links[words]).data
        return content

    def send(self, form: str = "", **values: Any) -> "Reader":
        """Send the form that leads to an address ending in `form` and has all these fields, with `values` put in."""
        offers = [one for one in self._page.forms if one.action.endswith(form) and values.keys() <= one.names]
        assert offers, (form, values.keys(), [(one.action, sorted(one.names)) for one in self._page.forms])
        chosen = offers[0]
        filled = MultiDict([one for one in chosen.fields if one[0] not in values])
        for name, value in values.items():
            for one in value if isinstance(value, list) else [value]:
                assert one in chosen.offered.get(name, [one]), (name, one, chosen.offered)
                filled.add(name, one)
        answer = self._client.post(chosen.action, data=filled, headers={"Accept-Language": "zh"})
        return self._read(answer, chosen.action)

    def _read(self, answer: Any, address: str) -> "Reader":
        if answer.status_code in (302, 303):
            return self.open(answer.headers["Location"])
        assert answer.status_code in (200, 201), (address, answer.status_code, _Page(answer.text, address).text)
        self._page = _Page(answer.text, address)
        return self
