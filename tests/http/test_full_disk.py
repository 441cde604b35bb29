"""A registry reports a full disk (here a small file system in memory)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.plugins.server import LiveRegistry, StartRegistry

pytestmark = pytest.mark.once

SIZE = 48
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("small-disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=700", "tmpfs"]
    done = subprocess.run([*mount, str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a small file system can be mounted by the superuser alone")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def registry(start_registry: StartRegistry, small_disk: Path) -> LiveRegistry:
    started = start_registry(REGISTRY_DATA_DIR=str(small_disk), REGISTRY_FREE_MB="0")
    started.data_dir = small_disk
    return started


def _fill(folder: Path) -> Path:
    """Fill the disk."""
    file = folder / "filler"
    with file.open("wb", buffering=0) as filler:
        for size in (MEGABYTE, 4096, 1):
            try:
                while filler.write(b"x" * size) == size:
                    continue
            except OSError:
                continue
    return file


def test_a_full_disk_is_reported_and_reads_still_work(
    registry: LiveRegistry, small_disk: Path
) -> None:
    url = registry.url
    with (
        requests.Session() as program,
        requests.Session() as browser,
        requests.Session() as nobody,
    ):
        program.headers["Authorization"] = f"token {registry.token()}"
        # from then on, and for an hour, the use of the token is not written down
        assert program.get(f"{url}/api/username/").status_code == 200
        _sign_in(browser, registry)
        assert nobody.get(f"{url}/readyz").text == "ready\n"
        form = {"csrfmiddlewaretoken": _csrf(browser, f"{url}/namespace/new/")}
        filler = _fill(small_disk)
        rows = [{"name": str(n) * 100, "extension": str(n)} for n in range(2000)]
        answer = program.post(f"{url}/api/file_type/", json=rows)
        assert answer.status_code == 507
        assert answer.json() == {"detail": "The registry has no room left on its disk."}
        # more than fits into what the write-ahead log has already
        full = {**form, "name": "mine", "website": f"https://a.org/{'x' * 1000}"}
        page = browser.post(f"{url}/namespace/new/", full)
        assert page.status_code == 507, page.text
        assert "No disk space left" in page.text
        ready = nobody.get(f"{url}/readyz")
        assert ready.status_code == 503
        assert ready.text == "the disk of the data folder is full\n"
        with pytest.raises(AssertionError, match="There is no space left on the disk"):
            registry.user("anna", "fourteen days in bed")
        for path in ("/api/file_type/", "/file_type/"):
            assert nobody.get(f"{url}{path}").status_code == 200
        filler.unlink()
        assert nobody.get(f"{url}/readyz").text == "ready\n"
        assert program.post(f"{url}/api/file_type/", json=rows).status_code == 201


def test_a_nearly_full_disk_is_reported_before_it_is_full(
    start_registry: StartRegistry, small_disk: Path, registry: LiveRegistry
) -> None:
    # the same folder, with a reserve that is more than the disk has
    line = registry.manage(
        "shell",
        "-c",
        "from registry.storage.disk_space import find_disk_problem as find; "
        "print(find())",
        REGISTRY_FREE_MB=str(SIZE + 1),
    )
    assert f"the disk of the data folder has less than {SIZE + 1} MB left" in line


def _csrf(browser: requests.Session, address: str) -> str:
    page = browser.get(address).text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return found[1]


def _sign_in(browser: requests.Session, registry: LiveRegistry) -> None:
    form = {
        "username": "admin",
        "password": registry.password,
        "csrfmiddlewaretoken": _csrf(browser, f"{registry.url}/sign-in"),
    }
    assert browser.post(f"{registry.url}/sign-in", form).status_code == 200
