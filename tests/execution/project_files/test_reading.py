"""YAML of strangers becomes plain values, or is refused with its place."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from registry.execution.project_files import reading
from registry.execution.project_files.reading import InvalidYAML, read_yaml

pytestmark = pytest.mark.once

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, width=32)
    | st.text("ab:-#'\"\n é数🐧{}[]&*!|>%@`", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc -:é", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text, value",
    [
        ("", None),
        ("# nothing", None),
        ("~", None),
        ("true", True),
        ("no", "no"),
        ("on", "on"),
        ("2026-12-01", "2026-12-01"),
        ("1:30:00", "1:30:00"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1_000", "1_000"),
        ("-2.5e3", -2500.0),
        ("-.inf", float("-inf")),
        ("'4'", "4"),
        ('"true"', "true"),
        ("|\n  one\n  two\n", "one\ntwo\n"),
        ("\ufeffa: 1", {"a": 1}),
        ("007: a", {"007": "a"}),
        ("yes: a", {"yes": "a"}),
        ("true: a", {"true": "a"}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        (
            "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3",
            {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}},
        ),
        ("<<: [{a: 1, b: 2}, {a: 3, c: 4}]", {"a": 1, "b": 2, "c": 4}),
        ("<<: {}", {}),
        ('"<<": 1', {"<<": 1}),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: Any) -> None:
    found = read_yaml(text.encode())
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"a: 1\na: 2", 'line 2, column 1: the key "a" is there twice.'),
        (b'a: 1\n"a": 2', 'line 2, column 1: the key "a" is there twice.'),
        (b"<<: {a: 1}\n<<: {b: 1}", 'line 2, column 1: the key "<<" is there twice.'),
        (b"<<: 5", "line 1, column 1: << must have keys and values."),
        (b"<<: [5]", "line 1, column 1: << must have keys and values."),
        (b"? [a]\n: 1", "line 1, column 3: a key must be a text."),
        (b"a: &x 1\n*x : 2", "line 2, column 1: a key must be a text."),
        (b"a: *x", "line 1, column 4: nothing before has this name."),
        (b"&a [*a]", "line 1, column 5: nothing before has this name."),
        (b"a: 1\n---\nb: 2", "line 2, column 1: a second document begins."),
        (b'a: "\\0"', "line 1, column 4: this has a control character."),
        (b'"\\x1b": 1', "line 1, column 1: this has a control character."),
        (b"a: !!python/object:os.system {}", "line 1, column 4: tags such as"),
        (b"a: !!bool maybe", "line 1, column 4: tags such as"),
        (b"!x a: 1", "line 1, column 1: tags such as"),
        (b"! 5", "line 1, column 1: tags such as"),
        (b"a: [", "line 2, column 1: did not find expected node content"),
        (b"a: \xff", "Byte 3 is not UTF-8."),
        (b'"\\ud800"', "line 1"),
        (b"%YAML 9.9\n---\na", "line 1, column 1:"),
        (b"a:\n\t- b", "line 2, column 1:"),
        (b"\x07", "control characters are not allowed"),
        (b"[" * 31 + b"]" * 31, "line 1, column 31: nested too deeply."),
        (b"[" * 100_000, "line 1, column 31: nested too deeply."),
        (b"- " * 100_000, "nested too deeply."),
        (b"{a: " * 100_000, "nested too deeply."),
    ],
)
def test_invalid_yaml_is_refused_with_its_place(content: bytes, message: str) -> None:
    with pytest.raises(InvalidYAML) as caught:
        read_yaml(content)
    assert message in str(caught.value)


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(InvalidYAML, match=r"larger than 2,000,000 bytes"):
        read_yaml(b"#" * (reading.MAX_BYTES + 1))


def _laughs(levels: int) -> bytes:
    lines = ["l0: &l0 ha"]
    for level in range(1, levels):
        names = ", ".join([f"*l{level - 1}"] * 10)
        lines.append(f"l{level}: &l{level} [{names}]")
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "content",
    [
        _laughs(10),
        _laughs(25),
        b"a: &a " + b"x" * 400_000 + b"\nb: [" + b"*a, " * 20 + b"]",
        b"a: &a {x: 1, y: [" + b"1," * 10_000 + b"]}\n"
        b"b: [" + b"{<<: *a}, " * 1000 + b"]",
    ],
    ids=["ten levels", "25 levels", "one long text", "merge keys"],
)
def test_aliases_count_as_what_they_stand_for(content: bytes) -> None:
    with pytest.raises(InvalidYAML, match="more than 4,000,000 characters"):
        read_yaml(content)


@given(PLAIN)
def test_values_survive_being_written(value: Any) -> None:
    written = yaml.safe_dump(value, allow_unicode=True)
    assert read_yaml(written.encode()) == value


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
@example(b"!!int ''")
@example(b"!!timestamp x")
@example(b"1e999")
@example(b"9" * 5000)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(InvalidYAML):
        read_yaml(content)


def test_the_parser_without_c_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_Parser", yaml.SafeLoader)
    assert read_yaml(b"a: &x [1, no]\nb: *x") == {"a": [1, "no"], "b": [1, "no"]}
    for content in (b"[" * 10_000, b'"\\ud800"', b"!!int ''", b"&a [*a]"):
        with pytest.raises(InvalidYAML):
            read_yaml(content)
