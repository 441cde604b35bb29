"""Run the example's code as a reader would, and pack it as a release."""

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
#: Files of the release: the code and how to use it. The data have their own records, so
#: a run from the release needs the files that its record names.
RELEASED = ("*.py", "*.sh", "README.md")
#: The earliest time in a ZIP archive; fixed, so that equal code gives equal bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Times:
    """Start and end of a run, in UTC."""

    start: datetime
    end: datetime


def perform_runs(folder: Path) -> dict[str, Times]:
    """Run all scripts in a fresh copy of the example; return their times.

    Afterwards `folder` contains all files of the example under their paths, with the
    release and the results. Raises `CalledProcessError` if a script fails.
    """
    for path in source_files():
        target = folder / path.relative_to(FOLDER)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
    (folder / CODE).write_bytes(release_archive())
    return {run.script: run_script(folder, run.script) for run in RUNS}


def source_files() -> Iterator[Path]:
    """Yield the source files of the example, without results of earlier runs."""
    patterns = (*RELEASED, "*.toml", "data/in-bed.csv")
    for pattern in patterns:
        yield from sorted(FOLDER.glob(pattern))


def run_script(folder: Path, script: str) -> Times:
    """Run one submission script in `folder`, with the current Python."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHON": sys.executable,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    start = datetime.now(UTC)
    subprocess.run(  # noqa: S603 (a script of this project)
        ["sh", script],  # noqa: S607 (found by PATH)
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return Times(start, datetime.now(UTC))


def release_archive() -> bytes:
    """Return the released code as a ZIP, uncompressed: the same bytes anywhere."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for pattern in RELEASED:
            for path in sorted(FOLDER.glob(pattern)):
                entry = zipfile.ZipInfo(path.name, date_time=EPOCH)
                entry.create_system = 3  # Unix, for the permissions
                entry.external_attr = (0o755 if path.suffix == ".sh" else 0o644) << 16
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
