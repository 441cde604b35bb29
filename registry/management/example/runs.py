"""Runs the example's code as a reader would, and packs it as a release."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from django.conf import settings

from registry.management.example.content import CODE, RUNS

FOLDER = Path(settings.BASE_DIR) / "examples" / "boarding-school-influenza"
#: What belongs to the release: the code and how to use it. The data have their own
#: records, so that a run from the release needs the files that its record names.
RELEASED = ("*.py", "*.sh", "README.md")
#: The first moment that a ZIP archive can express: the same code is the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Times:
    """When a run began and ended, in UTC."""

    start: datetime
    end: datetime


def perform_runs(folder: Path) -> dict[str, Times]:
    """Run all scripts in a fresh copy of the example; tell when each one ran.

    Afterwards `folder` holds every file of the example, the release and the results
    included, under its path. A script that fails raises `CalledProcessError`.
    """
    for path in source_files():
        target = folder / path.relative_to(FOLDER)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
    (folder / CODE).write_bytes(release_archive())
    return {run.script: run_script(folder, run.script) for run in RUNS}


def source_files() -> Iterator[Path]:
    """Yield the files that the project brings, and nothing that runs left behind."""
    patterns = (*RELEASED, "*.toml", "data/in-bed.csv")
    for pattern in patterns:
        yield from sorted(FOLDER.glob(pattern))


def run_script(folder: Path, script: str) -> Times:
    """Run one submission script in `folder`, with the Python that runs this."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHON": sys.executable,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    start = datetime.now(UTC)
    subprocess.run(  # noqa: S603 (a script of this project)
        ["sh", script],  # noqa: S607 (wherever the system has its shell)
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return Times(start, datetime.now(UTC))


def release_archive() -> bytes:
    """Pack the released code, without compression: the same bytes anywhere."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for pattern in RELEASED:
            for path in sorted(FOLDER.glob(pattern)):
                entry = zipfile.ZipInfo(path.name, date_time=EPOCH)
                entry.create_system = 3  # Unix, for the permissions
                entry.external_attr = (0o755 if path.suffix == ".sh" else 0o644) << 16
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
