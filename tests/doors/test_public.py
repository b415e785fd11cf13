"""What the public pages are to strangers and machines: Homes, lecturers, posters, feed, sitemap, linked data."""

import datetime as dt
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import update

from courses.booking import actions
from courses.catalogue.model import Course, Lecturer, TrainingClass
from courses.ground import clock
from courses.ground.db import db
from courses.ground.transaction import transaction
from courses.homes.model import Home
from courses.people.model import Person
from tests import makers
from tests.conftest import Client
from tests.doors.test_pages import counted
from tests.makers import HOUR, in_days
from tests.people import CHEN, GAO, OTHER_LECTURER, SHEN

ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
NASTY = "</script><script>alert(1)</script> & \u0008“"


def change(model: Any, id_: int, **values: object) -> None:
    key = next(iter(model.__mapper__.primary_key))
    with transaction():
        db.session.execute(update(model).where(key == id_).values(**values))


def linked(page: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json" nonce="[^"]+">(.*?)</script>', page, re.S)
    assert len(found) == 1
    data: dict[str, Any] = json.loads(found[0])
    return data


def test_a_home_shows_rooms_telephone_map_and_its_own_classes(app: Flask, client: Client) -> None:
    change(Home, 1, address_zh="文苑南路1号", latitude=30.5, longitude=120.6)
    here = makers.a_class(room=1, days=3)
    elsewhere = makers.a_class(room=3, days=3)
    on = clock.local(in_days(3)).date()
    page = client.get(f"/homes/1?on={on}").text
    for words in (
        "智慧港环保管家之家",
        "文苑南路1号",
        "30座教室",
        "20座教室",
        'href="tel:0573-00000001"',
        "uri.amap.com",
    ):
        assert words in page, words
    assert f'href="/classes/{here}"' in page
    assert f'href="/classes/{elsewhere}"' not in page
    place = linked(page)
    assert (place["@type"], place["name"], place["telephone"]) == ("Place", "智慧港环保管家之家", "0573-00000001")
    assert place["geo"] == {"@type": "GeoCoordinates", "latitude": 30.5, "longitude": 120.6}
    listed = client.get("/homes?lang=en").text
    assert 'href="/homes/1"' in listed
    assert listed.count("1 class to come") == 2


def test_a_lecturers_page_tells_of_their_work_and_nothing_of_how_to_reach_them(app: Flask, client: Client) -> None:
    change(Lecturer, CHEN.id, bio_zh="研究碳市场" + NASTY)
    coming = makers.a_class(lecturers=[CHEN.id])
    others = makers.a_class(days=12, lecturers=[OTHER_LECTURER.id])
    over = makers.a_class(days=1, lecturers=[CHEN.id])
    change(TrainingClass, over, starts_at=in_days(-2), ends_at=in_days(-2) + HOUR, closes_at=in_days(-2))
    page = client.get(f"/lecturers/{CHEN.id}?lang=en").text
    for words in (CHEN.name, "Qianjiang", "研究碳市场", f'href="/classes/{coming}"', "1 class held so far"):
        assert words in page, words
    for words in (CHEN.email, f'href="/classes/{others}"', f'href="/classes/{over}"', "<script>alert"):
        assert words not in page, words
    makers.leave(CHEN)
    assert client.get(f"/lecturers/{CHEN.id}").status_code == 404
    assert client.get(f"/lecturers/{SHEN.id}").status_code == 404, "no lecturer"


def test_the_lecturers_stand_by_the_sound_of_their_names(app: Flask, client: Client) -> None:
    names = ("单国强", "曾砚", "欧阳明", "阿布都", "林知")
    with transaction():
        for name in names:
            person = Person(name=name, language="zh")
            db.session.add(person)
            db.session.flush()
            db.session.add(Lecturer(person_id=person.id, institution_zh="海大"))
        db.session.execute(update(Person).where(Person.id == OTHER_LECTURER.id).values(left_at=clock.now()))
    coming = makers.a_class(lecturers=[CHEN.id])
    makers.a_class(days=12, lecturers=[CHEN.id])
    actions.call_off(makers.actor(GAO), coming, "x")
    page = client.get("/lecturers?lang=en").text
    shown = re.findall(r'<h2><a href="/lecturers/\d+">([^<]+)</a></h2>', page)
    assert shown == ["阿布都", CHEN.name, "林知", "欧阳明", "单国强", "曾砚"], "who left is not there"
    assert page.count("1 class to come") == 1
    assert CHEN.email not in page
    makers.leave(CHEN)
    assert CHEN.name not in client.get("/lecturers").text


def test_a_lecturer_tells_machines_who_they_are(app: Flask, client: Client) -> None:
    change(Lecturer, CHEN.id, bio_zh="研究碳市场" + NASTY)
    assert linked(client.get(f"/lecturers/{CHEN.id}?lang=zh").text) == {
        "@context": "https://schema.org",
        "@type": "Person",
        "name": CHEN.name,
        "url": f"http://localhost/lecturers/{CHEN.id}",
        "affiliation": {"@type": "Organization", "name": "钱江环境研究院"},
        "description": "研究碳市场" + NASTY,
    }


def test_the_shelves_tell_machines_their_classes_in_order(app: Flask, client: Client) -> None:
    assert "ld+json" not in client.get("/").text
    later, sooner = makers.a_class(days=20), makers.a_class(days=10)
    data = linked(client.get("/").text)
    assert data["@type"] == "ItemList"
    assert [(item["position"], item["url"]) for item in data["itemListElement"]] == [
        (1, f"http://localhost/classes/{sooner}"),
        (2, f"http://localhost/classes/{later}"),
    ]
    nonces = {nonce for _ in range(2) for nonce in re.findall(r'nonce="([^"]+)">\{', client.get("/").text)}
    assert len(nonces) == 2, "the page is kept, its nonce is not"
    assert "ld+json" not in client.as_(SHEN).get("/").text


def test_a_preview_has_a_picture_that_is_there(app: Flask, client: Client) -> None:
    found = re.search(
        r'<meta property="og:image" content="http://localhost(/static/[0-9a-f]{12}/social.png)">', client.get("/").text
    )
    assert found
    with client.get(found[1]) as picture:
        assert (picture.status_code, picture.mimetype) == (200, "image/png")
        drawn = picture.data
    assert drawn[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")
    assert len(drawn) < 100_000


@pytest.mark.parametrize(
    "path", ["/homes", "/homes/3", "/lecturers", f"/lecturers/{CHEN.id}", "/courses/1", "/feed.atom", "/sitemap.xml"]
)
def test_public_pages_have_a_fixed_number_of_statements(app: Flask, client: Client, path: str) -> None:
    path = path.replace("/homes/3", "/homes/2")
    counts = []
    for more in (1, 12):
        for n in range(more):
            makers.a_class(days=1 + n + more, lecturers=[CHEN.id])
        client.get(path)
        with counted() as seen:
            assert client.get(path).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 4


def test_a_course_tells_machines_of_its_classes(app: Flask, client: Client) -> None:
    change(Course, 1, summary_zh=NASTY, title_zh="碳交易管理" + NASTY)
    makers.a_class(seats=3, lecturers=[CHEN.id])
    makers.book(SHEN, 1)
    days = [(in_days(day), in_days(day) + HOUR) for day in (20, 21)]
    makers.a_class(sittings=days)
    text = client.get("/courses/1?lang=zh").text
    data = linked(text)
    assert data["@context"] == "https://schema.org"
    assert (data["@type"], data["name"]) == ("Course", "碳交易管理" + NASTY)
    assert data["provider"]["name"] == "海宁测试"
    first, second = data["hasCourseInstance"]
    assert first["@type"] == "CourseInstance"
    assert first["url"] == "http://localhost/classes/1"
    assert dt.datetime.fromisoformat(first["startDate"]) == makers.the_class(1).starts_at
    assert first["startDate"].endswith("+08:00")
    assert (first["maximumAttendeeCapacity"], first["remainingAttendeeCapacity"]) == (3, 2)
    assert first["courseWorkload"] == "PT150M"
    assert first["instructor"] == [{"@type": "Person", "name": CHEN.name}]
    assert second["courseWorkload"] == "P2D"
    assert "<script>alert" not in text
    assert "alert(1)</script>" not in text


def test_a_class_tells_machines_of_itself_and_only_strangers_are_told(app: Flask, client: Client) -> None:
    change(Home, 2, address_zh="马桥路2号")
    class_id = makers.a_class(lecturers=[CHEN.id])
    data = linked(client.get(f"/classes/{class_id}").text)
    [instance] = data["hasCourseInstance"]
    assert instance["location"]["address"]["streetAddress"] == "马桥路2号"
    assert instance["instructor"][0]["affiliation"]["name"] == "钱江环境研究院"
    assert instance["eventStatus"] == "https://schema.org/EventScheduled"
    actions.call_off(makers.actor(GAO), class_id, "x")
    [instance] = linked(client.get(f"/classes/{class_id}").text)["hasCourseInstance"]
    assert instance["eventStatus"] == "https://schema.org/EventCancelled"
    page = client.as_(SHEN).get(f"/classes/{class_id}").text
    assert "ld+json" not in page
    assert f'href="/lecturers/{CHEN.id}"' in page
    assert 'href="/homes/2"' in page


def test_public_pages_say_what_they_are_about_and_where_they_are(app: Flask, client: Client) -> None:
    makers.a_class()
    paths = ("/", "/courses", "/courses/1", "/homes", "/homes/1", "/lecturers", f"/lecturers/{CHEN.id}", "/calendar")
    for path in paths:
        for lang, locale in (("zh", "zh_CN"), ("en", "en_GB")):
            page = client.get(f"{path}?lang={lang}&utm=x").text
            assert f'<link rel="canonical" href="http://localhost{path}?lang={lang}">' in page
            assert re.search(r'<meta name="description" content="[^"]{5,}">', page), path
            for name in ("title", "description", "url", "site_name", "image"):
                assert re.search(rf'<meta property="og:{name}" content="[^"]+">', page), (path, name)
            assert f'content="{locale}"' in page
            assert f'href="/feed.atom?lang={lang}"' in page
            assert "noindex" not in page
    for path in ("/sign-in", "/resets", "/nowhere"):
        page = client.get(path).text
        assert "noindex" in page
        assert "canonical" not in page


def test_the_canonical_address_keeps_what_tells_pages_apart(client: Client) -> None:
    page = client.get("/?q=x&topic=waste&free=1&page=2").text
    assert 'href="http://localhost/?topic=waste&amp;page=2"' in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_feed_tells_of_the_newest_first(app: Flask, client: Client, lang: str) -> None:
    empty = ElementTree.fromstring(client.get("/feed.atom").data)
    assert empty.findall("a:entry", ATOM) == []
    change(Course, 1, summary_zh=NASTY, summary_en=NASTY)
    first, second = makers.a_class(days=30), makers.a_class(course=2, days=5)
    change(TrainingClass, first, published_at=clock.now() - HOUR)
    gone = makers.a_class(days=6)
    actions.call_off(makers.actor(GAO), gone, "x")
    answer = client.get("/feed.atom?lang=" + lang)
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.data)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for name in ("title", "id", "updated", "author/a:name"):
        assert feed.findtext(f"a:{name}", namespaces=ATOM), name
    assert feed.find("a:link[@rel='self']", ATOM).get("href") == f"http://localhost/feed.atom?lang={lang}"  # type: ignore[union-attr]
    entries = feed.findall("a:entry", ATOM)
    ids = [entry.findtext("a:id", namespaces=ATOM) for entry in entries]
    assert ids == [f"http://localhost/classes/{second}", f"http://localhost/classes/{first}"]
    for entry in entries:
        for name in ("title", "updated", "published", "summary"):
            assert entry.findtext(f"a:{name}", namespaces=ATOM), name
        assert dt.datetime.fromisoformat(entry.findtext("a:updated", "", ATOM)).tzinfo
    words = "碳交易管理" if lang == "zh" else "Carbon Trading Management"
    assert words in entries[1].findtext("a:title", "", ATOM)
    again = client.get("/feed.atom?lang=" + lang, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_sitemap_lists_each_public_page_once_and_all_of_them_open(app: Flask, client: Client) -> None:
    makers.a_class(lecturers=[CHEN.id])
    over = makers.a_class(days=1)
    change(TrainingClass, over, starts_at=in_days(-2), ends_at=in_days(-2) + HOUR, closes_at=in_days(-2))
    found = ElementTree.fromstring(client.get("/sitemap.xml").data)
    places = [place.text or "" for place in found.findall("s:url/s:loc", MAP)]
    assert len(places) == len(set(places))
    assert {"http://localhost/courses/2", "http://localhost/homes/2", f"http://localhost/lecturers/{CHEN.id}"} < set(
        places
    )
    assert "http://localhost/classes/1" in places
    assert f"http://localhost/classes/{over}" not in places
    robots = client.get("/robots.txt")
    assert robots.mimetype == "text/plain"
    assert "Sitemap: http://localhost/sitemap.xml" in robots.text
    closed = re.findall(r"^Disallow: (\S+)$", robots.text, re.M)
    for place in places:
        path = place.removeprefix("http://localhost")
        assert client.get(path).status_code == 200, path
        assert not any(path.startswith(prefix) for prefix in closed), path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_poster_fits_its_sheet_and_leads_to_the_class(app: Flask, client: Client, lang: str) -> None:
    days = [(in_days(day), in_days(day) + HOUR) for day in (20, 21)]
    class_id = makers.a_class(sittings=days, lecturers=[CHEN.id])
    for size, query in (("a4", ""), ("a3", "size=a3"), ("a3", "size=A3"), ("a4", "size=b5")):
        page = client.get(f"/classes/{class_id}/poster?lang={lang}&{query}").text
        assert f"poster {size}" in page
        assert f"http://localhost/classes/{class_id}" in page
        assert page.count("<time") == 2
        assert "<svg" in page
        assert "style=" not in page
        assert CHEN.name in page
    assert client.get("/classes/999/poster").status_code == 404


def test_a_posters_code_is_the_classes_address(app: Flask) -> None:
    import segno

    from courses.catalogue.web.poster import _code

    address = "https://courses.example.org/classes/7"
    drawn = re.search(r' d="([^"]+)"', str(_code(address)))
    expected = re.search(r' d="([^"]+)"', segno.make(address, error="q", micro=False).svg_inline(border=0))
    assert drawn
    assert expected
    assert drawn[1] == expected[1]
    assert drawn[1] != re.search(r' d="([^"]+)"', str(_code(address + "0")))[1]  # type: ignore[index]
