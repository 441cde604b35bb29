"""Code runs side by side."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import KeyValue
from registry.core.errors import InvalidInput
from registry.runs import comparing
from registry.runs.compared import spell_duration
from registry.runs.comparing import (
    ComparedRun,
    Comparison,
    Row,
    Section,
    Target,
    Value,
    chosen_runs,
    declare_section,
)
from registry.runs.models import CodeRun
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    ObjectComponentFactory,
    UserAuthorFactory,
    UserFactory,
)
from tests.runs.comparable import (
    many_runs,
    part_of,
    row_of,
    texts,
    thing,
    two_runs,
    whole,
)
from tests.withdrawing import REASON, withdraw

pytestmark = pytest.mark.django_db


def compare_runs(ids: Sequence[int], **options: Any) -> Comparison:
    """Compare code runs by their ids."""
    subjects = {pk: Target(CodeRun.kind, pk) for pk in ids}
    return comparing.compare_runs(subjects, **options)


def test_sections_have_what_differs_and_what_is_the_same() -> None:
    first, second = two_runs()
    found = compare_runs([first.pk, second.pk])
    assert [run.id for run in found.runs] == [first.pk, second.pk]
    assert [
        (section.title, len(section.differing), len(section.equal))
        for section in found.sections
    ] == [
        # they began at the same time, and the same person registered them
        ("Run", 3, 2),
        # their objects are other ones, of the same release name
        ("Code", 5, 1),
        ("Configuration and script", 1, 4),
        ("Parameters", 1, 1),
        # the births have no checksum
        ("Inputs", 2, 1),
        ("Outputs", 2, 0),
    ]


def test_the_run_has_its_times_and_how_long_it_took() -> None:
    first, second = two_runs()
    found = compare_runs([first.pk, second.pk])
    began = row_of(found, "Run", "Began")
    assert texts(began) == [["2026-03-04T05:06:07Z"]] * 2
    assert not began.differs
    assert began.cells[0][0].moment == first.run_date
    assert texts(row_of(found, "Run", "Duration")) == [["2 h 5 min"], ["2 h"]]


def test_a_run_that_has_not_ended_has_no_duration() -> None:
    ended, going = CodeRunFactory(), CodeRunFactory(end_date=None)
    found = compare_runs([ended.pk, going.pk])
    for label in ("Ended", "Duration"):
        row = row_of(found, "Run", label)
        assert row.cells[1] == ()
        assert row.differs


@pytest.mark.parametrize(
    "duration, text",
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=59, milliseconds=500), "59.5 s"),
        (timedelta(microseconds=1), "0.000001 s"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(hours=1, seconds=10), "1 h 10 s"),
        (timedelta(days=1000, hours=2, minutes=3, seconds=4), "1000 d 2 h 3 min 4 s"),
    ],
)
def test_a_duration_is_spelt_without_what_is_zero(
    duration: timedelta, text: str
) -> None:
    assert spell_duration(duration) == text


def test_only_people_with_an_account_see_the_names_of_accounts() -> None:
    runs = [CodeRunFactory(by=UserFactory(username=name)) for name in ("ada", "bob")]
    ids = [run.pk for run in runs]
    row = row_of(compare_runs(ids), "Run", "Registered by")
    assert texts(row) == [[f"account {run.registered_by_id}"] for run in runs]
    row = row_of(compare_runs(ids, names_accounts=True), "Run", "Registered by")
    assert texts(row) == [["ada"], ["bob"]]


def test_who_ran_it_is_the_author_of_the_account() -> None:
    ada = UserAuthorFactory()
    by_ada, by_nobody = CodeRunFactory(by=ada.user), CodeRunFactory()
    ids = [by_ada.pk, by_nobody.pk]
    row = row_of(compare_runs(ids), "Run", "Run by")
    author = ada.author
    assert row.cells == ((Value(author.name, Target("author", author.pk)),), ())
    withdraw(ada)
    [about, *_] = compare_runs(ids).sections
    assert "Run by" not in [one.label for one in about.rows]


def test_code_is_compared_by_release_version_and_commit() -> None:
    first, second = two_runs()
    found = compare_runs([first.pk, second.pk])
    label = "Code repository"
    assert texts(row_of(found, "Code", label, "release")) == [["org/model"]] * 2
    version = row_of(found, "Code", label, "version")
    assert texts(version) == [["1.0.0"], ["2.0.0"]]
    assert first.code_repo is not None
    release = first.code_repo.code_repo_release
    assert version.cells[0][0].target == Target("code_repo_release", release.pk)
    commit = row_of(found, "Code", label, "commit or SHA-1")
    assert texts(commit) == [["c" * 40], ["d" * 40]]
    withdraw(release)
    again = compare_runs([first.pk, second.pk])
    assert row_of(again, "Code", label, "version").cells[0] == ()


def test_the_script_is_compared_by_description_and_checksum() -> None:
    first, second = two_runs()
    found = compare_runs([first.pk, second.pk])
    title = "Configuration and script"
    script = row_of(found, title, "Script", "SHA-1")
    assert texts(script) == [["5" * 40]] * 2
    assert not script.differs
    assert (
        texts(row_of(found, title, "Script", "description")) == [["Run the model"]] * 2
    )
    configuration = row_of(found, title, "Configuration", "object")
    assert configuration.differs
    assert not configuration.note
    assert not row_of(found, title, "Configuration", "description").differs


def test_other_objects_with_the_same_bytes_are_noted() -> None:
    scripts = [thing("ab" * 20), thing("AB" * 20)]
    ids = [CodeRunFactory(submission_script=one).pk for one in scripts]
    found = compare_runs(ids)
    title = "Configuration and script"
    assert not row_of(found, title, "Script", "SHA-1").differs
    which = row_of(found, title, "Script", "object")
    assert which.note == "Different objects, but the same bytes."


def test_parameters_are_the_key_values_of_the_configuration() -> None:
    first, second = two_runs()
    ids = [first.pk, second.pk]
    found = compare_runs(ids)
    assert texts(row_of(found, "Parameters", "rate")) == [["0.1"], ["0.2"]]
    assert not row_of(found, "Parameters", "seed").differs
    pair = KeyValue.objects.get(object=first.model_config, key="rate")
    withdraw(pair)
    rate = row_of(compare_runs(ids), "Parameters", "rate")
    assert texts(rate) == [[], ["0.2"]]
    assert rate.groups == (0, 1)


def test_inputs_are_matched_by_the_names_of_data_products() -> None:
    first, second = two_runs()
    found = compare_runs([first.pk, second.pk])
    version = row_of(found, "Inputs", "health:human/deaths", "version")
    assert texts(version) == [["1.0.0"], ["1.1.0"]]
    targets = [value.target for [value] in version.cells]
    assert [target and target.kind for target in targets] == ["data_product"] * 2
    sha1 = row_of(found, "Inputs", "health:human/deaths", "SHA-1")
    assert texts(sha1) == [["1" * 40], ["2" * 40]]
    assert not row_of(found, "Inputs", "health:human/births", "version").differs


def test_another_version_with_the_same_bytes_is_noted() -> None:
    product = DataProductFactory(version="1.0.0", object=thing("e" * 40))
    same = DataProductFactory(
        namespace=product.namespace,
        name=product.name,
        version="2.0.0",
        object=thing("e" * 40),
        by=product.namespace.registered_by,
    )
    ids = [CodeRunFactory(inputs=[part_of(one)]).pk for one in (product, same)]
    label = f"{product.namespace.name}:{product.name}"
    version = row_of(compare_runs(ids), "Inputs", label, "version")
    assert version.note == "Different versions, but the same bytes."


def test_bytes_that_are_not_known_are_not_the_same() -> None:
    known, unknown = (
        DataProductFactory(version="1.0.0", object=thing("e" * 40)),
        DataProductFactory(object=thing()),
    )
    again = DataProductFactory(
        namespace=known.namespace,
        name=known.name,
        version="2.0.0",
        object=thing(),
        by=known.registered_by,
    )
    ids = [
        CodeRunFactory(inputs=[*map(part_of, inputs)]).pk
        for inputs in ([known, unknown], [known, again, unknown])
    ]
    found = compare_runs(ids)
    label = f"{known.namespace.name}:{known.name}"
    assert not row_of(found, "Inputs", label, "version").note
    sha1 = row_of(found, "Inputs", label, "SHA-1")
    assert texts(sha1) == [["e" * 40], ["e" * 40, "none"]]
    [inputs] = [one for one in found.sections if one.title == "Inputs"]
    # without any checksum, there is no row of them
    assert len(inputs.rows) == 3


def test_a_run_can_have_two_versions_of_an_input() -> None:
    old = DataProductFactory(version="1.0.0")
    new = DataProductFactory(
        namespace=old.namespace, name=old.name, version="1.1.0", by=old.registered_by
    )
    both = CodeRunFactory(inputs=[part_of(new), part_of(old)])
    one = CodeRunFactory(inputs=[part_of(new)])
    label = f"{old.namespace.name}:{old.name}"
    row = row_of(compare_runs([both.pk, one.pk]), "Inputs", label, "version")
    assert texts(row) == [["1.0.0", "1.1.0"], ["1.1.0"]]
    assert row.differs


def test_an_object_with_two_names_is_matched_by_both() -> None:
    product = DataProductFactory()
    alias = DataProductFactory(object=product.object, by=product.registered_by)
    run, other = (
        CodeRunFactory(inputs=[part_of(product)]),
        CodeRunFactory(inputs=[part_of(alias)]),
    )
    found = compare_runs([run.pk, other.pk])
    for one in (product, alias):
        label = f"{one.namespace.name}:{one.name}"
        row = row_of(found, "Inputs", label, "version")
        assert texts(row) == [[one.version]] * 2


def test_an_object_without_a_product_is_matched_by_its_description() -> None:
    objects = [thing(description="Boys in bed"), thing(description="Boys in bed")]
    ids = [CodeRunFactory(inputs=[whole(one)]).pk for one in objects]
    row = row_of(compare_runs(ids), "Inputs", "Boys in bed", "object")
    assert texts(row) == [[f"object {one.pk}"] for one in objects]


def test_an_object_without_a_description_is_matched_by_its_file() -> None:
    named, nameless = thing("a" * 40, description=None), thing(description=None)
    run = CodeRunFactory(inputs=[whole(named), whole(nameless)])
    found = compare_runs([run.pk, CodeRunFactory().pk])
    assert named.storage_location is not None
    file_name = named.storage_location.path.rpartition("/")[2]
    for label, one in ((file_name, named), (f"object {nameless.pk}", nameless)):
        row = row_of(found, "Inputs", label, "object")
        assert texts(row)[0] == [f"object {one.pk}"]


def test_a_component_is_matched_with_its_name() -> None:
    product = DataProductFactory()
    table = ObjectComponentFactory(object=product.object, name="table/1", issues=[])
    run = CodeRunFactory(outputs=[table, part_of(product)])
    found = compare_runs([run.pk, CodeRunFactory(outputs=[]).pk])
    name = f"{product.namespace.name}:{product.name}"
    for label in (name, f"{name}, component table/1"):
        assert texts(row_of(found, "Outputs", label, "version"))[1] == []


def test_withdrawn_runs_and_records_are_marked() -> None:
    first, second = two_runs()
    product = first.inputs.get(object__description="Deaths 1.0.0").object
    withdraw(product)
    withdraw(first)
    found = compare_runs([first.pk, second.pk])
    assert [run.withdrawn for run in found.runs] == [REASON, None]
    assert texts(row_of(found, "Run", "Withdrawn")) == [[REASON], []]
    version = row_of(found, "Inputs", "health:human/deaths", "version")
    assert [value.is_withdrawn for [value] in version.cells] == [True, False]


def test_the_groups_say_which_runs_are_the_same() -> None:
    cells = [(Value("a"),), (Value("b"),), (Value("a"),), (), ()]
    row = Row("seed", tuple(cells))
    assert row.groups == (0, 1, 0, 2, 2)
    assert row.differs


def test_runs_without_anything_have_empty_sections() -> None:
    ids = [
        CodeRunFactory(code_repo=None, model_config=None, inputs=[], outputs=[]).pk
        for _ in range(2)
    ]
    found = compare_runs(ids)
    assert [one.title for one in found.sections if not one.rows] == [
        *("Code", "Parameters", "Inputs", "Outputs")
    ]


@pytest.mark.parametrize("count, inputs", [(2, 1), (20, 30)])
def test_the_number_of_statements_is_constant(
    count: int, inputs: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = many_runs(count, inputs)
    # the links, the runs, the parameters; inputs and outputs, and their products
    with django_assert_num_queries(1 + 1 + 1 + 3 + 2 + 2):
        found = comparing.compare_runs(chosen_runs([str(pk) for pk in ids]))
    assert len(found.runs) == count
    assert sum(len(section.rows) for section in found.sections) > inputs


def test_too_many_inputs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.runs.compared_data.MAX_LINKS", 3)
    ids = many_runs(2, 2)
    with pytest.raises(InvalidInput, match="more than 3 inputs together"):
        compare_runs(ids)


def _refusal(*written: str) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        chosen_runs(written)
    return list(error.value.fields["id"])


def test_runs_are_chosen_by_every_kind_of_link() -> None:
    runs = [CodeRunFactory() for _ in range(4)]
    written = [
        str(runs[0].pk),
        f"/api/code_run/{runs[1].pk}/",
        f"https://elsewhere.example.org/api/code_run/{runs[2].pk}",
        str(runs[3].uuid),
    ]
    assert [*chosen_runs(written)] == [run.pk for run in runs]


def test_links_that_lead_to_no_run_are_named() -> None:
    run = CodeRunFactory()
    messages = _refusal(str(run.pk), "987654", "nonsense", f"/api/object/{run.pk}/")
    assert messages[0] == "Code run 987654 does not exist."
    assert [one.partition(" is not")[0] for one in messages[1:]] == [
        *("'nonsense'", f"'/api/object/{run.pk}/'")
    ]


def test_a_run_is_not_compared_with_itself() -> None:
    run, other = CodeRunFactory(), CodeRunFactory()
    message = f"Code run {run.pk} is given more than once."
    assert _refusal(str(run.pk), str(other.pk), str(run.pk)) == [message]
    assert _refusal(str(run.pk), str(run.uuid)) == [message]


@pytest.mark.parametrize("count", [0, 1, 21])
def test_fewer_than_2_and_more_than_20_are_refused(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        [message] = _refusal(*map(str, range(1, count + 1)))
    assert message == f"Give from 2 to 20 code runs; these are {count}."


def test_a_run_that_was_removed_meanwhile_is_named() -> None:
    run = CodeRunFactory()
    with pytest.raises(InvalidInput, match="Code run 987654 does not exist"):
        compare_runs([run.pk, 987654])


def test_a_domain_can_declare_a_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_BUILDERS", list(comparing._BUILDERS))

    def letters(runs: Sequence[ComparedRun]) -> Section:
        cells = [(Value(letter),) for _, letter in zip(runs, "ab", strict=True)]
        return Section.of("Letters", [Row("Letter", tuple(cells))])

    declare_section(letters, rank=45)
    found = compare_runs([CodeRunFactory().pk, CodeRunFactory().pk])
    titles = [section.title for section in found.sections]
    assert list(itertools.pairwise(titles))[3:5] == [
        ("Parameters", "Letters"),
        ("Letters", "Inputs"),
    ]
    assert texts(row_of(found, "Letters", "Letter")) == [["a"], ["b"]]
