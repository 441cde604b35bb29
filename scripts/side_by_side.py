"""Run commands at the same time, and show the output of one after the other.

    python scripts/side_by_side.py NAME COMMAND [NAME COMMAND …]

Each command is one argument, which is split into words as a shell does. The output of
the first is shown while it runs, that of the next when the first has ended. A command
that fails does not stop the others; it is named at once and at the end, and the exit
code is 1. Ctrl-C, SIGTERM and the end of the terminal stop all commands.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import BinaryIO

#: Seconds between two looks at the commands.
INTERVAL = 0.2
#: Seconds that commands have to stop after SIGTERM.
PATIENCE = 60


@dataclass
class Command:
    """A command that was started, and the file that its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    output: BinaryIO
    started: float = field(default_factory=time.monotonic)
    seconds: float | None = None

    def has_ended(self) -> bool:
        """Return whether the command has ended, and note when it did."""
        if self.process.poll() is None:
            return False
        if self.seconds is None:
            self.seconds = time.monotonic() - self.started
        return True

    def result(self) -> str:
        """Return a line that says how the command ended."""
        minutes, seconds = divmod(round(self.seconds or 0), 60)
        code = self.process.returncode
        how = "passed" if code == 0 else f"FAILED (exit code {code})"
        return f"{self.name}: {how} after {minutes} min {seconds} s"


def run_side_by_side(commands: Sequence[tuple[str, str]]) -> int:
    """Run the named commands, show their output, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="side-by-side-") as folder:
        started: list[Command] = []
        with stopped_at_end(started):
            for number, (name, line) in enumerate(commands):
                started.append(start(name, line, Path(folder) / str(number)))
            for command in started:
                show(command, started)
    print("=" * 80)
    for command in started:
        print(command.result())
    return int(any(command.process.returncode for command in started))


def start(name: str, line: str, file: Path) -> Command:
    """Start a command in a group of its own, which Ctrl-C does not reach by itself."""
    process = subprocess.Popen(
        shlex.split(line),
        stdin=subprocess.DEVNULL,
        stdout=file.open("wb"),
        stderr=subprocess.STDOUT,
        env=os.environ | _terminal(),
        start_new_session=True,
    )
    return Command(name, process, file.open("rb"))


def _terminal() -> dict[str, str]:
    """Return variables that have the output look as it does on this terminal."""
    if not sys.stdout.isatty():
        return {}
    return {"FORCE_COLOR": "1", "COLUMNS": str(shutil.get_terminal_size().columns)}


def show(command: Command, started: Sequence[Command]) -> None:
    """Copy the output of a command to ours until it ends; tell of others that fail."""
    _write(f"{f' {command.name} ':=^80}\n".encode())
    while True:
        # in this order, so that the last of the output is not missed
        is_over = command.has_ended()
        _write(command.output.read())
        if is_over:
            return
        for other in started:
            if other.seconds is None and other.has_ended() and other.process.returncode:
                _write(f"\n{other.result()}; its output follows later\n".encode())
        time.sleep(INTERVAL)


def _write(output: bytes) -> None:
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


@contextmanager
def stopped_at_end(started: list[Command]) -> Iterator[None]:
    """Stop what runs still when the block ends, as it does by Ctrl-C or SIGTERM."""
    # SIGINT as well: a shell that starts a job in the background has it ignored
    for stops in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stops, _interrupt)
    # as nohup does on purpose
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        yield
    finally:
        running = [command for command in started if not command.has_ended()]
        for command in running:
            command.process.terminate()
        for command in running:
            _wait(command)
        for command in started:
            command.output.close()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _wait(command: Command) -> None:
    try:
        command.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(command.process.pid, signal.SIGKILL)
        command.process.wait()


def main() -> int:
    """Run the commands of the command line."""
    arguments = sys.argv[1:]
    if not arguments or len(arguments) % 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return run_side_by_side([*zip(arguments[::2], arguments[1::2], strict=True)])
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
