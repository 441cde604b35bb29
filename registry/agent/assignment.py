"""One task, from its lease to its report, in steps that survive a crash.

Each step ends with a file, so that an agent that starts again continues where it was:

    attempt.json   the task as the registry gave it
    work/          the files of the commit, and the inputs
    runner.lock    held by the runner as long as it lives
    runner.json    the runner has started
    result.json    the command has ended
    report.json    the report; the folder is removed once the registry has it

The command starts only after the registry has confirmed the lease. So a task whose
lease ended while its agent was gone is not done twice.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any

from registry.agent.cache import WrongChecksum
from registry.agent.checkout import CheckoutFailed
from registry.agent.client import BadAddress, Client, Refused, Unavailable
from registry.agent.collecting import snapshot
from registry.agent.engines import Engine, NoEngine
from registry.agent.files import discard, inside, read_if_there, read_json, write_json
from registry.agent.logs import Piece, read_piece, read_tail, size_of_log
from registry.agent.place import Place
from registry.agent.reporting import Finisher, Report, facts
from registry.agent.runner import LOG, TASK
from registry.agent.running import Runner, RunnerLost
from registry.agent.staging import Stager

ATTEMPT, REPORT, WORK, SENT = "attempt.json", "report.json", "work", "sent.txt"
#: Bytes of the log in a report: at least its end, and at most what was not sent.
_TAIL, _MAX_IN_REPORT = 32 * 1024, 192 * 1024
#: Problems of a task, not of the agent.
_PROBLEMS = (CheckoutFailed, WrongChecksum, NoEngine, BadAddress)
#: A full disk, or an answer in a form that this agent does not know.
UNEXPECTED = (OSError, LookupError, TypeError, ValueError)
#: The stages of a task, as the registry shows them.
PREPARING, RUNNING, FINISHING = "preparing", "running", "finishing"

logger = logging.getLogger(__name__)


class Unwanted(Exception):
    """The task is to be stopped."""


class Assignment:
    """A task that this agent has. Its thread runs ``do``; others call the rest."""

    def __init__(
        self, folder: Path, place: Place, client: Client, engine: Engine
    ) -> None:
        self.folder, self.place = folder, place
        self.client, self.engine = client, engine
        self.task = read_json(folder / ATTEMPT)
        self.lease: str = self.task["lease"]
        self.stage, self.told_stage = PREPARING, ""
        self.stop_reason: str | None = None
        self.is_returned = False
        self.refusal: Refused | None = None
        self.sent = _read_number(folder / SENT)
        self._changed = threading.Condition()
        self._is_confirmed = False
        self._runner = Runner(folder, self.lease)

    @staticmethod
    def write(task: dict[str, Any], place: Place) -> None:
        """Store a task that the registry gave, unless it is stored."""
        folder = inside(place.tasks, task["lease"])
        folder.mkdir(exist_ok=True)
        if not (folder / ATTEMPT).exists():
            write_json(folder / ATTEMPT, task)

    def has_begun(self) -> bool:
        """Return whether the command was started."""
        return self.stage != PREPARING

    def is_running(self) -> bool:
        """Return whether the command is running, or about to."""
        return self._runner.is_alive()

    # ---- what other threads tell it

    def confirm(self) -> None:
        """Note that the registry knows the lease, so the command can start."""
        with self._changed:
            self._is_confirmed = True
            self._changed.notify_all()

    def cancel(self, reason: str) -> None:
        """Stop the task, which no longer belongs to this agent."""
        with self._changed:
            self.stop_reason, self.is_returned = reason, False
            self._changed.notify_all()

    def hand_back(self, reason: str) -> None:
        """Stop the task unless its command has ended; another executor can do it."""
        with self._changed:
            if self.stop_reason is None and self.stage != FINISHING:
                self.stop_reason, self.is_returned = reason, True
            self._changed.notify_all()

    # ---- what heartbeats say

    @property
    def log(self) -> Path:
        """The file with what the command printed."""
        return self.folder / LOG

    def is_new(self) -> bool:
        """Return whether no heartbeat has named this task yet."""
        return not self.told_stage

    def has_news(self) -> bool:
        """Return whether the registry does not know the stage, or all of the log."""
        return self.stage != self.told_stage or self.sent < size_of_log(self.log)

    def news(self, max_bytes: int) -> tuple[str, Piece]:
        """Return the stage, and at most ``max_bytes`` of the log that was not sent.

        If there is more, it is the end of the log: what a task says now comes first.
        """
        if size_of_log(self.log) - self.sent > max_bytes:
            return self.stage, read_tail(self.log, max_bytes)
        return self.stage, read_piece(self.log, self.sent, max_bytes)

    def note_sent(self, stage: str, piece: Piece) -> None:
        """Remember what the registry has received."""
        self.told_stage = stage
        if piece.end > self.sent:
            self.sent = piece.end
            # the task may have ended, and its folder with it
            with contextlib.suppress(OSError):
                (self.folder / SENT).write_text(str(self.sent), encoding="ascii")

    # ---- the steps

    def do(self) -> None:
        """Do all steps that are not done, and tell the registry."""
        try:
            self._do_steps()
        except Refused as error:
            self.refusal = error
        except Unavailable as error:
            logger.warning("%s is left for later: %s", self.lease, error)

    def _do_steps(self) -> None:
        try:
            report = read_if_there(self.folder / REPORT)
            if report is None:
                report = self._make_report()
                self._write_down(self.folder / REPORT, report)
            self._tell(report)
        except Unwanted:
            self._end_unwanted()

    def _write_down(self, path: Path, value: dict[str, Any]) -> None:
        try:
            write_json(path, value)
        except OSError:
            # the registry can be told all the same
            logger.exception("The report of %s could not be written", self.lease)

    def _end_unwanted(self) -> None:
        logger.info("%s is stopped: %s", self.lease, self.stop_reason)
        self._runner.stop()
        if self.is_returned:
            self._tell({"outcome": "returned", "error": self.stop_reason or ""})
        else:
            self.forget()

    def _make_report(self) -> Report:
        """Do the task; a problem that is not the agent's own is a failure of the task.

        Raises ``Unwanted``, and ``Refused`` if it is of the token.
        """
        try:
            report = self._do_task()
        except RunnerLost as error:
            return {"outcome": "returned", "error": str(error)}
        except Refused as error:
            if error.is_of_token:
                raise
            report = self._failed(error)
        except Unavailable:
            self._require_wanted()
            raise
        except (*_PROBLEMS, *UNEXPECTED) as error:
            report = self._failed(error)
        piece = self._last_log()
        return {**report, "log": {"offset": piece.offset, "text": piece.text}}

    def _do_task(self) -> Report:
        result = self._run()
        self.stage = FINISHING
        logger.info("%s has ended: exit code %s", self.lease, result["exit_code"])
        finisher = Finisher(
            self.place, self.client, self._require_not_cancelled, self._is_cancelled
        )
        before = read_json(self.folder / TASK)["before"]
        ended = {**result, "before": before}
        return finisher.finish(self.task, ended, self.folder / WORK, self.log)

    def _run(self) -> dict[str, Any]:
        """Run the command, or wait for the runner that does; return the result."""
        if self._runner.claim():
            try:
                self._prepare()
            finally:
                self._runner.release()
        self.stage = RUNNING
        result = self._runner.wait(self._is_unwanted)
        if result is None:
            raise Unwanted
        return result

    def _prepare(self) -> None:
        """Prepare the folder, and start the runner once the lease is confirmed."""
        work = self.folder / WORK
        stager = Stager(
            self.place, self.client, self._require_wanted, self._is_unwanted
        )
        stager.prepare(self.task, work)
        command = self.engine.command(self.task, work)
        outputs = self.task.get("outputs") or []
        with self._changed:
            self._changed.wait_for(lambda: self._is_confirmed or self._is_unwanted())
        self._require_wanted()
        logger.info("%s runs: %s", self.lease, self.task.get("name"))
        self._runner.start(
            command,
            {
                "work": str(work),
                "limits": self.task.get("limits") or {},
                "outputs": outputs,
                "before": snapshot(work, outputs),
            },
        )

    def _is_unwanted(self) -> bool:
        return self.stop_reason is not None

    def _is_cancelled(self) -> bool:
        return self._is_unwanted() and not self.is_returned

    def _require_wanted(self) -> None:
        if self._is_unwanted():
            raise Unwanted

    def _require_not_cancelled(self) -> None:
        if self._is_cancelled():
            raise Unwanted

    def _failed(self, error: Exception) -> Report:
        """Return a report of a failure, with what the command used if it ended."""
        known = facts(self._runner.result() or {})
        return {**known, "outcome": "failed", "error": _message_of(error)}

    def _last_log(self) -> Piece:
        """Return the end of the log, with what was not sent if that is little."""
        unsent = size_of_log(self.log) - self.sent
        return read_tail(self.log, min(max(_TAIL, unsent), _MAX_IN_REPORT))

    def _tell(self, report: Report) -> None:
        """Tell the registry how the task ended, until it knows.

        Raises ``Refused`` if the token is refused; the report stays then.
        """
        try:
            self._send(report)
        except Refused as error:
            if error.is_of_token:
                raise
            if error.status != HTTPStatus.CONFLICT:
                self._set_aside(report, error)
                self._say_that_it_failed(error)
        logger.info("%s is reported: %s", self.lease, report["outcome"])
        self.forget()

    def _send(self, report: Report) -> None:
        body = {"attempts": [{"lease": self.lease, **report}]}
        self.client.until_answered(
            lambda: self.client.post("api/attempt/complete/", body)
        )

    def _say_that_it_failed(self, error: Refused) -> None:
        """Report a failure, so that a task with a refused report is not repeated."""
        message = f"The registry did not accept the report of the task: {error}"
        try:
            self._send({"outcome": "failed", "error": message})
        except Refused:
            logger.exception("%s could not be reported", self.lease)

    def _set_aside(self, report: Report, error: Refused) -> None:
        """Keep a report that the registry cannot read, for people."""
        logger.error("The report of %s was refused: %s", self.lease, error)
        path = self.place.unsent / f"{self.folder.name}.json"
        self._write_down(path, {"refused": str(error), "report": report})

    def forget(self) -> None:
        """Remove all files of the task but its outputs."""
        discard(self.folder, self.place.trash)


def _message_of(error: Exception) -> str:
    """Return what the registry is told, without the paths of files: some are hidden."""
    if isinstance(error, UNEXPECTED):
        logger.error("A task could not be done", exc_info=error)
    if isinstance(error, OSError):
        return f"{error.strerror}." if error.strerror else str(error)
    if isinstance(error, UNEXPECTED):
        return f"The agent could not read the task: {error!r}."
    return str(error)


def _read_number(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0
