"""A project file keeps to the rules of its version, or is refused with its actions."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from registry.core.errors import InvalidInput
from registry.execution.project_files.checking import InvalidProject, read_project
from registry.execution.project_files.model import Project

pytestmark = pytest.mark.once

VERSIONS = (1, 2, 3, 4, 5)


def action(run: Any = "python:v2 a.py", output: Any = "a.csv", **more: Any) -> Any:
    return {"run": run, "outputs": {"highly_sensitive": {"file": output}}, **more}


def read(actions: Any, version: Any = 4, **top: Any) -> Project:
    if version == 3:
        top.setdefault("expectations", {"population_size": 1000})
    document = {"version": version, **top, "actions": actions}
    return read_project(yaml.safe_dump(document, sort_keys=False).encode())


def messages(actions: Any, version: Any = 4, **top: Any) -> list[str]:
    with pytest.raises(InvalidProject) as caught:
        read(actions, version, **top)
    return caught.value.messages


EXAMPLE = b"""
version: '4.0'

actions:
  generate:
    run: >
      ehrql:v1 generate-dataset analysis/dataset.py
      --output output/dataset.csv.gz
    outputs:
      highly_sensitive:
        dataset: output/dataset.csv.gz
  men: &one_sex
    run: python:latest python analysis/filter.py M
    needs: [generate]
    outputs:
      highly_sensitive:
        cohort: output/men*.csv
  women:
    <<: *one_sex
    run: python:latest python analysis/filter.py F "qu'ote.csv"
    outputs:
      highly_sensitive:
        cohort: output/women*.csv
  count:
    run: python:latest python analysis/count.py
    config:
      files: [men.csv, "qu'ote.csv"]
    needs: [men, women]
    outputs:
      moderately_sensitive:
        on: counts.txt
      minimally_sensitive:
  reuse:
    run: minimal-action:v1.1.0-pre output/dataset.csv.gz
    dummy_data_file: dummy.csv
    outputs:
      highly_sensitive:
        copy: output/copy.csv
