"""The registry that the browser looks at, and what is in it beside the example."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.browser.modelling import register_model_runs
from tests.plugins.server import LiveRegistry

#: Whoever uses the site in these tests.
PERSON, PASSWORD = "rosalind", "photograph fifty-one"
LONG = (
    "human/infection/SARS-CoV-2/scotland/cases_and_management/mortality-in-care-homes"
)


@dataclass
class Site:
    """A live registry; ``token`` is the administrator's."""

    registry: LiveRegistry
    token: str
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is."""
        return self.registry.url

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask the API as the administrator."""
        headers = {"Authorization": f"token {self.token}", **options.pop("headers", {})}
        url = f"{self.url}/api/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **options)

    def register(self, kind: str, **values: Any) -> int:
        """Register a record; return its id."""
        return self.register_all(kind, [values])[0]

    def register_all(self, kind: str, rows: list[dict[str, Any]]) -> list[int]:
        """Register records; return their ids."""
        answer = self.call("POST", f"{kind}/", json=rows)
        assert answer.status_code == 201, answer.text
        urls = [str(record["url"]) for record in answer.json()]
        return [int(url.rstrip("/").rpartition("/")[2]) for url in urls]

    def newest(self, kind: str, **filters: Any) -> dict[str, Any]:
        """Return the newest record that the filters leave."""
        answer = self.call("GET", f"{kind}/", params={**filters, "page_size": 1})
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["results"][0])

    def of(self, name: str) -> Site:
        """Return the same registry, asked by somebody else.

        The token is a new one: people make themselves others in these tests.
        """
        token = self.registry.manage("create_token", name).strip()
        return Site(self.registry, token, self.ids)

    def do(self, path: str, **values: Any) -> None:
        """Do something with a record, such as to withdraw it."""
        answer = self.call("POST", path, json=values)
        assert answer.ok, answer.text

    def product(self, namespace: int | str, name: str, content: bytes) -> int:
        """Register a data product with a file of the registry's own; return its id."""
        sha1 = self.upload(content)
        root = self.newest("storage_root", root=f"{self.url}/data/")["url"]
        location = self.register(
            "storage_location", path=sha1, hash=sha1, storage_root=root
        )
        thing = self.register("object", storage_location=location, description=name)
        values = {"namespace": namespace, "object": thing}
        return self.register("data_product", name=name, version="1.0.0", **values)

    def upload(self, content: bytes) -> str:
        """Store a file; return its SHA-1."""
        sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        answer = self.call("POST", f"data/{sha1}")
        assert answer.status_code == 200, answer.text
        stored = requests.put(answer.json()["url"], content, timeout=30)
        assert stored.status_code == 201, stored.text
        return sha1


def fill(site: Site) -> None:
    """Register what makes pages hard to draw: much of it, and long names."""
    namespace = site.register(
        "namespace",
        name="institute-for-" + "long-names-" * 9,
        full_name="I" + " I" * 199,
    )
    site.register_all("namespace", [{"name": f"g{n:02}"} for n in range(60)])
    root = site.register("storage_root", root=f"https://{'data-' * 11}.example.org/")
    location = site.register(
        "storage_location",
        path=f"{LONG}/{'deep/' * 40}x.h5",
        hash="a" * 40,
        storage_root=root,
        public=False,
    )
    names = [{"name": f"Author No. {n}"} for n in range(3)]
    authors = site.register_all("author", names)
    thing = site.register(
        "object",
        description="Deaths by age and sex. " + "So it goes on. " * 60,
        storage_location=location,
        authors=authors,
        file_type=site.register("file_type", name="Hierarchical data", extension="h5"),
    )
    parts = site.register_all(
        "object_component",
        [{"object": thing, "name": f"{LONG}/table-{n}"} for n in range(25)],
    )
    product = site.register(
        "data_product",
        namespace=namespace,
        name=LONG,
        version="0.1.0-b.1",
        object=thing,
    )
    site.ids |= {
        "namespace": namespace,
        "storage_root": root,
        "storage_location": location,
        "author": authors[0],
        "author_contact": site.register(
            "author_contact", author=authors[0], email="author@example.org"
        ),
        "object": thing,
        "object_component": parts[0],
        "data_product": product,
        "code_run": site.register(
            "code_run",
            run_date="2026-03-04T05:06:07Z",
            description="Estimate mortality in care homes " * 20,
            submission_script=thing,
            inputs=parts,
            outputs=parts,
        ),
        **_labels(site, thing, parts[0], product),
        **_owned(site),
        **_asked(site),
    }
    site.ids |= register_model_runs(site)


def _labels(site: Site, thing: int, part: int, product: int) -> dict[str, int]:
    """Register one of each further record type."""
    return {
        "issue": site.register(
            "issue", severity=9, description="All wrong. " * 30, component_issues=[part]
        ),
        "keyword": site.register(
            "keyword", object=thing, keyphrase="care" + " homes" * 16
        ),
        "licence": site.register("licence", object=thing, licence_info="CC0 " * 40),
        "key_value": site.register("key_value", object=thing, key="k" * 99, value="v"),
        "code_repo_release": site.register(
            "code_repo_release", object=thing, name="org/" + "x" * 90, version="1.0.0"
        ),
        "quality_controlled": site.register(
            "quality_controlled", object=thing, document=thing
        ),
        "file_type": site.register("file_type", name="Text", extension="t" * 90),
        "user_author": site.register("user_author", user=1, author=1),
        "external_object": site.register(
            "external_object",
            data_product=product,
            identifier=f"https://doi.org/10.1136/{'x' * 200}",
            release_date="1978-03-04T00:00:00Z",
            title="Influenza in a boarding school " * 6,
        ),
    }


def _asked(site: Site) -> dict[str, int]:
    """Register a backend, and a request for runs on it."""
    backend = site.register(
        "backend", slug="a-cluster", name="A cluster " * 20, description="Big. " * 90
    )
    return {
        "backend": backend,
        "backend_grant": site.register(
            "backend_grant", backend=backend, user=1, use="request"
        ),
        "run_request": site.register(
            "run_request",
            description="What becomes of the reef " * 20,
            backend=backend,
            tasks=[
                {"name": "t" * 150, "command": ["run", "x" * 300]},
                {"name": "second", "command": ["run"], "needs": ["t" * 150]},
            ],
        ),
    }


def _owned(site: Site) -> dict[str, int]:
    """Register what the person who looks at the pages owns, and what is withdrawn."""
    closed = site.register("namespace", name="closed")
    site.do(f"namespace/{closed}/close/")
    own = site.of(PERSON)
    namespace = own.register("namespace", name="own")
    own.do(f"namespace/{namespace}/members/", user="admin")
    withdrawn = own.product(namespace, "withdrawn", b"1,2\n")
    reason = "The sensor was broken from the second day on. " * 9
    own.do(f"data_product/{withdrawn}/withdraw/", reason=reason)
    return {
        "closed_namespace": closed,
        "own_namespace": namespace,
        "own_object": own.register("object", description="Counts of boys in bed"),
        "withdrawn_product": withdrawn,
    }
