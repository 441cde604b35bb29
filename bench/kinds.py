"""The kinds of request by which states of the code are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

#: A path, and the body of a POST.
Request = tuple[str, bytes | None]
#: The name of a kind of request, whose token it has, and what makes the n-th one.
Kind = tuple[str, str, Callable[[int], Request]]


def component(n: int, objects: int) -> str:
    """Return the link to the component that is all of the n-th object."""
    return f"/api/object_component/{n % objects + 1}/"


def kinds(objects: int, runs: int) -> Iterator[Kind]:
    """Yield the kinds of request that people make most."""
    yield from _reads(objects)
    yield from _documents(objects, runs)
    yield from _pages()
    yield from _posts(objects)


def _of(path: str, count: int) -> Callable[[int], Request]:
    """Return requests with ids up to a number; neighbours lie far apart."""
    return lambda n: (path.format(n * 7919 % count + 1), None)


def _reads(objects: int) -> Iterator[Kind]:
    yield "one object", "nobody", _of("/api/object/{}/", objects)
    yield "one object, API token", "token", _of("/api/object/{}/", objects)
    yield "one object, OAuth session", "session", _of("/api/object/{}/", objects)
    by_hash = "/api/storage_location/?hash={:040x}"
    yield "location by hash", "token", _of(by_hash, objects)
    yield "list of 100 objects", "token", _of("/api/object/", objects)
    for depth in (1, 20):
        path = f"/api/lineage/object/{{}}/?depth={depth}"
        yield f"lineage, depth {depth}", "token", _of(path, objects)


def _documents(objects: int, runs: int) -> Iterator[Kind]:
    # what the runs wrote; other objects are of no run
    written = min(objects, runs)
    for depth in (1, 20):
        path = f"/api/lineage/object/{{}}/?direction=upstream&depth={depth}"
        yield f"upstream lineage, depth {depth}", "token", _of(path, written)
        for form in ("json", "json-ld", "provn"):
            path = f"/api/prov-report/object/{{}}/?depth={depth}&format={form}"
            yield f"PROV {form}, depth {depth}", "token", _of(path, written)
        path = f"/api/ro-crate/code-run/{{}}/?depth={depth}&format=json-ld"
        yield f"crate, depth {depth}", "token", _of(path, runs)
    path = f"/api/prov-report/object/{objects}/?format=json"
    yield "PROV json of no run", "token", _of(path, 1)


def _pages() -> Iterator[Kind]:
    for name, path in (
        ("page of an object with its picture", "/object/2/"),
        ("page of a run with its picture", "/code_run/2/"),
        ("HTML list of 100 objects", "/object/?page_size=100"),
    ):
        yield name, "nobody", _of(path, 1)


def _posts(objects: int) -> Iterator[Kind]:
    def post(kind: str, make: Callable[[int], dict[str, Any]]) -> Callable[..., Any]:
        return lambda n: (f"/api/{kind}/", orjson.dumps(make(n)))

    yield "POST an object", "token", post("object", lambda n: {"description": f"n{n}"})
    yield (
        "POST a keyword",
        "token",
        post(
            "keyword",
            lambda n: {
                "object": f"/api/object/{n % objects + 1}/",
                "keyphrase": f"asked {n}",
            },
        ),
    )
    yield (
        "POST a code run",
        "token",
        post(
            "code_run",
            lambda n: {
                "run_date": "2026-11-20T15:28:33Z",
                "description": f"asked {n}",
                "submission_script": "/api/object/1/",
                "inputs": [component(n, objects), component(n + 1, objects)],
                "outputs": [component(n + 2, objects)],
            },
        ),
    )
