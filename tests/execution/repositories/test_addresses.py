"""Only repositories below the prefixes of the operator are ever fetched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from registry.core.errors import InvalidInput
from registry.execution.repositories import check_address
from registry.execution.repositories.errors import (
    AddressHasCredentials,
    AddressMalformed,
    AddressNotListed,
    InvalidRepository,
    OrganisationNotListed,
)

pytestmark = pytest.mark.once

GITHUB = "https://github.com/"


@pytest.fixture(autouse=True)
def github(repository_settings: Settings) -> None:
    repository_settings.REPOSITORY_PREFIXES = (GITHUB,)


@pytest.mark.parametrize("path", ["lab/study", "Lab-1/my.study_2", "lab/.github"])
@pytest.mark.parametrize("end", ["", "/", "//"])
def test_repositories_at_a_listed_host_can_be_fetched(path: str, end: str) -> None:
    address = check_address(f"{GITHUB}{path}{end}")
    assert (address.url, address.protocol) == (f"{GITHUB}{path}", "https")
    assert address.remote == address.url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lab/study",
        "http://github.com/lab/study",
        "HTTPS://github.com/lab/study",
        "https://GitHub.com/lab/study",
        "https://github.com",
        "https://github.com.evil.example/lab/study",
        "https://github.comlab/study",
        "https://evil.example/https://github.com/lab/study",
        "https://evil.example/?https://github.com/lab/study",
        "https://github.com:443/lab/study",
        "https:/github.com/lab/study",
        " https://github.com/lab/study",
        "\nhttps://github.com/lab/study",
        "ssh://github.com/lab/study",
        "git://github.com/lab/study",
        "ext::sh -c touch% /tmp/x",
        "ext::https://github.com/lab/study",
        "file:///etc",
        "file::/etc",
        "fd::3",
        "/etc",
        "/etc/passwd",
        "../study",
        "~/study",
        "--upload-pack=touch /tmp/x",
        "-u",
        "C:\\study",
        "https://127.0.0.1/lab/study",
        "http://[::1]/lab/study",
    ],
)
def test_no_other_address_can_be_fetched(url: str) -> None:
    with pytest.raises(AddressNotListed) as caught:
        check_address(url)
    assert "Allowed prefixes: https://github.com/." in caught.value.detail


@pytest.mark.parametrize(
    "rest",
    [
        *("", "/", "lab", "lab/", "lab/study/tree", "lab//study", "/lab/study"),
        *("../lab/study", "lab/..", "./study", "lab/.", "lab/../../x"),
        *("-lab/study", "lab/-study", "lab/--upload-pack=x", "lab/study;x"),
        *("lab/stu dy", "lab/study?x=1", "lab/study#main", "lab/%2e%2e", "lab/s%00"),
        *("lab\\study", "lab/stüdy", "lab/study\n", "lab/stu\ndy", "lab/study\x00"),
        *("lab/study\x1b[2J", "lab/$(x)", "lab/`x`", "lab/'x'", "lab/~x", "lab/x:y"),
        *(
            "lab/" + "x" * 1_000_000,
            "lab/study ",
            "lab/study\u2028",
            "lab/stu*",
            "lab/[x]",
            "lab/a|b",
            "lab/a&b",
        ),
    ],
)
def test_only_an_organisation_and_a_name_follow_the_host(rest: str) -> None:
    with pytest.raises(AddressMalformed) as caught:
        check_address(f"{GITHUB}{rest}")
    form = "https://github.com/[organisation]/[project-name]"
    assert caught.value.detail.endswith(f" is not of the form {form}.")
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 2000


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:s3cret@github.com/lab/study",
        "https://s3cret@github.com/lab/study",
        "https://:s3cret@github.com/lab/study",
        "https://github.com@s3cret:s3cret@evil.example/lab/study",
        "https://github.com:s3cret@evil.example/lab/study",
        "ssh://s3cret@github.com/lab/study",
        "ada:s3cret@github.com:lab/study",
        "s3cret@github.com:lab/study",
        "https://ada:s3cret@s3cret@github.com/lab/study",
        "https://ada:s3cret" + ":" * 1_000_000 + "@github.com/lab/study",
    ],
)
def test_credentials_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(AddressHasCredentials) as caught:
        check_address(url)
    error = caught.value
    assert "leave them out" in error.detail
    assert "s3cret" not in f"{error} {error.detail} {error.fields}"


@pytest.mark.parametrize("organisation", ["lab", "LAB", "other"])
def test_repositories_of_listed_organisations_can_be_fetched(
    organisation: str, repository_settings: Settings
) -> None:
    repository_settings.REPOSITORY_ORGANISATIONS = frozenset({"lab", "other"})
    assert check_address(f"{GITHUB}{organisation}/study").protocol == "https"


@pytest.mark.parametrize(
    "path", ["labs/lab", "la/lab", "someone/lab", "x/y/z", "", "lab?/x", "../lab/x"]
)
def test_repositories_of_other_organisations_are_refused(
    path: str, repository_settings: Settings
) -> None:
    repository_settings.REPOSITORY_ORGANISATIONS = frozenset({"lab", "other"})
    with pytest.raises(OrganisationNotListed) as caught:
        check_address(f"{GITHUB}{path}")
    assert "allowed organisation: lab, other." in caught.value.detail


def test_other_hosts_can_have_groups_of_groups(
    repository_settings: Settings,
) -> None:
    # without the slash at the end, which counts as being there
    repository_settings.REPOSITORY_PREFIXES = ("http://git.example:8080/group",)
    url = "http://git.example:8080/group/inner/study.git"
    assert check_address(url).protocol == "http"
    for other in ("http://git.example:8080/groups/x", "http://git.example:80/group/x"):
        with pytest.raises(AddressNotListed):
            check_address(other)
    with pytest.raises(AddressMalformed) as caught:
        check_address("http://git.example:8080/group/../x")
    assert "of the form http://git.example:8080/group/[name]." in caught.value.detail


def test_the_folders_of_the_server_are_not_shown(
    repository_settings: Settings,
) -> None:
    repository_settings.REPOSITORY_PREFIXES = ("/srv/secret/", GITHUB)
    with pytest.raises(AddressNotListed) as caught:
        check_address("/srv/study")
    assert "secret" not in f"{caught.value} {caught.value.fields}"


def test_no_prefix_allows_nothing(repository_settings: Settings) -> None:
    repository_settings.REPOSITORY_PREFIXES = ()
    with pytest.raises(AddressNotListed, match="Allowed prefixes: none"):
        check_address(f"{GITHUB}lab/study")


def test_a_listed_folder_is_read_by_its_path(
    tmp_path: Path, repository_settings: Settings
) -> None:
    repository_settings.REPOSITORY_PREFIXES = (str(tmp_path / "sources"),)
    repository_settings.REPOSITORY_ORGANISATIONS = frozenset({"lab"})
    address = check_address(f"{tmp_path}/sources/group/study/")
    assert (address.protocol, address.url) == (
        *("file", f"{tmp_path}/sources/group/study"),
    )
    assert address.remote == f"file://{tmp_path}/sources/group/study"
    with pytest.raises(AddressNotListed):
        check_address(f"file://{tmp_path}/sources/study")


def test_links_lead_out_of_no_listed_folder(
    tmp_path: Path, repository_settings: Settings
) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "sources" / "link").symlink_to(tmp_path / "secret")
    repository_settings.REPOSITORY_PREFIXES = (f"{tmp_path}/sources/",)
    for path in ("link", "link/study"):
        with pytest.raises(AddressNotListed):
            check_address(f"{tmp_path}/sources/{path}")
    with pytest.raises(AddressMalformed):
        check_address(f"{tmp_path}/sources/../secret")


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=30)
    | st.text(max_size=20).map(lambda text: GITHUB + text)
    | st.text("ab/.-@:%", max_size=20).map(lambda text: GITHUB + text)
)
def test_any_text_is_an_address_of_the_form_or_refused(url: str) -> None:
    try:
        address = check_address(url)
    except InvalidRepository as error:
        assert isinstance(error, InvalidInput)  # noqa: PT017
        assert error.fields == {"repo_url": [error.detail]}  # noqa: PT017
        assert error.detail.isascii() or "…" in error.detail  # noqa: PT017
    else:
        organisation, name = address.url.removeprefix(GITHUB).split("/")
        assert {organisation, name}.isdisjoint({"", ".", ".."})
        assert not address.url.startswith("-")
