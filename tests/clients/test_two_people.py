"""Two people with accounts of their own, and no roles, push to one remote registry.

Ada has pushed what `docs/guide/fair-client.md` makes. Grace builds on it, runs Ada's
code herself, and sends again what Ada has sent; see `docs/guide/whose-records.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.clients.researchers import Researcher

# After the tests of the page, with the same people.
pytestmark = pytest.mark.xdist_group("fair-cli")

FORECAST = """
run_metadata:
  description: Forecast from the growth of the outbreak
  default_output_namespace: ada
  script_path: forecast.py
  shell: python

read:
  - data_product: growth
    use:
      namespace: ada
      version: 0.0.1

write:
  - data_product: forecast
    description: Beds that the school will need
    file_type: csv
  - data_product: growth
    description: Growth, with the beds that the school will need
    file_type: csv
"""
FORECAST_MODEL = """
import os
from pathlib import Path

import data_pipeline_api as fair

token = os.environ["FDP_LOCAL_TOKEN"]
config = Path(os.environ["FDP_CONFIG_DIR"], "config.yaml")
run = fair.initialise(token, str(config), os.environ["FDP_SCRIPT"])
growth = Path(fair.link_read(run, "growth")).read_text()
Path(fair.link_write(run, "forecast")).write_text("beds in a week,14\\n")
Path(fair.link_write(run, "growth")).write_text(f"{growth}beds in a week,14,1\\n")
fair.finalise(token, run)
"""
COMMIT = """
git add config.yaml forecast.py
git commit --quiet --message "Forecast"
git push --quiet origin HEAD
"""
# `fair push` leaves out what the remote has; the library that it calls need not.
PUSH_EVERYTHING = """
import os
from fair.registry.sync import sync_code_runs

sync_code_runs(
    origin_uri=os.environ["LOCAL"],
    origin_token=os.environ["LOCAL_TOKEN"],
    dest_uri=os.environ["REMOTE"],
    dest_token=os.environ["TOKEN_OF_GRACE"],
    remote_label="origin",
    code_runs=[os.environ["RUN"]],
    force=True,
)
"""
KINDS = (
    *("namespace", "data_product", "external_object", "object", "object_component"),
    *("storage_location", "storage_root", "code_run", "author", "user_author"),
    *("issue", "file_type", "code_repo_release"),
)


@dataclass(frozen=True)
class Kept:
    """A record as it was: its entity tag and its fields."""

    tag: str
    fields: dict[str, Any]

    def is_kept_by(self, now: Kept) -> bool:
        """Return whether nothing of it was changed: links to it can have been added."""
        return self.tag == now.tag and all(
            set(value) <= set(now.fields[name])
            if isinstance(value, list)
            else value == now.fields[name]
            for name, value in self.fields.items()
        )


def account(person: Researcher, name: str) -> str:
    """Return the address of a person's account on the remote registry."""
    answer = requests.get(
        f"{person.remote.url}/api/users/",
        params={"username": name},
        headers={"Authorization": f"token {person.remote.live.token()}"},
        timeout=60,
    )
    (found,) = answer.json()["results"]
    return str(found["url"])


def records_of(person: Researcher, name: str) -> dict[str, Kept]:
    """Return what an account has registered on the remote registry, by address."""
    user = account(person, name)
    found = {}
    for kind in KINDS:
        for record in person.remote.get(kind, page_size=1000)["results"]:
            if record["updated_by"] == user:
                tag = requests.get(record["url"], timeout=60).headers["ETag"]
                # without the digest, which changes with what others say of it
                found[record["url"]] = Kept(tag.partition(".")[0], record)
    return found


def kinds_of(records: dict[str, Kept]) -> set[str]:
    """Return the types of records, from their addresses."""
    return {url.rstrip("/").split("/")[-2] for url in records}


def answers(log: str) -> list[tuple[str, str, str]]:
    """Return the method, the path and the status of each request in a log."""
    return re.findall(r"method=(\S+) path=/api/(\S+?)/? status=(\d+)", log)


