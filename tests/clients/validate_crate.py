"""Holds crates against profiles of RO-Crate; runs in the environment `crates`.

    python validate_crate.py CRATE.zip… PROFILE…

Prints JSON: for each crate and profile what is required and not so. Nothing is fetched:
the context of RO-Crate comes from the copy in the library of its makers.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import requests
import rocrate
from requests.adapters import BaseAdapter
from rocrate_validator import services
from rocrate_validator.models import Severity

CONTEXT = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"


class Bundled(BaseAdapter):
    """Answers for the address of the context, and for no other."""

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> Any:
        """Return the copy."""
        response = requests.Response()
        response.status_code = 200
        response.url = str(request.url)
        response.request = request
        response.headers["Content-Type"] = "application/ld+json"
        response.raw = io.BytesIO(CONTEXT.read_bytes())
        return response

    def close(self) -> None:
        """Hold nothing open."""


def offline() -> None:
    """Have every session find the context here."""
    begin = requests.Session.__init__

    def session(self: requests.Session, *args: Any, **options: Any) -> None:
        begin(self, *args, **options)
        self.mount("https://w3id.org/ro/crate/", Bundled())

    requests.Session.__init__ = session  # type: ignore[method-assign]


def failures(crate: str, profile: str) -> list[str]:
    """Return what is required and not so."""
    settings = services.ValidationSettings(
        rocrate_uri=crate,
        profile_identifier=profile,
        requirement_severity=Severity.REQUIRED,
        no_cache=True,
    )
    found = services.validate(settings)
    return [
        f"{issue.check.identifier}: {issue.message}" for issue in found.get_issues()
    ]


def main() -> None:
    """Validate."""
    offline()
    crates = [name for name in sys.argv[1:] if name.endswith(".zip")]
    profiles = sys.argv[1 + len(crates) :]
    found = {
        Path(crate).stem: {name: failures(crate, name) for name in profiles}
        for crate in crates
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
