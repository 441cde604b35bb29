"""Perform the sign-in with GitHub step by step, without a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from bs4 import BeautifulSoup
from django.test import Client

from registry.identity.models import User
from tests.web.github import CALLBACK, GitHub

BEGIN = "/social/login/github/"
LINK = "/account/github/link"


@dataclass
class Visit:
    """A browser that knows only redirects and cookies."""

    client: Client
    github: GitHub

    def begin(self, address: str = BEGIN, **form: Any) -> str:
        """Press a button of the registry; return where GitHub is asked."""
        answer = self.client.post(address, form)
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def at_github(self, address: str, button: str = "1") -> str:
        """Press a button of GitHub, if it shows any; return where it leads back to."""
        answer = requests.get(address, allow_redirects=False, timeout=10)
        if answer.status_code == 200:
            fields = dict(
                re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', answer.text)
            )
            form = {name: unescape(value) for name, value in fields.items()}
            answer = requests.post(
                f"{self.github.url}/login/oauth/authorize",
                {**form, "authorize": button},
                allow_redirects=False,
                timeout=10,
            )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def come_back(self, address: str) -> Any:
        """Follow the way back from GitHub."""
        back = urlsplit(address)
        assert back.path == CALLBACK
        return self.client.get(f"{back.path}?{back.query}")

    def sign_in(self, address: str = BEGIN, *, button: str = "1", **form: Any) -> Any:
        """Go all the way; return the registry's answer to the person's return."""
        return self.come_back(self.at_github(self.begin(address, **form), button))

    @property
    def user(self) -> User | None:
        """Who the session belongs to now."""
        pk = self.client.session.get("_auth_user_id")
        return User.objects.get(pk=pk) if pk else None


def changed(address: str, **query: str | None) -> str:
    """Return an address with other values in its query; None takes one out."""
    parts = urlsplit(address)
    values: dict[str, Any] = {**parse_qs(parts.query), **query}
    kept = {name: value for name, value in values.items() if value is not None}
    return parts._replace(query=urlencode(kept, doseq=True)).geturl()


def text_of(answer: Any) -> str:
    """Return the text of a page without menus."""
    main = BeautifulSoup(answer.content, "html.parser").find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())
