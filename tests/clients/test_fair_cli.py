"""The FAIR Data Pipeline's clients, as published, take a group's work to a registry.

The page `docs/guide/fair-client.md` is what runs here: its files are written and its
commands are run as printed, on machines whose home folders are temporary ones. Ada's
has a local registry and pushes to a remote one; Grace's has another local registry and
pulls from there. All three begin with the example content, as registries do.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.clients.conftest import EXAMPLE
from tests.clients.environment import HERE
from tests.clients.researchers import MANY, PAGE, Researcher

# The page is worked through once, for all tests.
pytestmark = pytest.mark.xdist_group("fair-cli")

COUNTS = (EXAMPLE / "data" / "in-bed.csv").read_bytes()
MODEL = (EXAMPLE / "model-config.toml").read_bytes()


def test_the_page_installs_the_versions_that_run_here() -> None:
    pins = (HERE / "fair-requirements.txt").read_text().splitlines()
    (line,) = re.findall(r"pip install (.+)", "".join(block.text for block in PAGE))
    assert set(line.split()) <= set(pins)


def test_pull_registers_a_source_with_its_citation_and_its_address(
    ada: Researcher, source: str
) -> None:
    record = ada.local.one("external_object", alternate_identifier="bmj-1978-1-587")
    assert record["title"] == "Influenza in a boarding school"
    assert record["release_date"] == "1978-03-04T00:00:00Z"
    assert record["primary_not_supplement"] is True
    assert record["version"] == "1.0.0"
    original = ada.local.get(record["original_store"])
    root = ada.local.get(original["storage_root"])["root"]
    assert root + original["path"] == f"{source}/data/in-bed.csv"


def test_pull_keeps_the_files_as_they_are_at_their_source(ada: Researcher) -> None:
    school = ada.store / "boarding-school"
    assert (school / "in-bed" / "1.0.0.csv").read_bytes() == COUNTS
    assert (school / "model-config" / "1.0.0.toml").read_bytes() == MODEL


def test_a_second_pull_changes_nothing(ada: Researcher) -> None:
    kinds = ("data_product", "external_object", "object", "storage_location")
    before = [ada.local.get(kind)["results"] for kind in kinds]
    ada.machine.run("fair pull", ada.project)
    assert [ada.local.get(kind)["results"] for kind in kinds] == before


@pytest.mark.parametrize("where", ["local", "remote"])
def test_the_run_has_its_inputs_and_its_output(ada: Researcher, where: str) -> None:
    registry = ada.registry(where)
    run = registry.one("code_run", uuid=ada.run)
    assert registry.products(run["inputs"]) == {"in-bed", "model-config"}
    assert registry.products(run["outputs"]) == {"growth"}


def test_the_pushed_run_has_its_script_and_its_configuration(ada: Researcher) -> None:
    run = ada.remote.one("code_run", uuid=ada.run)
    script = ada.remote.stored(run["submission_script"])
    assert script == (ada.project / "growth.py").read_bytes()
    configuration = ada.remote.stored(run["model_config"]).decode()
    assert run["description"] in configuration


def test_the_pushed_run_names_the_commit_of_its_code(ada: Researcher) -> None:
    run = ada.remote.one("code_run", uuid=ada.run)
    code = ada.remote.get(run["code_repo"])
    commit = ada.machine.run("git rev-parse HEAD", ada.project).strip()
    assert ada.remote.get(code["storage_location"])["hash"] == commit


def test_the_result_is_at_its_address_as_it_was_written(ada: Researcher) -> None:
    assert ada.remote.file("data_product/ada:growth@0.0.1") == ada.written
    assert (ada.project / "growth.csv").read_bytes() == ada.written
    assert b"doubling time,0.7120,day" in ada.written


def test_the_sources_are_at_their_addresses_too(ada: Researcher) -> None:
    school, title = "boarding-school", "Influenza%20in%20a%20boarding%20school"
    assert ada.remote.file(f"data_product/{school}:in-bed@1.0.0") == COUNTS
    assert ada.remote.file(f"data_product/{school}:model-config@1.0.0") == MODEL
    assert ada.remote.file(f"external_object/bmj-1978-1-587:{title}@1.0.0") == COUNTS


def test_the_pushed_records_say_who_made_and_who_sent_them(ada: Researcher) -> None:
    product = ada.remote.one("data_product", name="growth")
    (author,) = ada.remote.get(product["object"])["authors"]
    assert ada.remote.get(author)["name"] == "Ada Lovelace"
    assert ada.remote.one("user_author", author=author)["user"] == product["updated_by"]


@pytest.mark.parametrize("where", ["local", "remote"])
def test_the_issues_are_about_what_they_were_raised_about(
    ada: Researcher, where: str
) -> None:
    registry = ada.registry(where)
    counts = registry.one("issue", description=described("Boys in bed"))
    assert counts["severity"] == 4
    assert registry.products(counts["component_issues"]) == {"in-bed", "growth"}
    interval = registry.one("issue", description=described("confidence interval"))
    assert interval["severity"] == 2
    (component,) = interval["component_issues"]
    run = registry.one("code_run", uuid=ada.run)
    assert registry.get(component)["object"] == run["submission_script"]


def described(words: str) -> str:
    """Return the one text of the model that has these words, whole."""
    model = "".join(block.text for block in PAGE if block.path.endswith("growth.py"))
    (text,) = re.findall(rf'"([^"\n]*{words}[^"\n]*)"', model)
    return str(text)


def test_a_second_push_changes_nothing(ada: Researcher) -> None:
    def pushed() -> tuple[Any, ...]:
        run = ada.remote.one("code_run", uuid=ada.run)
        kinds = ("data_product", "object", "storage_location", "code_run")
        counts = [ada.remote.get(kind)["count"] for kind in kinds]
        return counts, set(run["inputs"]), set(run["outputs"])

    before = pushed()
    (commands,) = (block.text for block in PAGE if "fair push" in block.text)
    ada.machine.run(commands, ada.project)
    assert pushed() == before


@pytest.mark.parametrize("where", ["local", "remote"])
def test_the_clients_are_refused_nothing_but_duplicates(
    ada: Researcher, where: str
) -> None:
    log = ada.registry(where).live.log
    answers = re.findall(r"path=/(?:api|data)\S* status=(\d+)", log)
    assert len(answers) > 100
    assert set(answers) <= {"200", "201", "301", "409"}


def test_somebody_else_pulls_the_result(grace: Researcher, ada: Researcher) -> None:
    assert (grace.store / "ada" / "growth" / "0.0.1.csv").read_bytes() == ada.written
    theirs = ada.remote.one("data_product", name="growth")
    hers = grace.local.one("data_product", name="growth")
    assert (
        grace.local.get(hers["object"])["uuid"]
        == ada.remote.get(theirs["object"])["uuid"]
    )


def test_pull_reads_lists_of_several_pages_to_their_end(grace: Researcher) -> None:
    listed = grace.local.get("namespace", page_size=1000)["results"]
    assert {namespace["name"] for namespace in listed} > MANY
