"""The request types that are measured, each with its floor and its aim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from bench import content, floors
from bench.aims import Aim, MaxDifference, MaxRatio, MaxTime, MinSpeedup
from bench.content import Size
from bench.floors import Floor
from registry.http.keyset import Cursor

#: Records in one bulk request: the limit of the API.
BULK = 10_000

ONE_OBJECT = "one object"
ONE_KEYWORD = "POST a keyword"
ONE_OBJECT_MORE = "POST an object"
LIST_AIM = MaxRatio(4)
LOOK_UP_AIM = MaxDifference(3)
POST_AIM = MaxRatio(3)


@dataclass(frozen=True)
class Request:
    """A request of a client."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True)
class Sample:
    """One request, and the floor for exactly the same rows."""

    request: Request
    floor: Floor | None


@dataclass(frozen=True)
class RequestType:
    """One type of request; ``sample`` creates a different one from each number.

    ``share`` is the fraction of the usual number of samples, less than 1 for slow
    requests; ``records`` is the number of records of one request.
    """

    name: str
    sample: Callable[[int], Sample]
    aim: Aim | None = None
    share: float = 1.0
    records: int = 1


def request_types(size: Size, user: int) -> Iterator[RequestType]:
    """Yield the request types in the order of measurement."""
    yield RequestType(
        "/livez: HTTP alone", lambda _: Sample(Request("GET", "/livez"), None)
    )
    yield from _list_types(size)
    yield from _look_up_types(size)
    yield from _description_types()
    yield from _post_types(size, user)
    yield RequestType("all objects as CSV", lambda _: _csv_sample(), share=0.02)


def _list_types(size: Size) -> Iterator[RequestType]:
    for kind in ("object", "data_product", "code_run"):
        yield RequestType(f"{kind} list of 100", _list_sample(kind), LIST_AIM)
    yield RequestType(
        "object list, deep cursor", lambda n: _cursor_sample(size, n), LIST_AIM
    )
    yield from _order_types()
    yield RequestType(
        "product by glob, human/mort*",
        _list_sample(
            "data_product", "?name=human/mort*", "WHERE name LIKE %s", ("human/mort%",)
        ),
        LIST_AIM,
    )
    yield RequestType(
        "product by glob, *mortality*",
        _list_sample(
            "data_product", "?name=*mortality*", "WHERE name LIKE %s", ("%mortality%",)
        ),
        LIST_AIM,
        share=0.25,
    )

    yield RequestType(
        "product by glob, *nothing*",
        _list_sample(
            "data_product", "?name=*nothing*", "WHERE name LIKE %s", ("%nothing%",)
        ),
        LIST_AIM,
        share=0.25,
    )
    yield RequestType(
        "products of a version",
        _list_sample(
            "data_product", "?version=1.3.0", "WHERE version = %s", ("1.3.0",)
        ),
        LIST_AIM,
        share=0.25,
    )
    yield RequestType(
        "the same, another count each time", _recounted_sample, LIST_AIM, share=0.25
    )
    for name, word in (("a word", "mortality"), ("nothing", "nothing-like-it")):
        found = Sample(Request("GET", f"/search/?q={word}"), None)
        yield RequestType(
            f"search page, {name}", repeat_sample(found), MaxTime(50), share=0.25
        )


def _order_types() -> Iterator[RequestType]:
    """Yield lists in other orders than the newest first."""
    for kind, order, columns in (
        ("object", "last_updated", "last_updated, id"),
        ("object", "-last_updated", "last_updated DESC, id DESC"),
        ("data_product", "-version", "version_key DESC, id DESC"),
        ("data_product", "name", "name, id"),
        ("code_run", "run_date", "run_date, id"),
    ):
        yield RequestType(
            f"{kind} list by {order}",
            _list_sample(kind, f"?ordering={order}", order=columns),
            LIST_AIM,
            share=0.25,
        )


def _recounted_sample(n: int) -> Sample:
    """Return a list that nobody has counted yet: its filter has another time."""
    moment = f"2026-01-01T00:00:00.{n:06d}Z"
    return Sample(
        Request("GET", f"/api/data_product/?version=1.3.0&last_updated__gte={moment}"),
        floors.select_page(
            "data_product",
            "WHERE version = %s AND last_updated >= %s",
            ("1.3.0", moment),
        ),
    )


def _look_up_types(size: Size) -> Iterator[RequestType]:
    yield RequestType(
        ONE_OBJECT,
        lambda n: _record_sample("object", _spread_object_id(size, n)),
        LOOK_UP_AIM,
    )
    yield RequestType(
        "one storage root",
        lambda _: _record_sample("storage_root", content.ROOT),
        LOOK_UP_AIM,
    )
    yield RequestType(
        "location by hash",
        lambda n: _filter_sample(
            "storage_location", "hash", content.sha1(_spread_object_id(size, n))
        ),
        LOOK_UP_AIM,
    )
    yield RequestType(
        "product by exact name",
        lambda n: _filter_sample(
            "data_product", "name", content.product_name(_spread_object_id(size, n))
        ),
        LOOK_UP_AIM,
    )


