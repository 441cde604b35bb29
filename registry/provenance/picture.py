"""Pictures of graphs, by the program ``dot`` of Graphviz (https://graphviz.org).

It runs as a process of its own on text that the registry wrote, with limits on its
time, its memory, the text and the picture. Only a few run at a time, and nobody waits
for one to finish: who comes too late is told to try again. Pictures are cached by what
they are drawn from, so that whoever may see the same graph gets the same picture. Where
``dot`` is not installed there are no pictures, and everything else works.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Callable
from math import ceil
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any, Literal

from django.core.cache import caches

from registry.core.errors import Busy, Unavailable

Form = Literal["svg", "png", "jpg"]

#: Seconds of processor time for one picture, and seconds to wait for it, which is more
#: because other work needs the processor too.
SECONDS, PATIENCE = 10, 30
#: Bytes of a description, of a picture, and of the memory of the process: bitmaps take
#: 256 MB.
MOST_TEXT, MOST_PICTURE, MEMORY = 2_000_000, 20_000_000, 1024 * 1024 * 1024
#: Pictures that are drawn at the same time.
AT_ONCE = 2
#: Seconds that a picture is kept, and that it is known to be too much for one.
CACHED_SECONDS, FAILURE_SECONDS = 24 * 3600, 600
#: Bytes of a picture that is kept.
MOST_KEPT = 4_000_000

_free = BoundedSemaphore(AT_ONCE)
#: Limits another process; only Linux has it.
_prlimit: Any = getattr(resource, "prlimit", None)
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


def is_available() -> bool:
    """Tell whether pictures can be drawn here."""
    return shutil.which("dot") is not None


def render(dot: str, form: Form, *, dpi: int | None = None) -> bytes:
    """Return the picture of a text in the DOT language, from the cache or drawn.

    ``dpi`` is the resolution of a bitmap, 96 unless given. Raises what ``draw`` and
    ``kept`` raise.
    """
    key = digest_of(dot, form, str(dpi))
    return kept(key, lambda: draw(dot, form, dpi=dpi))


def digest_of(*texts: str) -> str:
    """Return the name under which a picture made from these texts is kept."""
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode(errors="surrogatepass")
        digest.update(b"%d:" % len(encoded) + encoded)
    return digest.hexdigest()


def kept(key: str, make: Callable[[], bytes]) -> bytes:
    """Return a picture from the cache, or make it and keep it.

    Raises ``Busy`` while another request is making the same picture, here or in
    another process with the same cache, and ``CannotDraw`` again where that was so a
    while ago.
    """
    cache = caches["pictures"]
    found = cache.get(key)
    if found is None:
        claim = f"{key}-claim"
        if not cache.add(claim, True, timeout=2 * PATIENCE):
            raise Busy("This picture is being drawn; try again in a moment.")
        try:
            found = cache.get(key) or _made(key, make)
        finally:
            cache.delete(claim)
    if isinstance(found, str):
        raise CannotDraw(found)
    return bytes(found)


def _made(key: str, make: Callable[[], bytes]) -> bytes:
    """Make a picture and keep it; keep also that it is too much for one."""
    cache = caches["pictures"]
    try:
        made = make()
    except CannotDraw as error:
        cache.set(key, error.detail, timeout=FAILURE_SECONDS)
        raise
    if len(made) <= MOST_KEPT:
        cache.set(key, made, timeout=CACHED_SECONDS)
    return made


def draw(dot: str, form: Form, *, dpi: int | None = None) -> bytes:
    """Draw what a text in the DOT language describes.

    Raises ``NoGraphviz`` where there is no ``dot``, ``Busy`` when as many pictures are
    being drawn as may be, and ``CannotDraw`` when it takes too long or is too large.
    """
    program = shutil.which("dot")
    if program is None:
        raise NoGraphviz
    text = dot.encode()
    if len(text) > MOST_TEXT:
        raise CannotDraw("The graph is too large for a picture.")
    options = [f"-T{form}", *([f"-Gdpi={dpi}"] if dpi is not None else [])]
    if not _free.acquire(blocking=False):
        raise Busy("Too many pictures are being drawn just now; try again in a moment.")
    try:
        with TemporaryFile() as picture, TemporaryFile() as complaints:
            return _drawn([program, *options], text, picture, complaints)
    finally:
        _free.release()


def _drawn(
    command: list[str], text: bytes, picture: IO[bytes], complaints: IO[bytes]
) -> bytes:
    """Run the program, which may read no other file."""
    # SERVER_NAME tells Graphviz that it works for a web server: it opens no files
    environment = {"PATH": os.environ.get("PATH", ""), "SERVER_NAME": "registry"}
    process = subprocess.Popen(  # noqa: S603 - the program that was found, and options of ours
        command,
        stdin=subprocess.PIPE,
        stdout=picture,
        stderr=complaints,
        env=environment,
    )
    try:
        # it waits for its text, so that it is limited before it does anything
        _limit(process.pid)
        process.communicate(text, timeout=PATIENCE)
    except BaseException as error:
        process.kill()
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise _timeout_error() from error
        raise
    return _result(process.returncode, picture, complaints)


def _timeout_error() -> Busy | CannotDraw:
    """Return the error for a picture that was not drawn in time.

    If its processor time is limited, other work has kept it from its share.
    """
    if _prlimit is not None:
        return Busy("This server is too busy to draw; try again in a moment.")
    return CannotDraw("The graph takes too long to draw.")


def _limit(pid: int) -> None:
    """Limit what a process may use, where the system can do that (Linux).

    From outside, for code between fork and exec can hang where there are threads.
    """
    if _prlimit is None:
        return
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, ceil(SECONDS)),
        (resource.RLIMIT_FSIZE, MOST_PICTURE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            _prlimit(pid, limit, (most, most))
        except ProcessLookupError:
            return


def _result(status: int, picture: IO[bytes], complaints: IO[bytes]) -> bytes:
    """Return the picture, or raise what kept the program from drawing it."""
    if picture.seek(0, os.SEEK_END) >= MOST_PICTURE:
        raise CannotDraw("The picture is too large.")
    if status != 0:
        complaints.seek(0)
        said = complaints.read(200).decode(errors="replace").strip()
        reason = said or "it needs too much time or memory."
        raise CannotDraw(f"The picture could not be drawn: {reason}")
    picture.seek(0)
    return picture.read()


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