def refused(log: str) -> set[tuple[str, str, str]]:
    """Return the requests in a log that were refused, but for duplicates."""
    fine = {"200", "201", "301", "409"}
    return {answer for answer in answers(log) if answer[2] not in fine}


def product(person: Researcher, namespace: str, name: str, version: str) -> Any:
    """Return a data product on the remote registry."""
    space = person.remote.one("namespace", name=namespace)["url"].split("/")[-2]
    return person.remote.one(
        "data_product", namespace=space, name=name, version=version
    )


def run_of(person: Researcher, made: Any) -> Any:
    """Return the only run on the remote registry that wrote a data product."""
    (component,) = person.remote.get(made["object"])["components"]
    (run,) = person.remote.get(component)["outputs_of"]
    return person.remote.get(run)


@pytest.fixture(scope="module")
def before(ada: Researcher, grace: Researcher) -> dict[str, Kept]:
    """Return Ada's records, before Grace pushes anything."""
    assert grace.remote == ada.remote
    return records_of(ada, "ada")


@pytest.fixture(scope="module")
def forecaster(grace: Researcher, before: dict[str, Kept]) -> Researcher:
    """Return Grace, who has built on Ada's result and pushed her own."""
    assert before
    (grace.project / "config.yaml").write_text(FORECAST)
    (grace.project / "forecast.py").write_text(FORECAST_MODEL)
    log = grace.remote.live.log
    grace.machine.run(COMMIT, grace.project)
    grace.machine.run("fair run", grace.project)
    # with Ada's own, which is there already
    adds = "fair add ada:forecast@v0.0.1\nfair add ada:growth@v0.0.1"
    grace.machine.run(f"{adds}\nfair push", grace.project)
    assert refused(grace.remote.live.log[len(log) :]) == set()
    return grace


@pytest.fixture(scope="module")
def repeater(ada: Researcher, forecaster: Researcher) -> Researcher:
    """Return Grace, who has run Ada's code as it is, and pushed what it wrote."""
    clone = forecaster.machine.home / "school"
    log = forecaster.remote.live.log
    settings = (ada.machine.home / ".fair" / "school-growth.yaml").read_text()
    hers = forecaster.machine.here(settings)
    hers = hers.replace(f"{ada.machine.home}/.fair/", f"{clone.parent}/.fair/")
    hers = hers.replace(ada.local.url, forecaster.local.url)
    hers = hers.replace(str(ada.project), str(clone))
    (clone.parent / ".fair" / "school.yaml").write_text(hers)
    for commands, folder in (
        (f"git clone --quiet {ada.machine.home}/project.git school", clone.parent),
        (f"fair init --using {clone.parent}/.fair/school.yaml", clone),
        ("fair pull", clone),
        ("fair run", clone),
        ("fair add grace:growth@v0.0.1\nfair push", clone),
    ):
        forecaster.machine.run(commands, folder)
    assert refused(forecaster.remote.live.log[len(log) :]) == set()
    return Researcher(forecaster.machine, clone, forecaster.local, forecaster.remote)


def test_somebody_else_pushes_a_result_into_an_open_namespace(
    forecaster: Researcher,
) -> None:
    hers = records_of(forecaster, "grace")
    forecast = product(forecaster, "ada", "forecast", "0.0.1")
    assert forecast["url"] in hers
    assert forecaster.remote.file("data_product/ada:forecast@0.0.1") == (
        b"beds in a week,14\n"
    )
    run = run_of(forecaster, forecast)
    assert run["url"] in hers
    assert forecaster.remote.products(run["inputs"]) == {"growth"}
    assert forecaster.remote.products(run["outputs"]) == {"forecast"}


def test_the_first_owner_keeps_everything(
    forecaster: Researcher, before: dict[str, Kept]
) -> None:
    after = records_of(forecaster, "ada")
    assert after.keys() == before.keys()
    assert {"data_product", "object", "code_run"} <= kinds_of(before)
    changed = {url for url, one in before.items() if not one.is_kept_by(after[url])}
    assert changed == set()


