"""Documents say of runs that they failed, and that they were run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from registry.identity.models import User
from registry.provenance.crates.writing import metadata_of
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.runs.models import CodeRun, Outcome
from tests import factories
from tests.provenance.crates.handed import content_of, url_of
from tests.provenance.crates.made import (
    ADA,
    FILES,
    SORT,
    action,
    file,
    metadata,
    zipped,
)
from tests.provenance.crates.made import take_in as take_in_crate
from tests.provenance.prov.documents import HERE, another_registry, take_in

pytestmark = pytest.mark.django_db

_FAILED = {"@id": "http://schema.org/FailedActionStatus"}


@pytest.fixture
def user(settings: Settings, tmp_path: Path) -> User:
    settings.STORE_DIR = tmp_path / "store"
    made: User = factories.registrar()
    return made


def _graph_of(run: CodeRun) -> dict[str, Any]:
    """Return the entities of a crate about a run, by name."""
    document = metadata_of(content_of(run), url_of=url_of, packed=False)
    return {entity["@id"]: entity for entity in document["@graph"]}


def _told(run: CodeRun) -> dict[str, Any]:
    return as_json(report(run, depth=1, registry_url=HERE))


def test_a_report_says_that_a_run_failed_and_is_read_so(user: User) -> None:
    with another_registry():
        failed = factories.CodeRunFactory.create(failed=True)
        document = _told(failed)
        name = f"lreg:api/code_run/{failed.pk}"
    assert document["activity"][name]["fair:failed"] is True
    take_in(document, user)
    assert CodeRun.objects.get().failed is True


def test_a_report_says_nothing_of_what_did_not_fail(user: User) -> None:
    with another_registry():
        run = factories.CodeRunFactory.create()
        document = _told(run)
        name = f"lreg:api/code_run/{run.pk}"
    assert "fair:failed" not in document["activity"][name]
    take_in(document, user)
    assert CodeRun.objects.get().failed is False


def test_a_crate_gives_the_status_of_a_failed_action() -> None:
    failed = factories.CodeRunFactory.create(failed=True)
    worked = factories.CodeRunFactory.create()
    assert _graph_of(failed)[url_of(failed)]["actionStatus"] == _FAILED
    assert "actionStatus" not in _graph_of(worked)[url_of(worked)]


@pytest.mark.parametrize(
    "status, failed",
    [
        (_FAILED, True),
        ("FailedActionStatus", True),
        ({"@id": "http://schema.org/CompletedActionStatus"}, False),
        (None, False),
    ],
)
def test_the_status_of_an_action_is_read(user: User, status: Any, failed: bool) -> None:
    said = {} if status is None else {"actionStatus": status}
    files = (file("data/unsorted.txt"), file("data/sorted.txt"))
    described = metadata(SORT, ADA, *files, action(**said))
    take_in_crate(zipped(FILES, described), by=user)
    assert CodeRun.objects.get().failed is failed


@pytest.mark.parametrize("which", ["first", "again"])
def test_a_report_tells_of_a_verification_from_both_sides(which: str) -> None:
    found = factories.VerificationFactory.create(
        outcome=Outcome.PARTLY,
        differences=[{"path": "out/mean.txt", "first": "a" * 40, "again": "b" * 40}],
    )
    run = found.code_run if which == "first" else found.rerun
    document = _told(run)
    names = {
        one: f"lreg:api/code_run/{one.pk}" for one in (found.code_run, found.rerun)
    }
    assert {*names.values()} <= document["activity"].keys()
    [influence] = document["wasInfluencedBy"].values()
    assert influence["prov:influencee"] == names[found.rerun]
    assert influence["prov:influencer"] == names[found.code_run]
    assert influence["fair:outcome"] == "partly"
    assert influence["fair:differing_output"] == "out/mean.txt"


def test_a_verification_is_left_to_the_registry_that_made_it(user: User) -> None:
    with another_registry():
        document = _told(factories.VerificationFactory.create().code_run)
    outcome = take_in(document, user)
    assert CodeRun.objects.count() == 2
    [part] = [one for one in outcome.left_out if "wasInfluencedBy" in one.where]
    assert "verified" in part.why


def test_many_runs_take_one_statement_for_their_verifications(
    django_assert_max_num_queries: Any,
) -> None:
    run = factories.VerificationFactory.create().code_run
    with django_assert_max_num_queries(40) as first:
        _told(run)
    for _ in range(3):
        factories.VerificationFactory.create(code_run=run)
    with django_assert_max_num_queries(len(first.captured_queries)):
        _told(run)
