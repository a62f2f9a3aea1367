"""XLSX and XLS: the bombs and broken files first, then what cells become."""

import contextlib
import io
import struct
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from xlwt.CompoundDoc import XlsDoc

from exchange.limits import Limits
from exchange.readers import Table, UnreadableFile, read_table
from exchange.zip_container import Archive

SHEET = "xl/worksheets/sheet1.xml"


def xlsx(*sheets: list[list[object]]) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for index, rows in enumerate(sheets, start=1):
        sheet = workbook.create_sheet(f"表{index}")
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def xls(*sheets: list[list[object]]) -> xlwt.Workbook:
    workbook = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for index, rows in enumerate(sheets, start=1):
        sheet = workbook.add_sheet(f"表{index}")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write(row, column, cell, day)
                else:
                    sheet.write(row, column, cell)
    return workbook


def saved(workbook: xlwt.Workbook) -> bytes:
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def repacked(data: bytes, changes: dict[str, bytes | None], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", compression) as new:
        members = {name: old.read(name) for name in old.namelist()} | changes
        for name, content in members.items():
            if content is not None:
                new.writestr(name, content)
    return stream.getvalue()


def member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def with_sheet(cells: str) -> bytes:
    xml = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    return repacked(SMALL, {SHEET: xml.encode()})


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    out = io.BytesIO()
    XlsDoc().save(out, stream)
    data = bytearray(out.getvalue())
    old = "Workbook".encode("utf-16-le")
    at = data.index(old)
    encoded = name.encode("utf-16-le")
    data[at : at + 64] = encoded.ljust(64, b"\0")
    struct.pack_into("<H", data, at + 64, len(encoded) + 2)
    return bytes(data)


SMALL = xlsx([["姓名", "电话"], ["张三", 13800000000]])
SMALL_XLS_BOOK = xls([["姓名", "电话"], ["张三", 13800000000]])
SMALL_XLS = saved(SMALL_XLS_BOOK)


def refusal(data: bytes, sheet: str | None = None, limits: Limits | None = None) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read_table(data, "customers.xlsx", sheet=sheet, limits=limits or Limits())
    for text in (caught.value.zh, caught.value.en, caught.value.remedy_zh, caught.value.remedy_en):
        assert text
        assert "{" not in text
    return caught.value


def test_archive_bombs_are_refused_before_parsing() -> None:
    ratio = repacked(SMALL, {"xl/media/big.bin": b"\0" * 40_000_000})
    many = repacked(SMALL, {f"xl/media/{index}": b"" for index in range(2_001)})
    nested = repacked(SMALL, {"xl/media/picture.png": SMALL})
    embedded = repacked(SMALL, {"xl/embeddings/inner.xlsx": b"x"})
    for data in (ratio, many, nested, embedded):
        assert refusal(data).code == "FILE_UNSAFE"
    assert refusal(SMALL, limits=Limits(unpacked_bytes=1_000)).code == "FILE_UNSAFE"


def test_archive_with_false_sizes_is_refused() -> None:
    bomb = bytearray(repacked(SMALL, {"xl/media/big.bin": b"\0" * 1_500_000}))
    for signature, size_at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = bomb.rindex(signature)
        struct.pack_into("<I", bomb, at + size_at, 10)
    assert refusal(bytes(bomb)).code == "FILE_UNSAFE"


def test_archive_with_overlapping_members_is_refused() -> None:
    data = bytearray(SMALL)
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]  # both begin at the same place
    assert refusal(bytes(data)).code in {"FILE_UNSAFE", "FILE_DAMAGED"}


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE a [<!ENTITY lol "lol">]>',
        b'<!doctype a SYSTEM "file:///etc/passwd">',
    ],
)
@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_entities_are_refused_in_every_part(name: str, declaration: bytes) -> None:
    content = member(SMALL, name)
    head, mark, tail = content.partition(b"?>")
    changed = head + mark + declaration + tail if mark else declaration + content
    assert refusal(repacked(SMALL, {name: changed})).code == "FILE_UNSAFE"
    hidden = "﻿".encode("utf-16-le") + declaration.decode().encode("utf-16-le")
    assert refusal(repacked(SMALL, {name: hidden})).code == "FILE_UNSAFE"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>', "TOO_MANY_ROWS"),
        ('<row r="1"><c r="XFD1"><v>1</v></c></row>', "TOO_MANY_COLUMNS"),
        ("<row r='1'><c x='>' r='XFD1'><v>1</v></c></row>", "TOO_MANY_COLUMNS"),
        ('<row r="1"><c r="SR1"><v>1</v></c></row><row r="199999"><c><v>1</v></c></row>', "TOO_MANY_CELLS"),
        ('<row r="9999999"><c r="A9999999"><v>1</v></c></row>', "FILE_DAMAGED"),
        ('<row r="1">' + "<c><v>1</v></c>" * 513 + "</row>", "TOO_MANY_COLUMNS"),
        ('<row r="1"><c r="A1"><v>1</v>', "FILE_DAMAGED"),
        ("", "FILE_EMPTY"),
    ],
)
def test_sheets_that_would_fill_memory_or_are_broken_are_refused(cells: str, code: str) -> None:
    assert refusal(with_sheet(cells)).code == code


