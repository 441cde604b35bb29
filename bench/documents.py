"""Documents and pages: PROV reports and RO-Crates of a chain of runs, and HTML.

Documents have no floor in SQL. They are compared with the lineage of the same product
to the same depth, which says the same without the words of a format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.aims import Aim, MaxTime, MaxTimes
from bench.content import Size
from bench.request_types import Request, RequestType, Sample, repeat_sample

#: How many runs back the documents go.
DEPTHS = (1, 20)
DOCUMENT_FACTOR, PAGE_MILLISECONDS = 2, 15

_DOCUMENTS = (
    ("PROV-JSON", "prov-report", "json"),
    ("PROV JSON-LD", "prov-report", "json-ld"),
    ("PROV-N", "prov-report", "provn"),
    ("RO-Crate metadata", "ro-crate/data-product", "json-ld"),
)


def request_types(size: Size) -> Iterator[RequestType]:
    """Yield the request types; a lineage comes before what is compared with it."""
    for depth in DEPTHS:
        lineage = f"lineage behind documents, depth {depth}"
        yield _of_products(
            lineage, f"/api/lineage/data_product/{{}}/?depth={depth}", size
        )
        for name, place, form in _DOCUMENTS:
            yield _of_products(
                f"{name}, depth {depth}",
                f"/api/{place}/{{}}/?depth={depth}&format={form}",
                size,
                aim=MaxTimes(lineage, DOCUMENT_FACTOR),
            )
    # the last products are inputs and outputs of no run
    yield _of_one("PROV-JSON of no run", f"/api/prov-report/{size.objects}/", None)
    aim = MaxTime(PAGE_MILLISECONDS)
    pages = {
        "page of a product of no run": f"/data_product/{size.objects}/",
        "page of a product with its picture": f"/data_product/{size.runs}/",
        "page of a run with its picture": f"/code_run/{size.runs // 2}/",
        "page of an object with its picture": f"/object/{size.runs}/",
        "HTML list of 50 products": "/data_product/",
        "HTML list of 100 objects": "/object/?page_size=100",
        "home page": "/",
    }
    for name, path in pages.items():
        yield _of_one(name, path, aim)


def _of_products(
    name: str, path: str, size: Size, aim: Aim | None = None
) -> RequestType:
    """Return requests about products near the end of the chain, each another one."""

    def sample(n: int) -> Sample:
        product = 2 * (size.runs - n % max(1, size.runs // 2))
        return Sample(Request("GET", path.format(product)), None)

    return RequestType(name, sample, aim, share=0.5)


def _of_one(name: str, path: str, aim: Aim | None) -> RequestType:
    """Return one request; from the second on, its picture is drawn already."""
    always: Callable[[int], Sample] = repeat_sample(Sample(Request("GET", path), None))
    return RequestType(name, always, aim, share=0.5)
