"""Count how often the work for a request moves between files, and between layers.

Each time that a function of one file calls one of another file, or returns to it and
that calls on, the reader of the code has to turn to the other file: one switch. It is a
switch of layers where the files belong to different folders of ``registry/``. Counted
is from the view to the answer, without the database adapters, which every statement
goes through. Run it as ``python -m scripts.count_switches``; with ``--trace NAME`` it
prints the path of one request.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

CODE = Path(__file__).resolve().parent.parent / "registry"
#: The files that every statement goes through, whatever asks for it.
ADAPTERS = (
    *("core/sqlite3/", "core/postgresql", "core/compiled.py"),
    *("core/statement_timeouts.py", "core/reading.py"),
)
#: Where a view begins and where its answer is complete.
FIRST, LAST = ("http/views.py", "dispatch"), "render"

Call = tuple[str, str]


@dataclass
class Trace:
    """The calls between functions of the registry, in their order."""

    calls: list[Call] = field(default_factory=list)

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Note a call (a profile function of ``sys.setprofile``)."""
        code = frame.f_code
        if event != "call" or code.co_name.startswith("<"):
            return
        name = code.co_filename.removeprefix(f"{CODE}{os.sep}").replace(os.sep, "/")
        if name != code.co_filename and not name.startswith(ADAPTERS):
            self.calls.append((name, code.co_name))

    def of_view(self) -> list[Call]:
        """Return the calls from the view to the answer."""
        first = self.calls.index(FIRST)
        last = max(at for at, one in enumerate(self.calls) if one[1] == LAST)
        return self.calls[first : last + 1]


def count_switches(calls: list[Call]) -> tuple[int, int]:
    """Return the numbers of switches between files, and between layers."""
    files = [name for name, _ in calls]
    return _changes(files), _changes([name.partition("/")[0] for name in files])


def _changes(names: list[str]) -> int:
    return sum(one != next_one for one, next_one in itertools.pairwise(names))


def trace(work: Callable[[], None]) -> list[Call]:
    """Return the calls of a request, once everything that is made once is made.

    Garbage is collected before the request and not during it: destructors of earlier
    requests would add calls at random.
    """
    work()
    gc.collect()
    traced = Trace()
    gc.disable()
    sys.setprofile(traced)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return traced.of_view()


@contextlib.contextmanager
def registry() -> Iterator[Any]:
    """Set up a registry of its own; yield a client with an account."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            REGISTRY_DATA_DIR=folder,
            REGISTRY_ENV_FILE=os.devnull,
            REGISTRY_DEBUG="1",
        )
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield _client()


def _client() -> Any:
    from django.test import Client

    from registry.identity.services import create_user, issue_token

    user = create_user(username="reader", is_superuser=True)
    key = issue_token(user=user, by=user)
    return Client(HTTP_AUTHORIZATION=f"token {key}", HTTP_HOST="127.0.0.1:8000")


class Requests:
    """The requests that are counted, each of which can be made again and again."""

    def __init__(self, client: Any) -> None:
        self.client = client
        root = self.post("storage_root", root="https://data.example.org/")
        place = {"path": "a.csv", "hash": "1" * 40, "storage_root": root["url"]}
        location = self.post("storage_location", **place)["url"]
        self.object = self.post("object", storage_location=location)
        self.count = 0

    def post(self, kind: str, **body: Any) -> Any:
        """Register a record by the API."""
        return self._send(f"/api/{kind}/", body)

    def _send(self, path: str, body: Any) -> Any:
        answer = self.client.post(path, body, content_type="application/json")
        if answer.status_code != 201:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.content!r}")
        return answer.json()

    def post_code_run(self) -> None:
        """Register a code run with a script and an input."""
        self.post(
            "code_run",
            run_date="2026-01-01T00:00:00Z",
            description="a run",
            submission_script=self.object["url"],
            inputs=self.object["components"][:1],
        )

    def filter_list(self) -> None:
        """List the code runs that have an input."""
        self._get(f"/api/code_run/?inputs={self.object['components'][0]}")

    def read_lineage(self) -> None:
        """Read the lineage of an object both ways."""
        pk = self.object["url"].rstrip("/").rpartition("/")[2]
        self._get(f"/api/lineage/object/{pk}/?direction=both&depth=all")

    def _get(self, path: str) -> None:
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.content!r}")

    def import_crate(self) -> None:
        """Import the metadata of an RO-Crate with a run, its code and two files."""
        self.count += 1
        self._send("/api/ro-crate/", crate(self.count))


def crate(number: int) -> dict[str, Any]:
    """Return the metadata of a Process Run Crate that is new for each number."""
    base = f"https://example.org/{number}"
    run = {
        "@id": f"{base}#run",
        "@type": "CreateAction",
        "name": "a run",
        "startTime": "2026-01-01T00:00:00Z",
        "instrument": {"@id": f"{base}/code"},
        "object": {"@id": f"{base}/in.csv"},
        "result": {"@id": f"{base}/out.csv"},
    }
    files = [
        {"@id": f"{base}/{name}", "@type": "File", "name": name}
        for name in ("in.csv", "out.csv")
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": "a crate",
        "hasPart": [{"@id": one["@id"]} for one in files],
        "mentions": {"@id": run["@id"]},
    }
    about = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    code = {"@id": f"{base}/code", "@type": "SoftwareApplication", "name": "code"}
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [about, root, run, code, *files],
    }


def walks(client: Any) -> dict[str, list[Call]]:
    """Return the calls of each request, by what the request is called."""
    requests = Requests(client)
    return {
        "POST /api/code_run/": trace(requests.post_code_run),
        "filtered list": trace(requests.filter_list),
        "lineage": trace(requests.read_lineage),
        "import of a crate": trace(requests.import_crate),
    }


def table(counted: dict[str, tuple[int, int]]) -> str:
    """Return the counts as a table in Markdown."""
    lines = ["| request | between files | between layers |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {files} | {layers} |" for name, (files, layers) in counted.items()
    ]
    return "\n".join(lines)


def _print_trace(calls: list[Call]) -> None:
    previous = ""
    for name, function in calls:
        print(f"{'' if name == previous else name:44}{function}")
        previous = name


def main() -> None:
    """Print the table, or the path of one request."""
    parser = argparse.ArgumentParser(description="Count switches between files.")
    parser.add_argument("--trace", metavar="NAME", help="print the path of one request")
    chosen = parser.parse_args().trace
    with registry() as client:
        found = walks(client)
    if chosen:
        _print_trace(found[chosen])
    else:
        print(table({name: count_switches(calls) for name, calls in found.items()}))


if __name__ == "__main__":
    main()