def test_one_long_text_shared_by_a_million_cells_kills_only_the_parser() -> None:
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + "x" * 32_000
        + "</t></si></sst>"
    )
    row = "<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>"
    data = repacked(with_sheet(row * 2_000), {"xl/sharedStrings.xml": shared.encode()})
    limits = Limits(unpack_ratio=10_000, parser_memory_bytes=512 * 1024 * 1024)
    assert refusal(data, limits=limits).code == "FILE_UNSAFE"


def test_encrypted_workbooks_are_named_so() -> None:
    assert refusal(compound(b"\0" * 8192, "EncryptedPackage")).code == "FILE_ENCRYPTED"
    stream = SMALL_XLS_BOOK.get_biff_data()
    begin = 4 + struct.unpack_from("<H", stream, 2)[0]
    locked = stream[:begin] + struct.pack("<HHHHH", 0x2F, 6, 0, 0, 0) + stream[begin:]
    assert refusal(compound(locked)).code == "FILE_ENCRYPTED"


def test_other_kinds_are_named_so() -> None:
    assert refusal(compound(b"\0" * 8192, "WordDocument")).code == "FILE_KIND_UNSUPPORTED"
    for name, kind in (
        ("word/document.xml", "DOCX"),
        ("xl/workbook.bin", "XLSB"),
        ("mimetype", "ODS"),
        ("a.txt", "ZIP"),
    ):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(name, b"x")
        error = refusal(stream.getvalue())
        assert error.code == "FILE_KIND_UNSUPPORTED"
        assert kind in error.zh


def test_a_compound_file_that_runs_in_circles_is_refused() -> None:
    data = bytearray(compound(SMALL_XLS_BOOK.get_biff_data().ljust(16_384, b"\0")))
    fat_sector = struct.unpack_from("<I", data, 76)[0]
    at = (fat_sector + 1) * 512
    for entry in range(8):
        struct.pack_into("<I", data, at + entry * 4, entry)
    assert refusal(bytes(data)).code == "FILE_DAMAGED"


@pytest.mark.parametrize("whole", [SMALL, SMALL_XLS], ids=["xlsx", "xls"])
def test_truncated_files_are_refused(whole: bytes) -> None:
    for length in range(8, len(whole) - 600, 487):
        assert refusal(whole[:length]).code in {"FILE_DAMAGED", "FILE_KIND_UNSUPPORTED", "FILE_EMPTY"}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([SMALL, SMALL_XLS]), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=20))
def test_a_scrambled_file_is_read_or_refused_never_worse(whole: bytes, changes: list[tuple[float, int]]) -> None:
    data = bytearray(whole)
    for place, value in changes:
        data[8 + int(place * (len(data) - 8))] = value
    with contextlib.suppress(UnreadableFile):  # any other exception fails the test
        table = read_table(bytes(data), "x.xlsx")
        assert len(list(table.rows)) == table.row_count


def test_missing_sheet_names_the_others() -> None:
    for data in (SMALL, SMALL_XLS):
        error = refusal(data, sheet="没有")
        assert error.code == "SHEET_MISSING"
        assert "表1" in error.remedy_zh


