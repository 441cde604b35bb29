"""Environments of their own for programs that people already use with a registry.

Such programs come from PyPI as they are published, and need other versions of the
libraries that the registry itself needs. Each gets a virtual environment under
`.venv-clients/`, made from the pins in `tests/clients/NAME-requirements.txt` when it
is first asked for, and made anew when the pins or the Python change.

    python -m tests.clients.environment fair      # makes it ahead of the tests
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from argparse import ArgumentParser
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parents[1] / ".venv-clients"


def client_environment(name: str) -> Path:
    """Return the folder of the environment called `name`, made where it is missing.

    Test processes that ask at the same time wait for the one that makes it. Raises
    `subprocess.CalledProcessError` where the packages cannot be installed.
    """
    requirements = HERE / f"{name}-requirements.txt"
    folder = ENVIRONMENTS / name
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(folder, requirements):
            _make(folder, requirements)
    return folder


def _is_current(folder: Path, requirements: Path) -> bool:
    stamp = folder / "stamp"
    return stamp.exists() and stamp.read_text() == _stamp(requirements)


def _stamp(requirements: Path) -> str:
    """Say what the environment was made from: the pins and the interpreter."""
    pins = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{pins} {sys.version}\n"


def _make(folder: Path, requirements: Path) -> None:
    # The stamp is written last: an installation that broke off has none.
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    subprocess.run(
        [folder / "bin" / "pip", "install", "--quiet", "--requirement", requirements],
        check=True,
    )
    (folder / "stamp").write_text(_stamp(requirements))


def main() -> None:
    """Make the environments named on the command line."""
    parser = ArgumentParser(description="Make the environments of clients.")
    parser.add_argument("names", nargs="+", help="as in NAME-requirements.txt")
    for name in parser.parse_args().names:
        sys.stdout.write(f"{client_environment(name)}\n")


if __name__ == "__main__":
    main()