def test_the_same_code_writes_the_same_bytes_for_somebody_else(
    ada: Researcher, repeater: Researcher, before: dict[str, Kept]
) -> None:
    theirs = product(ada, "ada", "growth", "0.0.1")
    hers = product(ada, "grace", "growth", "0.0.1")
    assert hers["url"] in records_of(repeater, "grace")
    assert ada.remote.file("data_product/grace:growth@0.0.1") == ada.written
    assert hers["object"] != theirs["object"]
    place = [
        ada.remote.get(one["object"])["storage_location"] for one in (hers, theirs)
    ]
    assert place[0] == place[1] in before
    run = run_of(ada, hers)
    assert run["uuid"] != ada.run
    assert ada.remote.products(run["inputs"]) == {"in-bed", "model-config"}
    after = records_of(ada, "ada")
    assert [url for url in before if not before[url].is_kept_by(after[url])] == []


def test_what_somebody_else_has_pushed_can_be_pushed_again(
    ada: Researcher, forecaster: Researcher
) -> None:
    before = [records_of(ada, name) for name in ("ada", "grace")]
    log = ada.remote.live.log
    script = ada.machine.home / "push_everything.py"
    script.write_text(PUSH_EVERYTHING)
    ada.machine.run(
        f"LOCAL={ada.local.url}/api/ REMOTE={ada.remote.url}/api/ RUN={ada.run} "
        f"TOKEN_OF_GRACE={forecaster.machine.secrets['REMOTE_TOKEN']} "
        f"python {script}",
        ada.project,
    )
    sent = answers(ada.remote.live.log[len(log) :])
    posted = {path: status for method, path, status in sent if method == "POST"}
    assert {"data_product", "external_object", "object", "namespace"} <= posted.keys()
    records = {path: posted[path] for path in posted if "data/" not in path}
    assert set(records.values()) == {"409"}
    assert [status for method, _, status in sent if method == "PATCH"] != []
    assert refused(ada.remote.live.log[len(log) :]) == set()
    assert [records_of(ada, name) for name in ("ada", "grace")] == before


def test_a_further_version_needs_the_consent_of_the_owner(
    ada: Researcher, forecaster: Researcher
) -> None:
    remote = ada.remote
    before, log = records_of(ada, "ada"), remote.live.log
    push = "fair add ada:growth@v0.0.2\n! fair push"
    printed = forecaster.machine.run(push, forecaster.project)
    assert refused(remote.live.log[len(log) :]) == {("POST", "data_product", "403")}
    assert records_of(ada, "ada") == before
    # the client shows which request was refused, but not why
    assert f"url {remote.url}/api/data_product/, request forbidden" in (
        " ".join(printed.split())
    )
    growth = product(ada, "ada", "growth", "0.0.1")
    tokens = {
        name: {"Authorization": f"token {person.machine.secrets['REMOTE_TOKEN']}"}
        for name, person in (("ada", ada), ("grace", forecaster))
    }
    forecast = product(ada, "ada", "forecast", "0.0.1")
    answer = requests.post(
        f"{remote.url}/api/data_product/",
        json={**growth, "version": "0.0.2", "object": forecast["object"]},
        headers=tokens["grace"],
        timeout=60,
    )
    assert answer.status_code == 403
    assert "The data product growth belongs to ada" in answer.json()["detail"]

    answer = requests.post(
        f"{growth['namespace']}members/",
        json={"user": "grace"},
        headers=tokens["ada"],
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    forecaster.machine.run("fair push", forecaster.project)
    further = product(ada, "ada", "growth", "0.0.2")
    assert further["url"] in records_of(ada, "grace")
    assert product(ada, "ada", "growth", "0.0.1") == growth
    run = run_of(ada, further)
    assert remote.products(run["outputs"]) == {"forecast", "growth"}
