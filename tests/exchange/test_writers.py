"""Exports: formulas inert, and what was written is what is read."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exchange.cells import could_be_formula, guard_formula, normal_text, unguard_formula
from exchange.readers import read_table
from exchange.writers import Value, write_csv, write_xlsx

ATTACKS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "\u3000=1",
    "'=1",
]
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("=+-@'\"\t\n,;＝ "), max_size=40)


def csv_bytes(rows: list[list[Value]], headers: list[str] | None = None) -> bytes:
    return b"".join(write_csv(headers or ["a", "b"], rows))


@pytest.mark.parametrize("attack", [*ATTACKS, "=cmd|' /C calc'!A0", "+8613800000000", "-2+3+cmd", "''=1", "\u200b=1"])
def test_formulas_are_inert_in_csv_and_read_back(attack: str) -> None:
    data = csv_bytes([[attack, "x"]])
    written = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1][0]
    assert written == "'" + attack
    (row,) = read_table(data, "x.csv").rows
    assert row.values[0] == normal_text(attack)


@pytest.mark.parametrize("attack", ATTACKS)
def test_formulas_are_inert_in_xlsx_and_read_back(attack: str) -> None:
    data = write_xlsx(["名称", "=HYPERLINK(1)"], [[attack, "x"]], "客户")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    assert sheet["A2"].data_type == sheet["B1"].data_type == "s"
    assert sheet["A2"].quotePrefix
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f" not in archive.read("xl/worksheets/sheet1.xml")
    table = read_table(data, "x.xlsx")
    assert table.headers == ["名称", "=HYPERLINK(1)"]
    assert [row.values[0] for row in table.rows] == [normal_text(attack)]


@pytest.mark.parametrize("text", ["张三", "a=b", "1-2", "'quoted'", "O'Neil", "", "3+4"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert guard_formula(text) == text
    assert unguard_formula(text) == text


@given(TEXTS)
def test_the_guard_is_undone_exactly(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text
    assert not could_be_formula(guard_formula(text)) or guard_formula(text)[0] == "'"


def test_csv_as_excel_on_windows_wants_it() -> None:
    data = csv_bytes([["张三", 'say "hi"'], [None, "a\nb"]], ["姓名", "备注"])
    assert data == '\ufeff姓名,备注\r\n张三,"say ""hi"""\r\n,"a\nb"\r\n'.encode()


def test_typed_values_in_csv() -> None:
    row: list[Value] = [Decimal("-1.50"), -7, Decimal("1E+3"), True, date(2024, 2, 29), datetime(2024, 1, 2, 3, 4, 5)]  # noqa: DTZ001
    data = csv_bytes([row], list("abcdef"))
    assert data.splitlines()[1] == b"-1.50,-7,1000,TRUE,2024-02-29,2024-01-02 03:04:05"


def test_csv_comes_in_pieces() -> None:
    pieces = list(write_csv(["a"], ([str(number)] for number in range(50_000))))
    assert len(pieces) > 2
    assert read_table(b"".join(pieces), "x.csv").row_count == 50_000


def test_what_a_file_cannot_hold_is_replaced() -> None:
    rows: list[list[Value]] = [["a\x00b\ud800c", "x"]]
    for data in (csv_bytes(rows), write_xlsx(["a", "b"], rows, "s")):
        assert [row.values[0] for row in read_table(data, "x").rows] == ["a\ufffdb\ufffdc"]


def test_numbers_and_dates_in_xlsx() -> None:
    row: list[Value] = [
        *[Decimal("-1.5"), 999_999_999_999_999, 110101199001011234, Decimal("0.1234567890123456"), Decimal("NaN")],
        *[date(2024, 2, 29), datetime(2024, 1, 2, 3, 4, 5), date(1899, 1, 1), datetime(2024, 1, 1, tzinfo=UTC), True],  # noqa: DTZ001
    ]
    (read,) = read_table(write_xlsx([f"c{n}" for n in range(len(row))], [row], "s"), "x").rows
    assert read.values == [
        *[Decimal("-1.5"), Decimal(999_999_999_999_999), "110101199001011234", "0.1234567890123456", "NaN"],
        *[date(2024, 2, 29), datetime(2024, 1, 2, 3, 4, 5), "1899-01-01", "2024-01-01 00:00:00+00:00", True],  # noqa: DTZ001
    ]
    assert not read.problems


def test_layout_of_xlsx() -> None:
    sheet = openpyxl.load_workbook(
        io.BytesIO(write_xlsx(["客户名称", "b"], [["云" * 15, "x"]], "[a]:b/" + "客" * 40))
    ).active
    assert sheet is not None
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width == 32
    assert sheet.column_dimensions["B"].width == 8
    assert len(sheet.title) <= 31
    assert not set(sheet.title) & set("[]:*?/\\")
    assert openpyxl.load_workbook(io.BytesIO(write_xlsx(["a"], [], "'"))).sheetnames == ["Sheet1"]


def test_a_text_longer_than_a_cell_is_cut_visibly() -> None:
    (row,) = read_table(write_xlsx(["a"], [["x" * 40_000]], "s"), "x").rows
    assert isinstance(row.values[0], str)
    assert len(row.values[0]) == 32_767
    assert row.values[0].endswith("…")


@example([("", "\ufeff")])
@example([("\t", "\u200b"), ("a", "\t")])
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
def test_csv_round_trip(texts: list[tuple[str, str]]) -> None:
    data = csv_bytes([list(pair) for pair in texts])
    assert [row.values for row in read_table(data, "x.csv").rows] == expected_texts(texts)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=30),
    st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9), max_size=9
    ),
    st.lists(st.dates(min_value=date(1900, 3, 1)), max_size=9),
)
def test_xlsx_round_trip(texts: list[tuple[str, str]], numbers: list[Decimal], days: list[date]) -> None:
    texts.append(("_x000D_ _x0041_", "_x005F_x000D_"))
    rows: list[list[Value]] = [*map(list, texts), *([number, "n"] for number in numbers), *([day, "d"] for day in days)]
    table = read_table(write_xlsx(["a", "b"], rows, "s"), "x")
    read = [row.values for row in table.rows]
    assert read == [*expected_texts(texts), *([number, "n"] for number in numbers), *([day, "d"] for day in days)]


def expected_texts(texts: list[tuple[str, str]]) -> list[list[str | None]]:
    """Blank cells become None and blank rows vanish; the rest is its normal form."""
    cells = [[normal_text(text) or None for text in pair] for pair in texts]
    return [row for row in cells if any(row)]
