"""Markdown as people write it in a syllabus."""

import pytest

from courses.ground.markdown import as_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("### 一\n\n- 二", "<h3>一</h3>\n<ul>\n<li>二</li>\n</ul>\n"),
        ("# 一\n\n## 二", "<h3>一</h3>\n<h4>二</h4>\n"),
        ("**加粗。**后文", "<p><strong>加粗。</strong> 后文</p>\n"),
        ("#no heading", "<p>#no heading</p>\n"),
    ],
)
def test_it_reads_as_written(text: str, html: str) -> None:
    assert as_html(text) == html


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "[x](data:text/html,x)"],
)
def test_nothing_in_it_can_run(text: str) -> None:
    html = as_html(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "href=" not in html