def read(data: bytes, sheet: str | None = None) -> Table:
    return read_table(data, "renamed.csv", sheet=sheet)


def test_cells_of_xlsx() -> None:
    table = read(
        xlsx(
            [
                ["文本", "电话", "数", "日期", "时刻", "是", "钟点"],
                ["007", 13800000000, 0.1 + 0.2, date(2024, 2, 29), datetime(2024, 1, 2, 3, 4, 5), True, time(8, 30)],  # noqa: DTZ001
                [" 全角\u3000", 13800000000.0, -5, None, None, False, None],
            ]
        )
    )
    assert (table.kind, table.sheet, table.sheet_names, table.header_row) == ("xlsx", "表1", ["表1"], 1)
    first, second = table.rows
    assert first.values == [
        *["007", Decimal("13800000000"), Decimal("0.3")],
        *[date(2024, 2, 29), datetime(2024, 1, 2, 3, 4, 5), True, "08:30:00"],  # noqa: DTZ001
    ]
    assert str(first.values[1]) == "13800000000"
    assert second.values == ["全角", Decimal("13800000000"), Decimal("-5"), None, None, False, None]
    assert not first.problems


def test_cells_of_xls() -> None:
    book = xls([["电话", "日期", "是"], [13800000000, date(2024, 2, 29), True], [1.5]], [["x"], [1]])
    book.get_sheet(0).row(3).set_cell_error(1, 42)
    table = read(saved(book))
    assert (table.kind, table.sheet, table.sheet_names) == ("xls", "表1", ["表1", "表2"])
    first, second, third = table.rows
    assert first.values == [Decimal("13800000000"), date(2024, 2, 29), True]
    assert second.values == [Decimal("1.5"), None, None]
    assert [(problem.code, problem.value, problem.row, problem.column) for problem in third.problems] == [
        ("CELL_ERROR", "#N/A", 4, "B")
    ]
    assert [row.values for row in read(saved(book), sheet="表2").rows] == [[Decimal(1)]]


def test_errors_formulas_and_long_numbers_are_reported_per_cell() -> None:
    cells = (
        '<row r="2"><c r="B2" t="inlineStr"><is><t>a</t></is></c><c r="C2" t="inlineStr"><is><t>b</t></is></c></row>'
        '<row r="5"><c r="B5" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="C5"><f>A1</f><v></v></c></row>'
        '<row r="6"><c r="B6"><v>1.10101199001011E+17</v></c><c r="C6"><f>1+1</f><v>2</v></c></row>'
        '<row r="7"><c r="B7"><v>NaN</v></c><c r="C7" t="str"><f>""</f><v></v></c></row>'
    )
    leading_column = cells.replace('<row r="2">', '<row r="2"><c r="A2" t="inlineStr"><is><t>h</t></is></c>')
    broken, long, nan = read(with_sheet(leading_column)).rows
    assert broken.number == 5
    assert broken.values == [None, None, None]
    assert [(problem.code, problem.column, problem.header) for problem in broken.problems] == [
        ("CELL_ERROR", "B", "a"),
        ("FORMULA_NOT_COMPUTED", "C", "b"),
    ]
    assert "#DIV/0!" in broken.problems[0].zh
    assert long.values == [None, Decimal("110101199001011000"), Decimal(2)]
    assert [(problem.code, problem.is_warning) for problem in long.problems] == [("NUMBER_MAY_BE_CUT", True)]
    assert nan.values == [None, None, None]
    assert [problem.code for problem in nan.problems] == ["CELL_NOT_A_NUMBER"]
    assert refusal(with_sheet(cells)).code == "HEADER_EMPTY"


def test_a_hidden_sheet_is_not_the_first() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(xlsx([["secret"], [1]], [["shown"], [2]])))
    workbook["表1"].sheet_state = "hidden"
    workbook.active = 1
    stream = io.BytesIO()
    workbook.save(stream)
    assert read(stream.getvalue()).headers == ["shown"]
    assert read(stream.getvalue(), sheet="表1").headers == ["secret"]


def test_members_are_found_without_regard_to_case() -> None:
    archive = Archive(SMALL, Limits())
    assert archive.read("XL/Workbook.xml") == archive.read("xl/workbook.xml")
    assert archive.read("xl/none.xml") is None
