"""What an unreadable file or cell is called, in both languages; the codes are a closed set."""

from dataclasses import dataclass
from typing import NamedTuple


class Wording(NamedTuple):
    """What is wrong and what to do about it; `{…}` are filled in where the problem is found."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


FILE_PROBLEMS: dict[str, Wording] = {
    "FILE_EMPTY": Wording(
        "文件里没有数据。",
        "The file holds no data.",
        "请确认选对了文件，且第一行是列名。",
        "Check that it is the right file and that its first row names the columns.",
    ),
    "FILE_TOO_LARGE": Wording(
        "文件超过 {limit} MB。",
        "The file is larger than {limit} MB.",
        "请拆成几个较小的文件分别导入。",
        "Split it into smaller files and import them one by one.",
    ),
    "FILE_KIND_UNSUPPORTED": Wording(
        "无法导入该类文件（{kind}）。",
        "This kind of file ({kind}) cannot be imported.",
        "请用 Excel 或 WPS 打开，另存为 .xlsx 或 .csv 后再导入。",
        "Open it in Excel or WPS, save it as .xlsx or .csv, and import that.",
    ),
    "FILE_DAMAGED": Wording(
        "文件已损坏或不完整，无法读取。",
        "The file is damaged or incomplete and cannot be read.",
        "请重新下载或导出该文件；也可用 Excel 打开后另存为 .xlsx 再导入。",
        "Download or export it again, or open it in Excel and save it as .xlsx.",
    ),
    "FILE_ENCRYPTED": Wording(
        "文件设有打开密码。",
        "The file is protected by a password.",
        "请在 Excel 中取消打开密码，另存后再导入。",
        "Remove the password in Excel, save the file, and import it again.",
    ),
    "FILE_UNSAFE": Wording(
        "文件的内部结构异常（{what_zh}），出于安全考虑已拒绝。",
        "The inside of the file is unusual ({what_en}); it was refused for safety.",
        "请用 Excel 打开，将数据复制到新工作簿，另存为 .xlsx 后再导入。",
        "Open it in Excel, copy the data into a new workbook, save that as .xlsx, and import it.",
    ),
    "ENCODING_UNKNOWN": Wording(
        "无法识别文件的文字编码。",
        "The text encoding of the file is not known.",
        "请另存为“CSV UTF-8（逗号分隔）”后再导入。",
        "Save it as “CSV UTF-8 (Comma delimited)” and import that.",
    ),
    "QUOTES_BROKEN": Wording(
        "第 {row} 行的双引号不成对。",
        "The double quotes of row {row} do not match.",
        '内容中的双引号须写成两个（""），且整个单元格须用双引号括起来。',
        'Write a quote within a cell twice ("") and put quotes around the whole cell.',
    ),
    "HEADER_EMPTY": Wording(
        "第 {column} 列没有列名。",
        "Column {column} has no name.",
        "请在首行填写该列的列名，或删除该列。",
        "Name the column in the first row, or delete the column.",
    ),
    "HEADER_DUPLICATE": Wording(
        "列名“{name}”重复，出现在第 {columns} 列。",
        "The column name “{name}” occurs more than once: {columns}.",
        "请修改或删除重复的列。",
        "Rename or delete the repeated column.",
    ),
    "HEADER_INVALID": Wording(
        "第 {column} 列的列名无法识别。",
        "The name of column {column} cannot be read.",
        "请重新输入该列的列名。",
        "Type the name of the column again.",
    ),
    "TOO_MANY_ROWS": Wording(
        "数据超过 {limit} 行。",
        "There are more than {limit} rows.",
        "请拆成几个文件分别导入，并删除表格末尾的空行。",
        "Split the file, and delete empty rows at its end.",
    ),
    "TOO_MANY_COLUMNS": Wording(
        "表格超过 {limit} 列。",
        "There are more than {limit} columns.",
        "请删除不需要导入的列。",
        "Delete the columns that need not be imported.",
    ),
    "TOO_MANY_CELLS": Wording(
        "表格过大，单元格超过 {limit} 个。",
        "The sheet is too large: more than {limit} cells.",
        "请拆成几个文件分别导入，并删除数据区以外的内容。",
        "Split the file, and delete what stands outside the data.",
    ),
    "CELL_TOO_LONG": Wording(
        "第 {row} 行有单元格内容过长，可能是双引号没有成对。",
        "A cell of row {row} is far too long; perhaps a double quote is not closed.",
        "请检查该行的双引号，并缩短内容。",
        "Check the double quotes of the row and shorten its content.",
    ),
    "SHEET_MISSING": Wording(
        "找不到工作表“{sheet}”。",
        "There is no sheet “{sheet}”.",
        "请从以下工作表中选择：{sheets}。",
        "Choose one of: {sheets}.",
    ),
}

CELL_PROBLEMS: dict[str, Wording] = {
    "CELL_ERROR": Wording(
        "单元格的公式出错（{value}）。",
        "The cell holds a formula error ({value}).",
        "请改正公式，或直接填入数值。",
        "Correct the formula, or type the value.",
    ),
    "FORMULA_NOT_COMPUTED": Wording(
        "单元格的公式还没有计算结果。",
        "The formula of the cell has no result yet.",
        "请用 Excel 打开文件，保存一次后再导入，或直接填入数值。",
        "Open the file in Excel, save it, and import it again; or type the value.",
    ),
    "CELL_CONTROL_CHARACTER": Wording(
        "单元格含有不可见的控制字符（{value}）。",
        "The cell holds an invisible control character ({value}).",
        "请重新输入该单元格的内容。",
        "Type the content of the cell again.",
    ),
    "CELL_TOO_LONG": Wording(
        "单元格内容超过 {value} 个字符。",
        "The cell holds more than {value} characters.",
        "请缩短内容。",
        "Shorten it.",
    ),
    "CELL_OUTSIDE_TABLE": Wording(
        "该行在最后一个列名之后还有内容。",
        "The row goes on after the last named column.",
        "请检查该行是否错列，或为该列补上列名。",
        "Check whether the row is shifted, or name the column.",
    ),
    "CELL_NOT_A_NUMBER": Wording(
        "单元格不是有效的数字。",
        "The cell does not hold a valid number.",
        "请重新输入该单元格的内容。",
        "Type the content of the cell again.",
    ),
    "NUMBER_MAY_BE_CUT": Wording(
        "数字达到或超过 16 位，Excel 只保留前 15 位，末尾可能已变成 0（{value}）。",
        "A number of 16 digits or more: Excel keeps only 15, the last ones may have become 0 ({value}).",
        "身份证号、银行账号等请先将单元格设为“文本”，再重新输入。",
        "Format the cell as text before typing identity or bank numbers.",
    ),
    "NUMBER_IN_SCIENTIFIC_NOTATION": Wording(
        "数字已被 Excel 写成科学计数法（{value}），原来的位数已丢失。",
        "Excel wrote the number in scientific notation ({value}); its digits are lost.",
        "请将该列设为“文本”或“0”格式，再重新保存文件。",
        "Format the column as text or as “0” and save the file again.",
    ),
}
# What was unusual about an unsafe file, for FILE_UNSAFE.
UNSAFE: dict[str, tuple[str, str]] = {
    "unpacked": ("解压后数据过大", "it unpacks to far too much data"),
    "members": ("内部文件过多", "it holds too many files"),
    "sizes": ("标注的大小与实际不符", "its sizes do not agree"),
    "nested": ("内嵌了其他文件", "it holds other archives or documents"),
    "entities": ("含有 DOCTYPE 或实体定义", "it declares a DOCTYPE or entities"),
    "packing": ("压缩方式不受支持", "it is packed in an unknown way"),
    "parsing": ("解析所需的时间或内存过多", "reading it takes too much time or memory"),
}
WARNINGS = frozenset({"NUMBER_MAY_BE_CUT", "NUMBER_IN_SCIENTIFIC_NOTATION"})


class UnreadableFile(ValueError):
    """The file as a whole cannot be imported. `row` is 1-based as in a spreadsheet, `column` a letter such as 'B'."""

    def __init__(self, code: str, *, row: int | None = None, column: str | None = None, **details: object) -> None:
        wording = FILE_PROBLEMS[code]
        details |= {"row": row, "column": column}
        self.code = code
        self.zh = wording.zh.format(**details)
        self.en = wording.en.format(**details)
        self.remedy_zh = wording.remedy_zh.format(**details)
        self.remedy_en = wording.remedy_en.format(**details)
        self.row = row
        self.column = column
        super().__init__(f"{code}: {self.en}")


def unsafe(what: str) -> UnreadableFile:
    """FILE_UNSAFE, saying what was unusual: a key of UNSAFE."""
    zh, en = UNSAFE[what]
    return UnreadableFile("FILE_UNSAFE", what_zh=zh, what_en=en)


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with one cell. Its value is None unless `is_warning`; `header` is None beyond the last column."""

    code: str
    row: int
    column: str
    header: str | None
    value: str

    @property
    def is_warning(self) -> bool:
        return self.code in WARNINGS

    @property
    def zh(self) -> str:
        return CELL_PROBLEMS[self.code].zh.format(value=self.value)

    @property
    def en(self) -> str:
        return CELL_PROBLEMS[self.code].en.format(value=self.value)

    @property
    def remedy_zh(self) -> str:
        return CELL_PROBLEMS[self.code].remedy_zh

    @property
    def remedy_en(self) -> str:
        return CELL_PROBLEMS[self.code].remedy_en
