"""The agent as one file, as the registry offers it for download.

It is made from the sources of ``registry/agent`` without importing them. The same
sources make the same bytes, on every machine and with every version of Python.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

#: The name of the file.
AGENT_FILE: Final = "registry-agent.pyz"
_SOURCES: Final = Path(__file__).parents[1] / "agent"
_FIRST_LINE: Final = b"#!/usr/bin/env python3\n"
#: The earliest date that the format knows.
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
#: Regular file, readable for all.
_MODE: Final = 0o100644 << 16
#: It starts the agent; older versions of Python can read it too, and say what is wrong.
_START: Final = """\
import sys

if sys.version_info < (3, 9):
    sys.exit("The agent needs Python 3.9 or later, not %s." % sys.version.split()[0])

from registry.agent.__main__ import main

sys.exit(main())
"""


@cache
def agent_archive() -> bytes:
    """Return the bytes of the file that ``python3`` runs."""
    buffer = io.BytesIO()
    buffer.write(_FIRST_LINE)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for name, text in _files():
            # not compressed: versions of zlib compress differently
            about = zipfile.ZipInfo(name, _DATE)
            about.create_system = _UNIX
            about.external_attr = _MODE
            archive.writestr(about, text.encode())
    return buffer.getvalue()


def _files() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of the archive."""
    yield "__main__.py", _START
    yield "registry/__init__.py", ""
    for path in sorted(_SOURCES.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield f"registry/agent/{path.name}", text
