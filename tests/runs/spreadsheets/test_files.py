"""Which files are read, and the errors about the others."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from registry.runs.spreadsheets.layout import Limits
from registry.runs.spreadsheets.problems import InvalidSheet
from registry.runs.spreadsheets.reading import read_sheet
from tests.runs.spreadsheets.sheets import (
    FORCING_HEADER,
    RECORD,
    ROW,
    TEMPLATE,
    MakeFile,
    change_parts,
    csv_file,
    read_one,
    read_rows,
    save,
    table,
    xlsx_file,
)

pytestmark = pytest.mark.once

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]>'
)
PARTS = (
    "[Content_Types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
    "xl/worksheets/sheet1.xml",
)


def refusal_of(content: bytes | io.BytesIO, limits: Limits | None = None) -> str:
    file = content if isinstance(content, io.BytesIO) else io.BytesIO(content)
    with pytest.raises(InvalidSheet) as caught:
        list(read_sheet(file, TEMPLATE, limits or Limits()).rows)
    ((message,),) = caught.value.fields.values()
    return message


def temporary_upload(name: str, content: bytes) -> TemporaryUploadedFile:
    file = TemporaryUploadedFile(name, "", len(content), None)
    file.write(content)
    return file


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_in_the_forms_of_spreadsheet_programs(
    delimiter: str, encoding: str
) -> None:
    row = ROW | {"annotation: note": "déjà, vu; \t“x”"}
    found = read_one(csv_file(table(row), delimiter, encoding))
    assert found.errors == {}
    assert found.record["annotations"]["note"] == "déjà, vu; \t“x”"


def test_the_delimiter_is_the_one_with_known_columns() -> None:
    text = ";".join(ROW).replace("forcing", "forcing, waves, wind, tide, a, b, c, d")
    slot = replace(TEMPLATE.inputs[0], name="forcing, waves, wind, tide, a, b, c, d")
    template = replace(TEMPLATE, inputs=(slot,))
    content = f"{text}\n{';'.join(ROW.values())}\n".encode()
    assert read_one(io.BytesIO(content), template).record == RECORD


def test_a_line_that_names_the_separator_is_understood() -> None:
    content = b"sep=;\r\n" + csv_file(table(ROW), ";").getvalue()
    row = read_one(io.BytesIO(content))
    assert (row.number, row.record) == (2, RECORD)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_line_breaks_of_every_system_are_read(line_break: str) -> None:
    content = csv_file(table(ROW)).getvalue().decode().replace("\r\n", line_break)
    assert read_one(io.BytesIO(content.encode())).record == RECORD


def test_a_header_can_be_quoted_over_two_lines() -> None:
    content = csv_file(table(ROW)).getvalue().replace(b"start time", b'"start\ntime"')
    assert read_one(io.BytesIO(content)).record == RECORD


def test_windows_1252_is_refused_with_a_way_to_save_the_sheet() -> None:
    file = csv_file(table(ROW | {"description": "Überflutung"}), encoding="cp1252")
    message = refusal_of(file)
    assert "not in UTF-8" in message
    assert "CSV UTF-8 (Comma delimited)" in message


def test_a_quotation_mark_that_is_not_closed_is_named_with_its_row() -> None:
    names, cells = table(ROW)
    content = csv_file([names, cells]).getvalue() + b'7,"x\nmore\n'
    assert refusal_of(content).startswith("Row 3 is no valid CSV")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "The file is empty."),
        (b" \r\n \n", "The file is empty."),
        (b"\xef\xbb\xbf", "The sheet is empty."),
        (b",,,\n;;;\n", "The sheet is empty."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel 97-2003"),
        (b"%PDF-1.7\n", "neither CSV nor XLSX"),
        (b"<html><table>", "neither CSV nor XLSX"),
        (b"description\0modeller", "neither CSV nor XLSX"),
        (b"PK\x03\x04" + b"x" * 100, "The XLSX file is damaged"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str) -> None:
    assert message in refusal_of(content)


def test_an_open_document_is_refused_by_its_name() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert refusal_of(file).startswith("This is an OpenDocument file.")


def test_another_zip_file_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert "damaged" in refusal_of(file)


@pytest.mark.parametrize("part", PARTS)
def test_an_xlsx_file_without_a_part_or_with_half_of_it_is_no_failure(
    part: str,
) -> None:
    def cut(name: str, content: str) -> str:
        return content[: len(content) // 2] if name == part else content

    file = xlsx_file(table(ROW))
    assert part in zipfile.ZipFile(file).namelist()
    assert "damaged" in refusal_of(change_parts(file, cut))


@pytest.mark.parametrize("part", PARTS)
def test_declarations_of_entities_are_refused_in_every_part(part: str) -> None:
    def add_bomb(name: str, content: str) -> str:
        start, end = content.split("?>", 1) if "?>" in content else ("", content)
        declared = f"{start}?>{BOMB}{end}" if start else f"{BOMB}{end}"
        return declared if name == part else content

    file = change_parts(xlsx_file(table(ROW)), add_bomb)
    assert "declares a document type or entities" in refusal_of(file)


@pytest.mark.parametrize(
    "limits, message",
    [
        (Limits(unpacked_bytes=5_000), "more than 5000 bytes when unpacked"),
        (Limits(part_bytes=500), "more than 500 bytes when unpacked"),
        (Limits(parts=3), "more than 3 parts"),
        (Limits(columns=5), "more than 5 columns"),
        (Limits(rows=2), "more than 2 rows"),
    ],
)
def test_a_workbook_that_is_too_large_is_refused(limits: Limits, message: str) -> None:
    assert message in refusal_of(xlsx_file(table(ROW, ROW, ROW)), limits)


@pytest.mark.parametrize(
    "limits, message",
    [
        (Limits(columns=5), "more than 5 columns"),
        (Limits(rows=2), "more than 2 rows"),
        (Limits(line_characters=50), "A line has more than 50 characters."),
    ],
)
def test_a_csv_file_that_is_too_large_is_refused(limits: Limits, message: str) -> None:
    assert message in refusal_of(csv_file(table(ROW, ROW, ROW)), limits)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    def inflate(name: str, content: str) -> str:
        if name != "xl/worksheets/sheet1.xml":
            return content
        return content.replace("</sheetData>", " " * 200_000_000 + "</sheetData>")

    file = change_parts(xlsx_file(table(ROW)), inflate)
    assert len(file.getvalue()) < 1_000_000
    assert "when unpacked" in refusal_of(file)


def test_a_long_text_that_many_cells_refer_to_is_refused() -> None:
    names, cells = table(ROW)
    file = xlsx_file([names, *[cells] * 100])

    def lengthen(name: str, content: str) -> str:
        if name == "xl/sharedStrings.xml":
            return content.replace("A flood", "x" * 10_000, 1)
        number = re.findall(r'r="B2" t="s"><v>(\d+)', content)[0]
        return re.sub(r'(r="B(?!1")\d+" t="s"><v>)\d+', rf"\g<1>{number}", content)

    long = change_parts(
        file,
        lambda name, content: lengthen(name, content) if _is_text(name) else content,
    )
    assert len(read_rows(long)) == 100
    message = refusal_of(long, Limits(unpacked_bytes=500_000))
    assert "the text of all cells together has more than 500000 bytes" in message


def _is_text(name: str) -> bool:
    return name in {"xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"}


def test_a_row_with_too_many_cells_is_refused() -> None:
    def widen(name: str, content: str) -> str:
        return content.replace("</row></sheetData>", "<c/>" * 200_000 + "</row>")

    message = refusal_of(change_parts(xlsx_file(table(ROW)), widen))
    assert message == "The sheet has a row with too many cells."


def test_an_encrypted_zip_file_is_refused() -> None:
    content = bytearray(xlsx_file(table(ROW)).getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "encrypted" in refusal_of(bytes(content))


def test_the_sheet_of_the_runs_is_read_wherever_it_is() -> None:
    book = openpyxl.load_workbook(xlsx_file(table(ROW)))
    book.worksheets[0].title = "Model runs"
    book.create_sheet("Notes", 0)["A1"] = "x"
    assert read_one(save(book)).record == RECORD


def test_otherwise_the_first_visible_sheet_is_read() -> None:
    book = openpyxl.load_workbook(xlsx_file(table(ROW)))
    book.create_sheet("Hidden", 0).sheet_state = "hidden"
    book.create_sheet("Notes")["A1"] = "x"
    assert read_one(save(book)).record == RECORD


def test_wrong_dimensions_do_not_matter() -> None:
    def change(name: str, content: str) -> str:
        return content.replace('<dimension ref="A1:I2"', '<dimension ref="A1:A1"')

    file = xlsx_file(table(ROW))
    assert b'"A1:I2"' in zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml")
    assert read_one(change_parts(file, change)).record == RECORD


def test_formatted_texts_are_read_as_texts() -> None:
    def change(name: str, content: str) -> str:
        return content.replace(
            "<t>A flood</t>",
            "<r><rPr><b/></rPr><t>A </t></r><r><t>flood_x000D_\n!</t></r>"
            "<rPh><t>hint</t></rPh>",
        )

    file = change_parts(xlsx_file(table(ROW)), change)
    assert read_one(file).record["description"] == "A flood\n!"


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_the_file_stays_open_and_can_be_read_again(make: MakeFile) -> None:
    file = make(table(ROW))
    assert read_rows(file) == read_rows(file)
    assert not file.closed


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_files_of_the_system_are_read(make: MakeFile) -> None:
    with tempfile.TemporaryFile() as file, tempfile.SpooledTemporaryFile() as spooled:
        for one in (file, spooled):
            one.write(make(table(ROW)).getvalue())
            (row,) = read_sheet(one, TEMPLATE).rows
            assert row.record == RECORD


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
@pytest.mark.parametrize("upload", [SimpleUploadedFile, temporary_upload])
def test_files_that_were_uploaded_are_read(make: MakeFile, upload: Any) -> None:
    file = upload("runs", make(table(ROW)).getvalue())
    (row,) = read_sheet(file, TEMPLATE).rows
    assert row.record == RECORD
    assert not file.closed
    file.close()


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_sheet_without_rows_has_none(make: Any) -> None:
    assert read_rows(make([list(ROW)])) == []


def test_a_broken_row_is_found_after_the_rows_before_it() -> None:
    content = csv_file(table(*[ROW] * 3)).getvalue() + b'"a"b,c\n'
    rows = read_sheet(io.BytesIO(content), TEMPLATE).rows
    assert [next(rows).number for _ in range(3)] == [2, 3, 4]
    with pytest.raises(InvalidSheet, match="Row 5 is no valid CSV"):
        next(rows)


def test_the_label_of_a_column_is_in_errors_of_headers() -> None:
    file = csv_file(table(ROW | {f"{FORCING_HEADER} x": "1"}))
    assert "Did you mean" in refusal_of(file)
