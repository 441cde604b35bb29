"""Needs come first, and actions that need each other are found."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from registry.execution.project_files.checking import (
    InvalidProject,
    find_cycle,
    read_project,
)
from registry.execution.project_files.model import (
    Action,
    Command,
    Project,
)

pytestmark = pytest.mark.once


def project(**needs: str) -> Project:
    command = Command("python", "v2", ())
    return Project(
        5, {name: Action(name, command, (), tuple(of)) for name, of in needs.items()}
    )


DIAMOND = project(d="bc", c="a", b="a", a="", e="")


@pytest.mark.parametrize(
    "names, expected",
    [
        ("a", "a"),
        ("d", "abcd"),
        ("cd", "abcd"),
        ("ab", "ab"),
        ("dd", "abcd"),
        ("ed", "abcde"),
        ("", ""),
    ],
)
def test_needs_come_before_what_needs_them(names: str, expected: str) -> None:
    found = DIAMOND.needed_by(*names)
    assert sorted(found) == list(expected)
    for at, name in enumerate(found):
        assert set(DIAMOND.actions[name].needs) <= set(found[:at])


@pytest.mark.parametrize("name", ["x", "", "A", "run_all"])
def test_an_unknown_action_has_no_needs(name: str) -> None:
    with pytest.raises(KeyError):
        DIAMOND.needed_by("a", name)


def test_many_shared_needs_are_walked_once() -> None:
    layers = {
        f"{layer}{side}": [f"{layer + 1}a", f"{layer + 1}b"]
        for layer in range(200)
        for side in "ab"
    }
    command = Command("python", "v2", ())
    actions = {
        name: Action(name, command, (), tuple(one for one in needs if one in layers))
        for name, needs in layers.items()
    }
    found = Project(5, actions).needed_by("0a", "0b")
    assert len(found) == 400
    assert set(found[-2:]) == {"0a", "0b"}


def _project_file(needs: dict[str, list[str]]) -> bytes:
    actions = {
        name: {
            "run": f"python:v2 {name}",
            "outputs": {"highly_sensitive": {"a": f"{name}.csv"}},
            "needs": of,
        }
        for name, of in needs.items()
    }
    return yaml.dump({"version": 5, "actions": actions}, sort_keys=False).encode()


@given(st.integers(2, 12), st.integers(0, 4), st.randoms())
def test_a_circle_of_any_length_is_found_with_its_names(
    length: int, others: int, random: Random
) -> None:
    circle = [f"c{number}" for number in range(length)]
    needs = {name: [circle[index - 1]] for index, name in enumerate(circle)}
    needs.update({f"o{number}": [random.choice(circle)] for number in range(others)})
    for name in circle:
        needs[name] += [f"free{name}"]
        needs[f"free{name}"] = []
    names = list(needs)
    random.shuffle(names)
    with pytest.raises(InvalidProject) as caught:
        read_project(_project_file({name: needs[name] for name in names}))
    (message,) = caught.value.messages
    found = message.removeprefix("Actions need each other in a circle: ")
    way = found.removesuffix(".").split(" → ")
    assert way[0] == way[-1]
    assert sorted(way[1:]) == sorted(circle)
    assert all(later in needs[earlier] for earlier, later in pairwise(way))


def test_a_long_circle_is_found_and_told_in_part() -> None:
    length = 3000
    needs = {f"c{one}": [f"c{(one + 1) % length}"] for one in range(length)}
    with pytest.raises(InvalidProject) as caught:
        read_project(_project_file(needs))
    (message,) = caught.value.messages
    assert message.startswith("Actions need each other in a circle: c0 → c1 → c2 → ")
    assert message.endswith(" …")


def test_a_circle_is_found_beside_an_action_that_needs_itself() -> None:
    needs = {"a": ["a"], "b": ["c"], "c": ["b"]}
    with pytest.raises(InvalidProject) as caught:
        read_project(_project_file(needs))
    assert caught.value.messages == [
        "Action a: it needs itself.",
        "Actions need each other in a circle: b → c → b.",
    ]


@given(
    st.integers(1, 30).flatmap(
        lambda count: st.lists(
            st.lists(st.integers(0, count), max_size=4), min_size=count, max_size=count
        )
    )
)
def test_needs_without_a_circle_can_be_ordered(rows: list[list[int]]) -> None:
    needs = {
        str(index): tuple(str(one) for one in row if one < index)
        for index, row in enumerate(rows)
    }
    assert find_cycle(needs) == []
    command = Command("python", "v2", ())
    actions = {name: Action(name, command, (), of) for name, of in needs.items()}
    order = Project(5, actions).needed_by(*actions)
    assert sorted(order) == sorted(needs)
    assert all(
        order.index(need) < order.index(name) for name in needs for need in needs[name]
    )
