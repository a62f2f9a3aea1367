"""What the exchange room refuses: files, columns, cells."""

from __future__ import annotations

from exchange.errors_text import UnreadableFile
from values.errors import Kind, Refusal


class FileUnreadable(Refusal):
    """The file as a whole cannot be imported; `details["reason"]` is one of `errors_text.FILE_PROBLEMS`."""

    code = "FILE_UNREADABLE"
    zh, en = "{problem_zh}", "{problem_en}"
    remedy_zh, remedy_en = "{todo_zh}", "{todo_en}"

    @classmethod
    def because(cls, wrong: UnreadableFile) -> FileUnreadable:
        return cls(
            field="file",
            reason=wrong.code,
            problem_zh=wrong.zh,
            problem_en=wrong.en,
            todo_zh=wrong.remedy_zh,
            todo_en=wrong.remedy_en,
        )


class NotImportable(Refusal):
    code = "NOT_IMPORTABLE"
    zh, en = "“{entity}”不支持导入。", "{entity} cannot be imported."
    remedy_zh, remedy_en = "请选择可导入的对象。", "Choose something that can be imported."


class NotExportable(Refusal):
    code = "NOT_EXPORTABLE"
    zh, en = "“{entity}”不支持导出。", "{entity} cannot be exported."
    remedy_zh, remedy_en = "可导出：{choices}。", "Choose one of: {choices}."


class FormatUnknown(Refusal):
    code = "FORMAT_UNKNOWN"
    zh, en = "不支持导出格式“{format}”。", "To export you must choose a known format; {format} is none."
    remedy_zh, remedy_en = (
        "请选择 csv 或 xlsx；导出全公司数据时为 zip。",
        "Choose csv or xlsx; all of a company's data comes as zip.",
    )


class HeaderMissing(Refusal):
    code = "MAPPING_HEADER_MISSING"
    zh, en = "文件中没有列“{header}”。", "The file has no column {header}."
    remedy_zh, remedy_en = "请按文件首行的列名重新对应。", "Map the names in the first row of the file."


class FieldNotImportable(Refusal):
    code = "MAPPING_FIELD_NOT_IMPORTABLE"
    zh, en = "列“{header}”不能对应到字段“{name}”：该字段不存在或不能导入。", "{header} cannot be mapped to {name}."
    remedy_zh, remedy_en = (
        "请选择可填写的字段，或忽略该列。",
        "Choose a field that can be filled in, or ignore the column.",
    )


class FieldMappedTwice(Refusal):
    code = "MAPPING_FIELD_TWICE"
    zh, en = "列“{first}”和“{second}”对应到了同一个字段。", "{first} and {second} are mapped to the same field."
    remedy_zh, remedy_en = "请只保留其中一列。", "Keep only one of them."


class NameColumnMissing(Refusal):
    code = "MAPPING_REQUIRED_MISSING"
    zh, en = "文件中没有对应“{label}”的列。", "To import you must map a column to {label}."
    remedy_zh, remedy_en = "请指定哪一列是“{label}”。", "Say which column holds {label}."


class RowsRefused(Refusal):
    code, kind = "IMPORT_ROWS_REFUSED", Kind.CONFLICT
    zh, en = "有 {bad} 行不符合要求，未导入任何数据。", "{bad} rows are bad; nothing was imported."
    remedy_zh, remedy_en = "请先试运行，按报告修改文件。", "Run it dry and correct the file by the report."


class CellUnreadable(Refusal):
    """What the reader of the file found wrong with a cell; `details["reason"]` is one of `CELL_PROBLEMS`."""

    code = "CELL_UNREADABLE"
    zh, en = "{problem_zh}", "{problem_en}"
    remedy_zh, remedy_en = "{todo_zh}", "{todo_en}"


class CellNotDate(Refusal):
    code = "CELL_NOT_DATE"
    zh, en = "“{value}”不是日期。", "{value} is not a date."
    remedy_zh, remedy_en = "请写成 2026-03-02、2026/3/2 或 2026年3月2日。", "Write it like 2026-03-02."


class CellNotNumber(Refusal):
    code = "CELL_NOT_NUMBER"
    zh, en = "“{value}”不是数字。", "{value} is not a number."
    remedy_zh, remedy_en = "请只填写数字。", "Give digits only."


class CellNotAmount(Refusal):
    code = "CELL_NOT_AMOUNT"
    zh, en = "“{value}”不是有效的 {currency} 金额。", "{value} is not an amount in {currency}."
    remedy_zh, remedy_en = "请写成 1,234.50，不要多于该币种的小数位。", "Write it like 1,234.50."


class CellNotYesNo(Refusal):
    code = "CELL_NOT_YES_NO"
    zh, en = "“{value}”不是“是”或“否”。", "{value} is neither yes nor no."
    remedy_zh, remedy_en = "请填写 是 或 否。", "Write yes or no."


class CellNotChoice(Refusal):
    code = "CELL_NOT_CHOICE"
    zh, en = "没有“{value}”这个选项。", "{value} is not one of the options."
    remedy_zh, remedy_en = "可选：{choices_zh}。", "Choose one of: {choices_en}."


class DuplicateInFile(Refusal):
    code, kind = "DUPLICATE_IN_FILE", Kind.CONFLICT
    zh, en = "与第 {first} 行重复。", "This row repeats row {first}."
    remedy_zh, remedy_en = (
        "请删除其中一行；同名的不同记录请填写编码或电话。",
        "Delete one; tell namesakes apart by code or phone.",
    )


class ColumnNotRecognised(Refusal):
    """A warning, never raised: the column was left out."""

    code = "COLUMN_NOT_RECOGNISED"
    zh, en = "未识别列“{header}”，已忽略。", "The column {header} was not recognised and is ignored."
    remedy_zh, remedy_en = "如需导入，请手动对应字段。", "Map it by hand to import it."
