"""Read pages of the admin and send their forms, as a browser does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client

from registry.admin.related import address
from registry.identity.models import User
from registry.identity.services import create_user

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSWORD = "763 boys, 14 days in bed"
FIREFOX = "Firefox/150.0"


def signed_in(user: User, **options: Any) -> Client:
    """Return a client in which this user is signed in."""
    client = Client(headers={"user-agent": FIREFOX}, **options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def staff(name: str, *permissions: str) -> User:
    """Create a staff account with these permissions, such as view_object."""
    user = create_user(username=name, password=PASSWORD, is_staff=True)
    chosen = Permission.objects.filter(codename__in=permissions)
    assert len(chosen) == len(permissions)
    user.user_permissions.set(chosen)
    return user


@dataclass
class Page:
    """A page as a person sees it."""

    status: int
    html: str
    soup: BeautifulSoup = field(repr=False)

    @property
    def text(self) -> str:
        """The text of the page with single spaces."""
        return " ".join(self.soup.get_text(" ").split())

    @property
    def errors(self) -> str:
        """The errors of the form."""
        lists = self.soup.select(".errorlist")
        return " ".join(one.get_text(" ", strip=True) for one in lists)

    @property
    def form(self) -> dict[str, list[str]]:
        """The values that the main form would send."""
        form = self.soup.select_one(
            "#content form[method=post]:not(.object-tools form)"
        )
        assert form is not None
        values: dict[str, list[str]] = {}
        for control in form.select("input, textarea, select"):
            if control.get("name"):
                values.setdefault(str(control["name"]), []).extend(_values(control))
        return {name: sent for name, sent in values.items() if sent}


def _values(control: Tag) -> list[str]:
    """Return the values that a control sends."""
    kind = str(control.get("type", ""))
    if control.name == "select":
        return [str(one["value"]) for one in control.select("option[selected]")]
    if control.name == "textarea":
        # the first line break after the tag is no part of the text (HTML 13.1.2.5)
        text = control.get_text().removeprefix("\n")
        return [text.replace("\r\n", "\n").replace("\n", "\r\n")]
    if kind in {"submit", "button"} or (
        kind in {"checkbox", "radio"} and not control.has_attr("checked")
    ):
        return []
    return [str(control.get("value", "on" if kind == "checkbox" else ""))]


def page_of(answer: Any) -> Page:
    """Return the page of a response."""
    html = answer.content.decode()
    return Page(answer.status_code, html, BeautifulSoup(html, "html.parser"))


def visit(client: Client, path: str, **query: Any) -> Page:
    """Return a page, which must exist."""
    page = page_of(client.get(path, query))
    assert page.status == 200, (path, page.status, page.text[:500])
    return page


def fill_in(client: Client, path: str, values: Mapping[str, Any], **query: Any) -> Any:
    """Open a form, fill in values and send it."""
    form: dict[str, Any] = visit(client, path, **query).form
    form |= {"_continue": "Save and continue editing"}
    for name, value in values.items():
        _put(form, name, value)
    return client.post(path, form)


def _put(form: dict[str, Any], name: str, value: Any) -> None:
    """Set a value of a form; False and None remove it."""
    if isinstance(value, datetime):
        form |= {f"{name}_0": f"{value:%Y-%m-%d}", f"{name}_1": f"{value:%H:%M:%S}"}
        return
    for part in (name, f"{name}_0", f"{name}_1"):
        form.pop(part, None)
    if isinstance(value, list | tuple | set):
        form[name] = [_sent(one) for one in value]
    elif value not in (None, False):
        form[name] = _sent(value)


def _sent(value: Any) -> str:
    if isinstance(value, Model):
        return str(value.pk)
    return "on" if value is True else str(value)


def add_path(model: type[Model]) -> str:
    """Return the path of the form of a new record."""
    return address(model, "add")


def list_path(model: type[Model]) -> str:
    """Return the path of the list of a record's type."""
    return address(model, "changelist")


def change_path(record: Model) -> str:
    """Return the path of a record's change page."""
    return address(type(record), "change", record.pk)


def history_path(record: Model) -> str:
    """Return the path of a record's history."""
    return address(type(record), "history", record.pk)
