"""CSV files as Excel, WPS and others write them; the refusals first."""

import pytest

from exchange.limits import Limits
from exchange.readers import Table, UnreadableFile, read_table

PEOPLE = "姓名,电话\n张三,13800000000\n"


def rows(table: Table) -> list[list[object]]:
    return [list(row.values) for row in table.rows]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b" \r\n\t\r\n", "FILE_EMPTY"),
        (b"\xef\xbb\xbf", "FILE_EMPTY"),
        (b",,,\n,,\n", "FILE_EMPTY"),
        (b"\0" * 4096, "FILE_EMPTY"),
        (b"%PDF-1.7\n...", "FILE_KIND_UNSUPPORTED"),
        (b"\x89PNG\r\n\x1a\n....", "FILE_KIND_UNSUPPORTED"),
        (b"<html><table><tr><td>1</td></tr></table>", "FILE_KIND_UNSUPPORTED"),
        (b'\xef\xbb\xbf <?xml version="1.0"?><Workbook/>', "FILE_KIND_UNSUPPORTED"),
        (bytes(range(256)) * 40, "ENCODING_UNKNOWN"),
        ("姓名\n".encode("utf-32"), "ENCODING_UNKNOWN"),
        ("姓名,a\n".encode("utf-16")[:-1], "FILE_DAMAGED"),
        ("Café,a\n".encode("latin-1"), "ENCODING_UNKNOWN"),
        (("客户名称与地址,备注\n" * 50).encode()[:-12] + b"\xe5", "FILE_DAMAGED"),
        (b"a,b\n1," + b"\0\1" * 500, "FILE_KIND_UNSUPPORTED"),
        (b'a,b\n1,"2\n3,4\n', "QUOTES_BROKEN"),
        (b'a,b\n1,"2"x\n', "QUOTES_BROKEN"),
        (b'a,b\n1,"' + b"x" * 200_000, "CELL_TOO_LONG"),
        (b"a,,b\n1,2,3\n", "HEADER_EMPTY"),
        (b"a,b,A \n1,2,3\n", "HEADER_DUPLICATE"),
        (b"a,\x01b\n1,2\n", "HEADER_INVALID"),
        (",".join(f"c{index}" for index in range(513)).encode(), "TOO_MANY_COLUMNS"),
        (b"a\n" + b"1\n" * 200_001, "TOO_MANY_ROWS"),
    ],
)
def test_refused(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_table(data, "customers.csv")
    assert refusal.value.code == code
    for text in (refusal.value.zh, refusal.value.en, refusal.value.remedy_zh, refusal.value.remedy_en):
        assert text
        assert "{" not in text


def test_refused_by_size() -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_table(b"a\n" + b"1" * 100, "x.csv", limits=Limits(file_bytes=100))
    assert refusal.value.code == "FILE_TOO_LARGE"


def test_refusal_names_row_and_column() -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_table(b"\n\na,b,a", "x.csv")
    assert (refusal.value.row, refusal.value.column) == (3, "C")
    assert "A, C" in refusal.value.zh
    with pytest.raises(UnreadableFile) as refusal:
        read_table(b'a,b\n\n1,"2\n', "x.csv")
    assert refusal.value.row == 3
    assert "第 3 行" in refusal.value.zh


@pytest.mark.parametrize(
    ("encoding", "mark", "name"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("gb18030", b"", "gb18030"),
    ],
)
def test_encodings(encoding: str, mark: bytes, name: str) -> None:
    table = read_table(mark + (PEOPLE + "𠮷野,€1\n").encode(encoding), "anything.xls")
    assert table.encoding == name
    assert table.headers == ["姓名", "电话"]
    assert rows(table) == [["张三", "13800000000"], ["𠮷野", "€1"]]


def test_gb18030_as_bytes_of_an_old_system() -> None:
    table = read_table(b"\xd0\xd5\xc3\xfb,\xb3\xc7\xca\xd0\r\n\xd5\xc5\xc8\xfd,\xd6\xd8\xc7\xec\r\n", "x.csv")
    assert table.headers == ["姓名", "城市"]
    assert rows(table) == [["张三", "重庆"]]


@pytest.mark.parametrize(
    ("text", "separator", "headers", "first"),
    [
        ("a;b\n1,5;2,5\n", ";", ["a", "b"], ["1,5", "2,5"]),
        ("a\tb\n1,5\t2;5\n", "\t", ["a", "b"], ["1,5", "2;5"]),
        ('"a,b";c\n1;2\n', ";", ["a,b", "c"], ["1", "2"]),
        ("a,b\n1;2;3;4,5\n", ",", ["a", "b"], ["1;2;3;4", "5"]),
        ("a\n1\n", ",", ["a"], ["1"]),
        ("sep=;\r\na;b\r\n1;2\r\n", ";", ["a", "b"], ["1", "2"]),
        ('a,b\n"1;\n;2","x;y"\n', ",", ["a", "b"], ["1;\n;2", "x;y"]),
    ],
)
def test_separators(text: str, separator: str, headers: list[str], first: list[str]) -> None:
    table = read_table(text.encode(), "x.csv")
    assert table.separator == separator
    assert table.headers == headers
    assert rows(table)[0] == first


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_and_numbers_of_rows(line_end: str) -> None:
    text = line_end.join(["a,b", '1,"x', 'y"', "", "2,z", ",,,", ""])
    table = read_table(text.encode(), "x.csv")
    assert [(row.number, row.values) for row in table.rows] == [(2, ["1", "x\ny"]), (4, ["2", "z"])]


def test_blanks_short_and_long_rows() -> None:
    table = read_table("a, b\u3000,,\n\u3000x\u00a0,\n1,2,,\n1,2,3,4\n".encode(), "x.csv")
    assert table.headers == ["a", "b"]
    short, right, long = table.rows
    assert short.values == ["x", None]
    assert right.values == ["1", "2"]
    assert not right.problems
    assert long.values == ["1", "2"]
    assert [(problem.code, problem.column, problem.header) for problem in long.problems] == [
        ("CELL_OUTSIDE_TABLE", "C", None)
    ]


@pytest.mark.parametrize(
    ("cell", "code", "is_warning"),
    [
        ("a\x00b", "CELL_CONTROL_CHARACTER", False),
        ("a\x1bb", "CELL_CONTROL_CHARACTER", False),
        ("a\x85b", "CELL_CONTROL_CHARACTER", False),
        ("x" * 32_768, "CELL_TOO_LONG", False),
        ("1.38E+10", "NUMBER_IN_SCIENTIFIC_NOTATION", True),
    ],
)
def test_bad_cells_are_reported_and_the_rest_is_read(cell: str, code: str, is_warning: bool) -> None:
    table = read_table(f"姓名,电话\n张三,{cell}\n李四,1\n".encode(), "x.csv")
    bad, good = table.rows
    (problem,) = bad.problems
    assert (problem.code, problem.row, problem.column, problem.header) == (code, 2, "B", "电话")
    assert problem.is_warning is is_warning
    assert bad.values == ["张三", cell if is_warning else None]
    assert problem.zh
    assert problem.remedy_en
    assert good.values == ["李四", "1"]


def test_text_is_normal_and_stays_text() -> None:
    table = read_table('a,b,c,d\ne\u0301,007,1e3,"=""0012"""\n'.encode(), "x.csv")
    assert rows(table) == [["é", "007", "1e3", "0012"]]
    assert rows(table) == rows(table)
