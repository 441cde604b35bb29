"""The HTML of values: links, dates, codes and texts, all of them escaped."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from registry.web.values import Value

pytestmark = pytest.mark.once

MOMENT = datetime(2021, 7, 3, 9, 5, 11, tzinfo=UTC)
LONG = "x" * 400


@pytest.mark.parametrize(
    "value, html, whole",
    [
        (Value("<b>&"), "&lt;b&gt;&amp;", "&lt;b&gt;&amp;"),
        (Value(LONG), f"{LONG[:299]}…", LONG),
        (
            Value("<a>", "/object/1/"),
            '<a href="/object/1/">&lt;a&gt;</a>',
            '<a href="/object/1/">&lt;a&gt;</a>',
        ),
        (
            Value("gone", "/object/1/", withdrawn=True),
            '<a href="/object/1/">gone</a> (withdrawn)',
            '<a href="/object/1/">gone</a> (withdrawn)',
        ),
        (
            Value("there", 'https://example.org/"><script>'),
            '<a href="https://example.org/&quot;&gt;&lt;script&gt;" '
            'rel="noopener nofollow">there</a>',
            '<a href="https://example.org/&quot;&gt;&lt;script&gt;" '
            'rel="noopener nofollow">there</a>',
        ),
        (
            Value('"><' + "0" * 40, code=True),
            f'<code title="&quot;&gt;&lt;{"0" * 40}">&quot;&gt;&lt;{"0" * 13}…</code>',
            f"<code>&quot;&gt;&lt;{'0' * 40}</code>",
        ),
        (
            Value("a moment", moment=MOMENT),
            '<time datetime="2021-07-03T09:05:11+00:00">3 Jul 2021, 09:05</time>',
            '<time datetime="2021-07-03T09:05:11+00:00">3 Jul 2021, 09:05</time>',
        ),
    ],
)
def test_a_value_is_written_as_what_it_is(value: Value, html: str, whole: str) -> None:
    assert value.html == html
    assert value.whole_html == whole
