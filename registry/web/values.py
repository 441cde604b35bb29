"""Values on pages, and their HTML.

A page has hundreds of them. As an included template, each took longer than the
statement that found it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import truncatechars
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

#: The number of characters of a link, of another value in a list, of one that a page
#: shows whole, and of a code in a list.
LINK, TEXT, WHOLE, CODE = 160, 300, 20_000, 17


@dataclass(frozen=True)
class Value:
    """A value on a page; ``address`` is the target of its link, if it has one.

    ``withdrawn`` says that it is a withdrawn record.
    """

    text: str
    address: str | None = None
    moment: Any = None
    code: bool = False
    withdrawn: bool = False

    @property
    def html(self) -> SafeString:
        """Return the value as it is in a list of several."""
        return self._html(is_whole=False)

    @property
    def whole_html(self) -> SafeString:
        """Return the value as it is where it has the room that it needs."""
        return self._html(is_whole=True)

    def _html(self, *, is_whole: bool) -> SafeString:
        if self.moment:
            shown = f"{self.moment:%b %Y, %H:%M}"
            return _html(
                f'<time datetime="{self.moment.isoformat()}">{self.moment.day} {shown}'
                "</time>"
            )
        if self.address:
            return self._link(self.address)
        if self.code:
            return self._code(is_whole=is_whole)
        return _html(_escaped(self.text, WHOLE if is_whole else TEXT))

    def _link(self, address: str) -> SafeString:
        elsewhere = "" if address.startswith("/") else ' rel="noopener nofollow"'
        remark = " (withdrawn)" if self.withdrawn else ""
        return _html(
            f'<a href="{escape(address)}"{elsewhere}>{_escaped(self.text, LINK)}</a>'
            f"{remark}"
        )

    def _code(self, *, is_whole: bool) -> SafeString:
        if is_whole:
            return _html(f"<code>{escape(self.text)}</code>")
        title = escape(self.text)
        return _html(f'<code title="{title}">{_escaped(self.text, CODE)}</code>')


def _html(text: str) -> SafeString:
    # every text in it is escaped
    return mark_safe(text)  # noqa: S308


def _escaped(text: str, most: int) -> str:
    """Return the beginning of a text as HTML."""
    return escape(truncatechars(text, most) if len(text) > most else text)
