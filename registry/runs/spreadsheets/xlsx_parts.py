"""Read the parts of an XLSX file, which is a zip file, within limits.

A small file can unpack to gigabytes, and XML can refer to other files. So sizes are
checked before anything is unpacked, and XML with a document type declaration, which
ECMA-376 part 2 forbids, is refused. zipfile unpacks no more of a part than the file
says it has, so that these numbers can be relied on.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO
from xml.etree.ElementTree import Element
from zipfile import BadZipFile, ZipFile, ZipInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from registry.runs.spreadsheets.layout import Limits
from registry.runs.spreadsheets.problems import InvalidSheet, invalid_sheet

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
#: What zipfile, the XML parsers and openpyxl raise for files that are not as they
#: should be.
DAMAGED = (
    *(AttributeError, BadZipFile, EOFError, LookupError, NotImplementedError, OSError),
    *(OverflowError, RuntimeError, struct.error, SyntaxError, TypeError, ValueError),
    zlib.error,
)
#: So many elements of a part are in memory at once; a row has three for each cell.
_MOST_ELEMENTS = 50_000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ENCRYPTED = 0x1
#: Strings of a workbook are in memory up to this size, then in a temporary file.
_IN_MEMORY = 256 * 1024
_OFFSET = struct.Struct("<QQ")


class Archive(ZipFile):
    """A zip file whose parts are read at once only if they are small and safe."""

    def __init__(self, file: IO[bytes], limits: Limits) -> None:
        super().__init__(file)
        self._part_bytes = limits.part_bytes
        _check_sizes(self.infolist(), limits)

    def read(self, name: str | ZipInfo, pwd: bytes | None = None) -> bytes:
        """Return the bytes of an XML part that openpyxl parses as a whole."""
        part = name if isinstance(name, ZipInfo) else self.getinfo(name)
        if part.file_size > self._part_bytes:
            raise _too_large(part.filename, self._part_bytes)
        content = super().read(part, pwd)
        next(iterparse(io.BytesIO(content), events=("start",), forbid_dtd=True))
        return content


class SharedStrings:
    """The texts of a workbook, which cells refer to by number, in temporary files.

    Millions of cells of a small file can refer to the same long text, so no more than
    ``most_bytes`` are read in all.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = self._left = most_bytes
        self._texts = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (see close)
        self._offsets = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (see close)

    def append(self, text: str) -> None:
        """Add a text; all are added before the first is read."""
        content = text.encode("utf-8", "surrogatepass")
        self._offsets.write(_OFFSET.pack(self._texts.tell(), len(content)))
        self._texts.write(content)

    def __getitem__(self, number: int) -> str:
        self._offsets.seek(number * _OFFSET.size)
        start, length = _OFFSET.unpack(self._offsets.read(_OFFSET.size))
        self._left -= length
        if self._left < 0:
            raise _too_large("the text of all cells together", self._most)
        self._texts.seek(start)
        return self._texts.read(length).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Remove the temporary files."""
        self._texts.close()
        self._offsets.close()


def read_shared_strings(archive: ZipFile, name: str, strings: SharedStrings) -> None:
    """Read the texts of a workbook."""
    with archive.open(name) as part:
        for element in stream_elements(part, f"{MAIN}si", f"{MAIN}sst"):
            strings.append(_text_of(element))


def _text_of(element: Element) -> str:
    """Return a text, whose parts can be formatted, without hints to pronounce it."""
    parts = (one for one in element if one.tag in {f"{MAIN}t", f"{MAIN}r"})
    texts = (part for one in parts for part in one.iter(f"{MAIN}t"))
    return "".join(one.text or "" for one in texts)


def stream_elements(source: IO[bytes], tag: str, inside: str) -> Iterator[Element]:
    """Iterate over the elements directly inside of another; each is then forgotten.

    openpyxl keeps an empty element for each row of a sheet, so its memory grows.
    """
    parent: Element | None = None
    waiting = 0
    for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
        waiting += 1
        if waiting > 2 * _MOST_ELEMENTS:
            raise invalid_sheet("The sheet has a row with too many cells.")
        if event == "start":
            parent = element if element.tag == inside else parent
        elif element.tag == inside:
            return
        elif element.tag == tag and parent is not None:
            yield element
            parent.clear()
            waiting = 0


def decode_escapes(text: str) -> str:
    """Return a text of a cell with characters for escapes such as ``_x000D_``."""
    return _ESCAPED.sub(_decode, text)


def encode_escapes(text: str) -> str:
    """Return a text for a cell, in which nothing looks like an escape by chance."""
    return _ESCAPED.sub(lambda found: f"_x005F_{found[0][1:]}", text)


def damaged_file(error: Exception) -> InvalidSheet:
    """Return the error for an XLSX file that cannot be read."""
    if isinstance(error, DefusedXmlException):
        return invalid_sheet(
            "The XLSX file declares a document type or entities, which spreadsheet "
            "programs never do."
        )
    if isinstance(error, OSError) and error.errno:
        raise error
    return invalid_sheet(
        "The XLSX file is damaged, or has a form that is not supported. Open it in a "
        "spreadsheet program and save it again as “Excel Workbook (.xlsx)”."
    )


def _decode(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def _check_sizes(parts: list[ZipInfo], limits: Limits) -> None:
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise invalid_sheet("The file is encrypted. Save it without a password.")
    if len(parts) > limits.parts:
        raise invalid_sheet(f"The XLSX file has more than {limits.parts} parts.")
    if sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise _too_large("the file", limits.unpacked_bytes)


def _too_large(what: str, most: int) -> InvalidSheet:
    return invalid_sheet(
        f"The XLSX file is too large: {what} has more than {most} bytes when unpacked. "
        "Split the sheet, or send it as CSV."
    )
