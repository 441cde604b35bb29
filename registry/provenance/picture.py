"""Pictures of graphs, by the program ``dot`` of Graphviz (https://graphviz.org).

It runs as a process of its own on text that the registry wrote, for so long, on so
much text and for so large a picture at most; and only so many at a time, so that
pictures never take every processor. Where it is not installed there are no pictures,
and everything else works.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from threading import BoundedSemaphore
from typing import Literal

from registry.core.errors import Unavailable

Form = Literal["svg", "png", "jpg"]

#: Seconds for one picture, and for others to finish before it begins.
SECONDS = 10
#: Bytes of a description, and of a picture.
MOST_TEXT, MOST_PICTURE = 2_000_000, 20_000_000
#: Pictures that are drawn at the same time.
AT_ONCE = 2

_free = BoundedSemaphore(AT_ONCE)
#: What neither XML 1.0 nor the eye can take.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


class NoGraphviz(Unavailable):
    """Graphviz is not installed on this server."""

    def __init__(self) -> None:
        super().__init__(
            "This server draws no pictures: Graphviz (the program dot) is not "
            "installed. Ask for another format."
        )


class CannotDraw(Unavailable):
    """The graph is too much for one picture."""


class Busy(CannotDraw):
    """Others are having pictures drawn; this one can be drawn later."""


def is_available() -> bool:
    """Tell whether pictures can be drawn here."""
    return shutil.which("dot") is not None


def render(dot: str, form: Form, *, dpi: int | None = None) -> bytes:
    """Draw what a text in the DOT language describes.

    ``dpi`` is the resolution of a bitmap, 96 unless given. Raises ``NoGraphviz`` where
    there is no ``dot``, and ``CannotDraw`` when it takes too long or is too large.
    """
    program = shutil.which("dot")
    if program is None:
        raise NoGraphviz
    text = dot.encode()
    if len(text) > MOST_TEXT:
        raise CannotDraw("The graph is too large for a picture.")
    options = [f"-T{form}", *([f"-Gdpi={dpi}"] if dpi is not None else [])]
    if not _free.acquire(timeout=SECONDS):
        raise Busy("Too many pictures are being drawn just now; try again.")
    try:
        return _drawn([program, *options], text)
    finally:
        _free.release()


def _drawn(command: list[str], text: bytes) -> bytes:
    """Run the program, which may read no other file."""
    # SERVER_NAME tells Graphviz that it works for a web server: it opens no files
    environment = {"PATH": os.environ.get("PATH", ""), "SERVER_NAME": "registry"}
    try:
        done = subprocess.run(  # noqa: S603 - the program that was found, and options of ours
            command,
            input=text,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotDraw("The graph takes too long to draw.") from error
    if done.returncode != 0:
        said = done.stderr[:200].decode(errors="replace").strip()
        raise CannotDraw(f"The picture could not be drawn: {said}")
    if len(done.stdout) > MOST_PICTURE:
        raise CannotDraw("The picture is too large.")
    return done.stdout


def quoted(text: str) -> str:
    """Write a text as a string of the DOT language, in which nothing means anything.

    A backslash would begin an escape, an ampersand an entity, and a control character
    makes no XML.
    """
    plain = _CONTROLS.sub(" ", text)
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("&", "&amp;")):
        plain = plain.replace(character, escape)
    return f'"{plain}"'


def in_lines(lines: list[str]) -> str:
    """Write several lines as one label in the DOT language."""
    return '"' + "\\n".join(quoted(line)[1:-1] for line in lines) + '"'