def _description_types() -> Iterator[RequestType]:
    for name, request in (
        ("OPTIONS of a list", Request("OPTIONS", "/api/object/")),
        ("the API's root", Request("GET", "/api/")),
    ):
        sample = Sample(request, None)
        yield RequestType(name, repeat_sample(sample), MinSpeedup(ONE_OBJECT))


def _post_types(size: Size, user: int) -> Iterator[RequestType]:
    many = min(BULK, size.objects)
    yield RequestType(
        ONE_KEYWORD, lambda n: _keyword_sample(size, user, n, None), POST_AIM
    )
    yield RequestType(
        ONE_OBJECT_MORE, lambda n: _object_sample(user, n, None), POST_AIM
    )
    yield RequestType("POST a code run", lambda n: _run_sample(size, user, n), POST_AIM)
    yield RequestType(
        f"POST {many:,} keywords, each",
        lambda n: _keyword_sample(size, user, n, many),
        MinSpeedup(ONE_KEYWORD, 20),
        share=0.025,
        records=many,
    )
    yield RequestType(
        f"POST {many:,} objects, each",
        lambda n: _object_sample(user, n, many),
        MinSpeedup(ONE_OBJECT_MORE, 20),
        share=0.025,
        records=many,
    )


def repeat_sample(sample: Sample) -> Callable[[int], Sample]:
    """Return a function that returns the same sample for each number."""
    return lambda _: sample


def _spread_object_id(size: Size, n: int) -> int:
    """Return the id of an object; consecutive numbers give distant ids."""
    return n * 7919 % size.objects + 1


def _list_sample(
    kind: str,
    query: str = "",
    where: str = "",
    parameters: tuple[Any, ...] = (),
    order: str = "id DESC",
) -> Callable[[int], Sample]:
    sample = Sample(
        Request("GET", f"/api/{kind}/{query}"),
        floors.select_page(kind, where, parameters, order=order),
    )
    return repeat_sample(sample)


def _cursor_sample(size: Size, n: int) -> Sample:
    after = max(_spread_object_id(size, n), size.objects // 2)
    cursor = Cursor((after,), backwards=False).encode()
    return Sample(
        Request("GET", f"/api/object/?cursor={cursor}"),
        floors.select_page("object", after=after),
    )


def _record_sample(kind: str, pk: int) -> Sample:
    return Sample(Request("GET", f"/api/{kind}/{pk}/"), floors.select_record(kind, pk))


def _filter_sample(kind: str, field: str, value: str) -> Sample:
    return Sample(
        Request("GET", f"/api/{kind}/?{field}={quote(value)}"),
        floors.select_page(kind, f"WHERE {field} = %s", (value,)),
    )


def _csv_sample() -> Sample:
    request = Request("GET", "/api/object/?format=csv")
    return Sample(request, floors.copy_objects_as_csv)


def _keyword_sample(size: Size, user: int, n: int, many: int | None) -> Sample:
    ids = [_spread_object_id(size, n + k) for k in range(many or 1)]
    body = [
        {"object": f"/api/object/{pk}/", "keyphrase": f"asked {n} {k}"}
        for k, pk in enumerate(ids)
    ]
    rows = [(pk, f"inserted {n} {k}") for k, pk in enumerate(ids)]
    return Sample(
        _post_request("keyword", body if many else body[0]),
        floors.insert_keywords(rows, user),
    )


def _object_sample(user: int, n: int, many: int | None) -> Sample:
    rows = [
        (f"Object {n} {k}", k % len(content.FILE_TYPES) + 1, k % content.AUTHORS + 1)
        for k in range(many or 1)
    ]
    body = [
        {
            "description": text,
            "file_type": f"/api/file_type/{file_type}/",
            "authors": [f"/api/author/{author}/"],
        }
        for text, file_type, author in rows
    ]
    return Sample(
        _post_request("object", body if many else body[0]),
        floors.insert_objects(rows, user),
    )


def _run_sample(size: Size, user: int, n: int) -> Sample:
    script, *components = (_spread_object_id(size, n + k) for k in range(5))
    links = [f"/api/object_component/{pk}/" for pk in components]
    body = {
        "run_date": "2026-11-20T15:28:33Z",
        "description": f"Run {n}",
        "submission_script": f"/api/object/{script}/",
        "inputs": links[:2],
        "outputs": links[2:],
    }
    return Sample(
        _post_request("code_run", body),
        floors.insert_run(f"Run {n}", script, components[:2], components[2:], user),
    )


def _post_request(kind: str, body: Any) -> Request:
    return Request("POST", f"/api/{kind}/", orjson.dumps(body))
