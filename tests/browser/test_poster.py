"""The poster as it leaves the printer: one sheet of the size asked for, whose code leads to the class."""

import re
from typing import Any

import pytest
import segno
from playwright.sync_api import Page

from tests.browser.conftest import Door
from tests.browser.test_pages import IDS
from tests.browser.town import Town

pytestmark = pytest.mark.browser

POINTS = {"a4": (595, 842), "a3": (842, 1191)}
# Each module as it is seen on the sheet: the middle of every square is asked whether the drawing is black there.
SEEN = """size => {
  const svg = document.querySelector('.book svg'), path = svg.querySelector('path');
  const box = svg.viewBox.baseVal, paper = svg.getBoundingClientRect();
  const dark = [];
  for (let row = 0; row < size; row++) {
    const line = [];
    for (let column = 0; column < size; column++) {
      const point = new DOMPoint((column + .5) * box.width / size, (row + .5) * box.height / size);
      line.push(path.isPointInStroke(point) || (getComputedStyle(path).fill !== 'none' && path.isPointInFill(point)));
    }
    dark.push(line);
  }
  return {dark, width: paper.width, height: paper.height};
}"""


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", ["a4", "a3"])
@pytest.mark.parametrize("which", ["open", "over", "called off"])
def test_it_prints_on_one_sheet_of_its_size(demo_town: Town, door: Door, which: str, size: str, lang: str) -> None:
    page = door(demo_town, "", lang)
    page.goto(f"/classes/{demo_town.one(IDS[which])}/poster?size={size}")
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(re.findall(rb"/Type /Page\b", printed)) == len(boxes) == 1
    width, height = (float(side) for side in boxes[0])
    assert (width, height) == pytest.approx(POINTS[size], abs=1.5)


def test_its_code_is_the_public_address(demo_town: Town, door: Door) -> None:
    class_id = demo_town.one(IDS["open"])
    page = door(demo_town, "", "zh")
    page.goto(f"/classes/{class_id}/poster")
    address = f"{demo_town.url}/classes/{class_id}"
    assert page.locator("p.address").inner_text() == address
    assert _seen(page, address) == _matrix(address)
    assert _seen(page, address) != _matrix(address[:-1] + "x")


def _seen(page: Page, address: str) -> list[list[bool]]:
    """Return the modules as they are drawn; they are squares, and large enough for a phone at arm's length."""
    page.emulate_media(media="print")
    seen: Any = page.evaluate(SEEN, len(_matrix(address)))
    assert seen["width"] == pytest.approx(seen["height"], abs=1)
    assert seen["width"] > 96  # an inch, on the smaller of the sheets
    dark: list[list[bool]] = seen["dark"]
    return dark


def _matrix(address: str) -> list[list[bool]]:
    return [[bool(module) for module in row] for row in segno.make(address, error="q", micro=False).matrix]
