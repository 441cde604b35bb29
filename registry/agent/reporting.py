"""Finish a task: collect and keep its outputs, upload those that leave, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from registry.agent.client import Client, Refused
from registry.agent.collecting import (
    Found,
    MissingOutputs,
    UnfitOutputs,
    collect,
    keep,
    keep_log,
)
from registry.agent.place import Place

Result = Mapping[str, Any]
Report = dict[str, Any]


class Finisher(NamedTuple):
    """Finishes one task whose command has ended.

    ``require_wanted`` raises an exception if the task is not wanted any more, and
    ``gives_up`` returns whether to give up when the registry is unavailable.
    """

    place: Place
    client: Client
    require_wanted: Callable[[], None]
    gives_up: Callable[[], bool]

    def finish(
        self, task: Mapping[str, Any], result: Result, work: Path, log: Path
    ) -> Report:
        """Return the report.

        Raises ``Refused``, ``Unavailable`` and ``OSError``.
        """
        problem = _problem(result)
        found: list[Found] = []
        if problem is None:
            try:
                found = collect(work, task.get("outputs") or [], result["before"])
            except (MissingOutputs, UnfitOutputs) as error:
                problem = str(error)
        target = self.place.outputs_of(task["kept"])
        if problem is not None:
            keep_log(log, target)
            return {**facts(result), "outcome": "failed", "error": problem}
        keep(work, found, log, target, self.place.trash)
        outputs = self._send(task, found, work)
        return {**facts(result), "outcome": "done", "error": "", "outputs": outputs}

    def _send(
        self, task: Mapping[str, Any], found: list[Found], work: Path
    ) -> list[dict[str, Any]]:
        """Send what leaves; of the rest, describe only what is not hidden."""
        leaving, hidden = set(task.get("leaving") or []), set(task.get("hidden") or [])
        described: list[dict[str, Any]] = []
        for output in found:
            about = output._asdict()
            if output.level in hidden:
                about = {name: about[name] for name in ("level", "size")}
            elif output.level in leaving:
                self.require_wanted()
                self._upload(output, work / output.path)
            described.append(about)
        return described

    def _upload(self, output: Found, file: Path) -> None:
        def send() -> None:
            try:
                address = self.client.post(f"api/data/{output.sha1}", {})["url"]
            except Refused as error:
                if error.status == HTTPStatus.CONFLICT:
                    # the registry has the file
                    return
                raise
            self.client.put_file(address, file)

        try:
            self.client.until_answered(send, self.gives_up)
        except Refused as error:
            message = f"{output.path} was not accepted: {error}"
            raise Refused(error.status, message) from error


def _problem(result: Result) -> str | None:
    """Return why the command failed, None if it did not."""
    if result["error"]:
        return str(result["error"])
    if result["exit_code"]:
        return f"Its exit code was {result['exit_code']}."
    return None


def facts(result: Result) -> Report:
    """Return the fields of a report that do not depend on the outcome."""
    names = ("exit_code", "usage", "started", "ended")
    return {name: result[name] for name in names if name in result}
