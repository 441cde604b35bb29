"""A researcher's computer: a home folder of its own, and a client's programs."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.guide import Block

GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Researcher",
    "GIT_AUTHOR_EMAIL": "researcher@example.org",
    "GIT_COMMITTER_NAME": "Researcher",
    "GIT_COMMITTER_EMAIL": "researcher@example.org",
}


@dataclass
class Machine:
    """Runs commands and keeps files as a guide tells, in a temporary home folder.

    `names` holds what stands in the guide (a host, a folder, a UUID) and what it is
    called here; it is applied to files and commands alike. Of the environment that the
    tests run in, the commands get the search path alone, behind the client's programs.
    """

    home: Path
    programs: Path
    names: dict[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """Return text of the guide with the names that hold on this machine."""
        for printed, name in self.names.items():
            text = text.replace(printed, name)
        return text

    def follow(self, page: Iterable[Block], folder: Path) -> str:
        """Write the files and run the commands of a page, and return what they print.

        The commands run in `folder`.
        """
        printed = ""
        for block in page:
            if block.path:
                self._write(Path(self.here(block.path)), self.here(block.text))
            elif block.language == "sh":
                printed += self.run(block.text, folder)
        return printed

    def run(self, commands: str, folder: Path) -> str:
        """Return what commands print; one that fails is an error that says so."""
        result = subprocess.run(
            ["/bin/sh", "-eu", "-c", self.here(commands)],
            cwd=folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{commands}\n{result.stdout}"
        return result.stdout

    def _write(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            # wide, so that tables are not cut off where a terminal would end
            "COLUMNS": "200",
            "NO_PROXY": "127.0.0.1",
            **GIT,
            **self.secrets,
        }
