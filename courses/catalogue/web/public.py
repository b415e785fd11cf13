"""What the public pages say to machines: their one address, schema.org data, a feed, a sitemap, rules for robots."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, render_template, request, url_for

from courses.catalogue import queries
from courses.catalogue.model import ClassState, Course, TrainingClass
from courses.catalogue.queries import Card, Teacher
from courses.catalogue.web.blueprint import pages
from courses.ground import clock
from courses.ground.language import LANGUAGES, called, lang, plain
from courses.people.guard import public
from courses.people.queries import city

TELLING_ARGUMENTS = ("topic", "view", "on", "page", "lang")  # with others a page shows a part of what it shows without
FEED_SIZE = 30
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@pages.app_template_global("absolute")
def absolute(path: str) -> str:
    """Return the whole address of a path of ours."""
    return f"{current_app.config['SETTINGS'].base_url}{path}"


@pages.app_template_global("canonical")
def canonical() -> str:
    """Return the one address under which this page is known, whatever else was asked of it."""
    kept = [(name, request.args[name]) for name in TELLING_ARGUMENTS if request.args.get(name)]
    return absolute(request.path) + (f"?{urlencode(kept)}" if kept else "")


def course_data(course: Course, cards: Sequence[Card]) -> dict[str, Any]:
    """Return a course with its classes to come, as schema.org has it."""
    return {
        "@context": "https://schema.org",
        "@type": "Course",
        "url": absolute(url_for("catalogue.course", course_id=course.id)),
        "name": plain(course, "title"),
        "description": plain(course, "summary") or plain(course, "title"),
        "inLanguage": "zh-CN",
        "isAccessibleForFree": True,
        "provider": {"@type": "Organization", "name": _operator(), "url": absolute("/")},
        "hasCourseInstance": [_of_card(card) for card in cards],
    }


def class_data(
    course: Course, row: TrainingClass, place: dict[str, Any], lecturers: Sequence[Teacher]
) -> dict[str, Any]:
    """Return a class as schema.org has it: the one instance of its course that this page is about."""
    instructors = [
        {
            "@type": "Person",
            "name": called(teacher),
            "affiliation": {"@type": "Organization", "name": plain(teacher, "institution")},
        }
        for teacher in lecturers
    ]
    instance = {**_instance(row, row.sittings_count), "name": plain(course, "title"), "location": place}
    return {**course_data(course, ()), "hasCourseInstance": [{**instance, "instructor": instructors}]}


def list_data(cards: Sequence[Card]) -> dict[str, Any]:
    """Return the classes of a shelf in their order; what each is, its own page says."""
    return {
        "@context": "https://schema.org",
        "@type": "ItemList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": number,
                "url": absolute(url_for("booking.class_page", class_id=card.id)),
            }
            for number, card in enumerate(cards, 1)
        ],
    }


def teacher_data(teacher: Teacher) -> dict[str, Any]:
    """Return a lecturer as schema.org has a person; nothing of how to reach them."""
    return {
        "@context": "https://schema.org",
        "@type": "Person",
        "name": called(teacher),
        "url": absolute(url_for("catalogue.lecturer", person_id=teacher.id)),
        "affiliation": {"@type": "Organization", "name": plain(teacher, "institution")},
        **({"description": plain(teacher, "bio")} if teacher.bio_zh else {}),
    }


def place_data(home: Any, town: Any) -> dict[str, Any]:
    """Return a Home as a schema.org Place."""
    address = plain(home, "address")
    place: dict[str, Any] = {
        "@type": "Place",
        "name": plain(home, "name"),
        "url": absolute(url_for("catalogue.home", home_id=home.id)),
        "address": {
            "@type": "PostalAddress",
            "addressCountry": "CN",
            "addressRegion": plain(city(), "name"),
            "addressLocality": plain(town, "name"),
            "streetAddress": address,
        },
    }
    if home.phone:
        place["telephone"] = home.phone
    if home.latitude is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": home.latitude, "longitude": home.longitude}
    return place


def _operator() -> str:
    return plain(city(), "operator") or plain(city(), "name")


def _of_card(card: Card) -> dict[str, Any]:
    return {
        **_instance(card, card.sittings),
        "name": plain(card, "title"),
        "location": {"@type": "Place", "name": plain(card, "home"), "address": plain(card, "town")},
        "instructor": [{"@type": "Person", "name": name} for name in card.lecturers],
    }


def _instance(row: Card | TrainingClass, sittings: int) -> dict[str, Any]:
    """Return what both a card and a class say of when a class is and how many seats it has."""
    minutes = int((row.ends_at - row.starts_at).total_seconds() // 60)
    status = "EventCancelled" if row.state == ClassState.CALLED_OFF else "EventScheduled"
    return {
        "@type": "CourseInstance",
        "url": absolute(url_for("booking.class_page", class_id=row.id)),
        "courseMode": "Onsite",
        "inLanguage": "zh-CN",
        "startDate": _local(row.starts_at),
        "endDate": _local(row.ends_at),
        "courseWorkload": f"PT{minutes}M" if sittings == 1 else f"P{sittings}D",
        "eventStatus": f"https://schema.org/{status}",
        "maximumAttendeeCapacity": row.capacity,
        "remainingAttendeeCapacity": row.capacity - row.seats_taken,
    }


def _local(moment: dt.datetime) -> str:
    return clock.local(moment).isoformat(timespec="minutes")


@pages.get("/feed.atom")
@public
def feed() -> Response:
    """Tell of the classes to come that were published last, newest first, in the reader's language."""
    entries = queries.newly_published(clock.now(), FEED_SIZE)
    updated = max((entry.changed_at for entry in entries), default=clock.now())
    return _xml("catalogue/feed.xml", "application/atom+xml", entries=entries, updated=updated, lang=lang())


@pages.get("/sitemap.xml")
@public
def sitemap() -> Response:
    """List every page that a stranger may find by a search, in both languages."""
    ids = queries.everything_public(clock.now())
    paths = ["/", "/courses", "/homes", "/lecturers"]
    paths += [url_for("catalogue.course", course_id=id_) for id_ in ids.courses]
    paths += [url_for("catalogue.home", home_id=id_) for id_ in ids.homes]
    paths += [url_for("catalogue.lecturer", person_id=id_) for id_ in ids.lecturers]
    paths += [url_for("booking.class_page", class_id=id_) for id_ in ids.classes]
    return _xml("catalogue/sitemap.xml", "application/xml", paths=paths, languages=LANGUAGES)


@pages.get("/robots.txt")
@public
def robots() -> Response:
    """Keep robots to what is for the public, and out of calendars that never end. The desk is behind the sign-in."""
    closed = ("/calendar", "/sign-in", "/profile", "/resets", "/invitations", "/people", "/api", "/*?*q=")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), f"Sitemap: {absolute('/sitemap.xml')}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def _xml(template: str, mimetype: str, **facts: Any) -> Response:
    made = NOT_XML.sub("", render_template(template, absolute=absolute, **facts))
    answer = Response(made, content_type=f"{mimetype}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Vary"] = "Cookie, Accept-Language"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
