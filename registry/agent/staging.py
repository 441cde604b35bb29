"""Prepare the folder of a task: the files of its commit, and its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from registry.agent.cache import WrongChecksum, chunks_of, write_verified
from registry.agent.client import Client
from registry.agent.collecting import Found, kept_outputs
from registry.agent.files import inside, make_room, remove_tree
from registry.agent.place import Place

File = Mapping[str, Any]


class Stager(NamedTuple):
    """Prepares the folder of one task.

    ``require_wanted`` raises an exception if the task is not wanted any more, and
    ``gives_up`` returns whether to give up when the registry is unavailable.
    """

    place: Place
    client: Client
    require_wanted: Callable[[], None]
    gives_up: Callable[[], bool]

    def prepare(self, task: Mapping[str, Any], work: Path) -> None:
        """Create the folder anew, with the files of the commit and the inputs.

        Raises ``CheckoutFailed``, ``WrongChecksum``, ``Refused``, ``Unavailable`` and
        ``OSError``.
        """
        remove_tree(work)
        work.mkdir()
        if task.get("commit"):
            repository, commit = str(task.get("repo_url")), str(task["commit"])
            self.place.repositories.check_out(repository, commit, work)
        for file in task.get("inputs") or []:
            self.require_wanted()
            if file.get("url"):
                self._download(file, inside(work, file["path"]))
            else:
                self._copy_kept(file, work)

    def _copy_kept(self, file: File, work: Path) -> None:
        """Copy an output that never left this backend.

        The registry does not know the paths of hidden ones. An input without a path
        stands for all outputs of its level.
        """
        folder = self.place.outputs_of(file["kept"])
        found = [one for one in kept_outputs(folder) if _is_meant(one, file)]
        what = file.get("path") or f"A {file.get('level')} file"
        if not found:
            raise OSError(
                f"{what} is an output of {file['kept']} that never left its backend, "
                f"and it is not in {self.place.outputs}."
            )
        for one in found:
            try:
                _copy_output(folder, one, work)
            except (OSError, WrongChecksum) as error:
                # neither the path nor the checksum: both can be hidden
                problem = getattr(error, "strerror", None)
                problem = problem or "it was changed, or a link is in its place"
                message = f"{what} of {file['kept']} cannot be used: {problem}."
                raise OSError(message) from error

    def _download(self, file: File, target: Path) -> None:
        def download() -> None:
            self.place.cache.place(
                file["sha1"],
                file.get("size"),
                target,
                lambda: self.client.download(file["url"]),
            )

        self.client.until_answered(download, self.gives_up)


def _copy_output(folder: Path, output: Found, work: Path) -> None:
    target = inside(work, output.path)
    make_room(target)
    with (folder / output.path).open("rb") as source:
        write_verified(target, output.sha1, chunks_of(source))


def _is_meant(output: Found, file: File) -> bool:
    """Return whether an output has all the values that an input names."""
    about = output._asdict()
    names = ("path", "sha1", "level", "name")
    return all(about[name] == file[name] for name in names if file.get(name))