"""


def test_a_project_is_read_as_it_is_written() -> None:
    project = read_project(EXAMPLE)
    assert project.version == 4
    assert list(project.actions) == ["generate", "men", "women", "count", "reuse"]
    count, women = project.actions["count"], project.actions["women"]
    assert count.needs == ("men", "women")
    assert [(one.level, one.name, one.pattern) for one in count.outputs] == [
        ("moderately_sensitive", "on", "counts.txt")
    ]
    assert count.command.arguments == (
        *("python", "analysis/count.py", "--config"),
        r'{"files": ["men.csv", "qu\u0027ote.csv"]}',
    )
    assert women.needs == ("generate",)
    assert women.command.arguments[-2:] == ("F", "qu'ote.csv")
    assert (project.actions["reuse"].run.image, project.actions["reuse"].run.tag) == (
        *("minimal-action", "v1.1.0-pre"),
    )


@pytest.mark.parametrize("version", [*VERSIONS, "4", "4.0", 3.0, "1"])
def test_versions_are_numbers_or_texts_of_them(version: Any) -> None:
    extra = {"expectations": {"population_size": 5}} if float(version) == 3 else {}
    assert read({"a": action()}, version, **extra).version == float(version)


@pytest.mark.parametrize("version", [0, 6, 4.5, -1, "6", 1e300, "nan", "inf"])
def test_other_versions_are_refused(version: Any) -> None:
    assert "Known are 1 to 5." in messages({"a": action()}, version)[0]


@pytest.mark.parametrize("version", ["four", True, [4], {"a": 4}, int("9" * 400), ""])
def test_a_version_must_be_a_number(version: Any) -> None:
    assert messages({"a": action()}, version) == [
        "version must be a number. Known are 1 to 5."
    ]


@pytest.mark.parametrize("content", [b"actions: {}", b"version:\nactions: {}"])
def test_a_version_is_required(content: bytes) -> None:
    with pytest.raises(InvalidProject, match="version is missing"):
        read_project(content)


@pytest.mark.parametrize("content", [b"", b"- a", b"text", b"5", b"a: ["])
def test_a_file_without_keys_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidProject):
        read_project(content)


@pytest.mark.parametrize("actions", [None, {}, [], "a", 5])
def test_a_project_has_actions(actions: Any) -> None:
    assert messages(actions) == ["actions must have at least one action."]


def test_unknown_keys_of_a_file_are_refused() -> None:
    assert messages({"a": action()}, stages=1) == [
        "Unknown keys: stages. Known are version, expectations, actions."
    ]


@pytest.mark.parametrize("size", [1000, "1000", 0])
def test_version_3_has_a_population_size(size: Any) -> None:
    top = {"expectations": {"population_size": size}}
    assert list(read({"a": action()}, 3, **top).actions) == ["a"]


@pytest.mark.parametrize(
    "given", [None, {}, [], {"population_size": "many"}, {"population_size": True}]
)
def test_version_3_needs_a_population_size(given: Any) -> None:
    assert messages({"a": action()}, 3, expectations=given) == [
        "expectations.population_size must be a whole number in version 3."
    ]


@pytest.mark.parametrize("version", [4, 5])
def test_expectations_are_refused_from_version_4_on(version: int) -> None:
    top = {"expectations": {"population_size": 1000}}
    assert messages({"a": action()}, version, **top) == [
        "expectations are not supported from version 4 on."
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_cohortextractor_is_refused_from_version_4_on(version: int) -> None:
    actions = {"a": action("cohortextractor:v1 generate_cohort")}
    if version < 4:
        assert read(actions, version).actions["a"].run.image == "cohortextractor"
    else:
        assert messages(actions, version) == [
            "Action a: cohortextractor is not supported from version 4 on: use ehrql."
        ]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_tag_latest_is_refused_from_version_5_on(version: int) -> None:
    actions = {"a": action("python:latest a.py")}
    if version < 5:
        assert read(actions, version).actions["a"].run.tag == "latest"
    else:
        assert messages(actions, version) == [
            'Action a: python has the tag "latest": name a version, such as v1.'
        ]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_action_called_run_all_does_not_count_and_is_refused_from_5_on(
    version: int,
) -> None:
    actions = {"a": action(), "run_all": {"needs": ["a"], "anything": 1}}
    if version < 5:
        assert list(read(actions, version).actions) == ["a"]
    else:
        assert messages(actions, version) == [
            "No action can be called run_all: it stands for all of them."
        ]


@pytest.mark.parametrize("version", VERSIONS)
def test_outputs_are_unique_from_version_2_on(version: int) -> None:
    actions = {
        "a": action("r:v2 a.R", "same.csv"),
        "b": action("r:v2 b.R", "same.csv"),
    }
    actions["b"]["outputs"]["minimally_sensitive"] = {"x": "t.txt", "y": "t.txt"}
    if version < 2:
        assert len(read(actions, version).actions) == 2
    else:
        assert messages(actions, version) == [
            "Action b: same.csv is an output of a too.",
            "Action b: t.txt is an output of b too.",
        ]


@pytest.mark.parametrize(
    "given, message",
    [
        (None, "must have the keys run and outputs."),
        ([], "must have the keys run and outputs."),
        ({}, "run is missing."),
        ({"run": "python:v2"}, "outputs is missing."),
        (action(uses="b"), "unknown key uses. Known are run, outputs, needs, config,"),
        (action(run=["python:v2"]), "run must be a text."),
        (action(run=""), "run is empty"),
        (action(run="  "), "run is empty"),
        (action(run="python:v2 'a"), "run cannot be read: No closing quotation."),
        (action(needs="b"), "needs must be a list of the names of actions."),
        (action(needs=[5]), "needs must be a list of the names of actions."),
        (action(needs={"b": 1}), "needs must be a list of the names of actions."),
        (action(needs=["b"]), 'it needs "b", which is no action.'),
        (action(needs=["b c"]), 'it needs "b c", which is no action.'),
        (action(needs=["run_all"]), 'it needs "run_all", which is no action.'),
        (action(needs=["a"]), "it needs itself."),
        (action(config=["x"]), "config must have keys and values."),
        (action(config={"x": float("inf")}), "config has an infinite number"),
        (action(config={"x": [float("nan")]}), "config has an infinite number"),
        (action(dummy_data_file=["x"]), "dummy_data_file must be a path."),
    ],
)
def test_what_is_wrong_with_an_action_is_said_with_its_name(
    given: Any, message: str
) -> None:
    assert f"Action a: {message}" in "\n".join(messages({"a": given}))


@pytest.mark.parametrize("key", ["needs", "config", "dummy_data_file"])
def test_an_empty_value_counts_as_absent(key: str) -> None:
    assert read({"a": action(**{key: None})}) == read({"a": action()})


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "tab\t", "n" * 1025])
def test_names_are_short_lines_of_text(name: str) -> None:
    assert ": a name " in messages({name: action()})[0]


def test_all_errors_are_given_at_once() -> None:
    found = messages(
        {"a": action(output="/a.csv"), "b": None, "c": action(needs=["b"])}
    )
    assert [one[:9] for one in found] == ["Action a:", "Action b:", "Action c:"]
    assert "same run" in found[2]


@pytest.mark.parametrize("path", [["a.csv"], {"a.csv": 1}, 5, None])
def test_the_output_of_a_dataset_must_be_a_path(path: Any) -> None:
    run = "ehrql:v1 generate-dataset --output a.csv"
    found = messages({"a": action(run, output=path)})
    assert found[0].endswith("file: give a path, such as output/table.csv.")


def test_a_need_is_known_even_if_it_is_wrong_itself() -> None:
    found = messages({"a": action("x"), "b": action(needs=["a", "c"])})
    assert found[1:] == ['Action b: it needs "c", which is no action.']


def test_a_need_that_is_named_twice_counts_once() -> None:
    actions = {"a": action(), "b": action("r:v1", "b.csv", needs=["a", "a"])}
    assert read(actions).actions["b"].needs == ("a",)


@pytest.mark.parametrize("config", [{}, {"x": 1}])
def test_two_actions_with_the_same_run_are_refused(config: dict[str, int]) -> None:
    actions = {"a": action(), "b": action(output="b.csv", config=config)}
    assert messages(actions) == ["Action b: it has the same run as action a."]


def test_errors_are_few_and_short() -> None:
    many = {f"a{number}": None for number in range(1000)}
    assert len(messages(many)) == 50
    assert len(messages({"a" * 100_000: None})[0]) < 2100


def test_an_invalid_project_is_invalid_input() -> None:
    with pytest.raises(InvalidInput) as caught:
        read({"a": None})
    assert list(caught.value.fields) == ["project"]


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["version", "actions", "run", "outputs", "needs", "config", "a"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
ACTIONS = st.dictionaries(
    st.sampled_from("abc") | st.text(max_size=3),
    st.fixed_dictionaries(
        {
            "run": st.sampled_from(["ehrql:v1 generate-dataset --output", "r:v1"])
            | st.text("ab:v1'\" \\", max_size=9)
            | DOCUMENTS,
            "outputs": st.dictionaries(
                st.sampled_from(["highly_sensitive", "moderately_sensitive"]),
                st.dictionaries(
                    st.text(max_size=2),
                    st.text("ab./*c:\\?[", max_size=7) | DOCUMENTS,
                    max_size=2,
                )
                | DOCUMENTS,
            )
            | DOCUMENTS,
        },
        optional={
            "needs": st.lists(st.sampled_from("abc")) | DOCUMENTS,
            "config": DOCUMENTS,
            "dummy_data_file": DOCUMENTS,
        },
    )
    | DOCUMENTS,
    max_size=3,
)


@given(
    DOCUMENTS
    | st.fixed_dictionaries(
        {
            "version": st.sampled_from(VERSIONS),
            "actions": ACTIONS,
            "expectations": st.just({"population_size": 1}),
        }
    )
    | st.fixed_dictionaries({"version": st.just(4), "actions": ACTIONS})
)
@example({"version": int("9" * 400), "actions": {}})
def test_any_document_is_a_project_or_an_invalid_one(document: Any) -> None:
    content = yaml.safe_dump(document, allow_unicode=True).encode(errors="replace")
    with suppress(InvalidProject):
        assert read_project(content).actions


@given(st.binary(max_size=60))
def test_any_bytes_are_a_project_or_an_invalid_one(content: bytes) -> None:
    with pytest.raises(InvalidProject):
        read_project(content)


NAMES = st.text("abc_ -.é1", min_size=1, max_size=6).filter(
    lambda name: name.strip() == name and name != "run_all"
)


@given(st.data(), st.sampled_from(VERSIONS), st.lists(NAMES, min_size=1, unique=True))
def test_a_valid_project_keeps_all_that_it_says(
    data: st.DataObject, version: int, names: list[str]
) -> None:
    level = st.sampled_from(["highly_sensitive", "moderately_sensitive"])
    actions = {
        name: {
            "run": f"python:v2 {number}.py",
            "outputs": {data.draw(level): {"out": f"out/*/{number}.csv"}},
            "needs": data.draw(
                st.lists(st.sampled_from(names[:number]), unique=True, max_size=3)
                if number
                else st.just([])
            ),
        }
        for number, name in enumerate(names)
    }
    project = read(actions, version)
    again = {
        name: {
            "run": " ".join((f"{one.run.image}:{one.run.tag}", *one.run.arguments)),
            "outputs": {one.outputs[0].level: {"out": one.outputs[0].pattern}},
            "needs": list(one.needs),
        }
        for name, one in project.actions.items()
    }
    assert again == actions
    assert list(again) == names
