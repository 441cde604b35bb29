"""A small study, from the request for it to the lineage of its report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.execution.live.working import Site, make_repository
from tests.plugins.server import StartRegistry

pytestmark = [pytest.mark.live]

_PROJECT = """
version: 4
actions:
  data:
    run: python:v2 python3 data.py
    outputs: {minimally_sensitive: {data: out/data.csv}}
  mean:
    run: python:v2 python3 mean.py
    needs: [data]
    outputs: {minimally_sensitive: {mean: out/mean.txt}}
  spread:
    run: python:v2 python3 spread.py
    needs: [data]
    outputs: {moderately_sensitive: {spread: out/spread.txt}}
  report:
    run: python:v2 python3 report.py
    needs: [mean, spread]
    outputs:
      minimally_sensitive: {report: out/report.txt, figure: out/figure.svg}
"""
_READ = "numbers = [int(one) for one in open('out/data.csv').read().split()]\n"
_FILES = {
    "project.yaml": _PROJECT,
    "data.py": "import os\nos.makedirs('out', exist_ok=True)\n"
    "open('out/data.csv', 'w').write('\\n'.join(str(n * n) for n in range(9)))\n"
    "print('made the data')\n",
    "mean.py": f"{_READ}open('out/mean.txt', 'w').write(str(sum(numbers) / 9))\n",
    "spread.py": f"{_READ}spread = max(numbers) - min(numbers)\n"
    "open('out/spread.txt', 'w').write(str(spread))\n",
    "report.py": "mean, spread = (open(f'out/{one}.txt').read() "
    "for one in ('mean', 'spread'))\n"
    "open('out/report.txt', 'w').write(f'{mean} {spread}')\n"
    "open('out/figure.svg', 'w').write('<svg/>')\n",
}
_RANDOM = (
    f"import random\n{_READ}open('out/mean.txt', 'w').write(str(random.random()))\n"
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources") / "study"


@pytest.fixture(scope="module")
def commit(repository: Path) -> str:
    repository.mkdir()
    return make_repository(repository, _FILES)


@pytest.fixture(scope="module")
def site(
    start_registry: StartRegistry,
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    registry = start_registry(
        REGISTRY_REPOSITORY_PREFIXES=f"{repository.parent}/", REGISTRY_LEASE_SECONDS="5"
    )
    site = Site(registry, tmp_path_factory.mktemp("site"))
    site.start_agent()
    yield site
    site.stop_agents()


@pytest.fixture(scope="module")
def done(site: Site, repository: Path, commit: str) -> dict[str, Any]:
    """Return the tasks of the study by name, after it was done."""
    return run_study(site, repository, commit)


def run_study(site: Site, repository: Path, commit: str) -> dict[str, Any]:
    request = site.desk.send(
        "POST",
        "run_request/",
        {
            "description": "A small study",
            "backend": site.slug,
            "repo_url": str(repository),
            "branch": "main",
            "commit": commit,
            "requested_actions": ["run_all"],
            "publish": [
                {
                    "task": "report",
                    "output": "report",
                    "namespace": "study",
                    "name": "report",
                }
            ],
        },
    )
    site.wait_until(request["url"], "complete")
    pk = request["url"].split("/")[-2]
    return {one["name"]: one for one in site.desk.all(f"task/?run_request={pk}")}


def outputs_of(site: Site, task: Any) -> dict[str, Any]:
    """Return the storage locations of what a task wrote, by the paths of files."""
    run = site.desk.send("GET", task["code_run"])
    found = {}
    for url in run["outputs"]:
        thing = site.desk.send("GET", site.desk.send("GET", url)["object"])
        path = thing["description"].partition(" of ")[0]
        found[path] = site.desk.send("GET", thing["storage_location"])
    return found


def test_a_study_becomes_code_runs_with_hashed_outputs(
    site: Site, done: dict[str, Any], repository: Path, commit: str
) -> None:
    assert set(done) == {"data", "mean", "spread", "report"}
    assert {one["state"] for one in done.values()} == {"done"}
    report = outputs_of(site, done["report"])
    digest = hashlib.sha1(b"22.666666666666668 64", usedforsecurity=False).hexdigest()
    assert report["out/report.txt"]["hash"] == digest
    assert report["out/report.txt"]["public"] is True
    assert outputs_of(site, done["spread"])["out/spread.txt"]["public"] is False
    run = site.desk.send("GET", done["report"]["code_run"])
    code = site.desk.send("GET", run["code_repo"])
    location = site.desk.send("GET", code["storage_location"])
    assert (location["hash"], location["path"]) == (commit, repository.name)


def test_the_lineage_leads_from_the_report_to_the_data(
    site: Site, done: dict[str, Any]
) -> None:
    [product] = site.desk.all("data_product/?namespace=study&name=report")
    pk = product["url"].split("/")[-2]
    lineage = site.desk.send("GET", f"lineage/data_product/{pk}/?depth=20")
    runs = {one["url"] for one in lineage["nodes"] if "/code_run/" in one["url"]}
    assert runs == {one["code_run"] for one in done.values()}


def test_the_log_of_a_task_can_be_read(site: Site, done: dict[str, Any]) -> None:
    pk = done["data"]["url"].split("/")[-2]
    [attempt] = site.desk.all(f"attempt/?task={pk}")
    log = site.desk.send("GET", f"{attempt['url']}log/")
    assert "made the data" in log["text"]
    assert attempt["state"] == "done"
    assert attempt["usage"]["seconds"] >= 0


def test_running_again_gives_the_same(site: Site, done: dict[str, Any]) -> None:
    first = done["report"]["code_run"]
    again = site.desk.send("POST", f"{first}rerun/")
    site.wait_until(again["url"], "complete")
    verified = {one["url"] for one in site.desk.all("code_run/?verified=true")}
    assert first in verified
    kind, pk = first.split("/")[-3:-1]
    told = site.desk.send("GET", f"prov-report/{kind}/{pk}/?format=json")
    influences = [*told["wasInfluencedBy"].values()]
    assert [one["fair:outcome"] for one in influences] == ["reproduced"]


def test_a_random_analysis_is_not_reproduced_and_the_file_is_named(
    site: Site, repository: Path, commit: str, done: dict[str, Any]
) -> None:
    changed = make_repository(repository, {"mean.py": _RANDOM})
    assert changed != commit
    tasks = run_study(site, repository, changed)
    first = tasks["mean"]["code_run"]
    assert first != done["mean"]["code_run"]
    again = site.desk.send("POST", f"{first}rerun/")
    site.wait_until(again["url"], "complete")
    kind, pk = first.split("/")[-3:-1]
    told = site.desk.send("GET", f"prov-report/{kind}/{pk}/?format=json")
    [influence] = told["wasInfluencedBy"].values()
    assert influence["fair:outcome"] == "not"
    assert influence["fair:differing_output"] == "out/mean.txt"
    not_verified = {one["url"] for one in site.desk.all("code_run/?verified=false")}
    assert first in not_verified
