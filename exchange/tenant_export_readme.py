"""The note that lies in the zip of a company's data."""

_ZH = """\
# 贵公司的全部数据

- `csv/`：每张表一个 CSV（UTF-8，可直接用 Excel 或 WPS 打开），首行为中文字段名。
  以 = + - @ 开头的文本前加了一个单引号，防止被当作公式执行。
- `data/`：同样的内容，每行一个 JSON 对象，字段名与接口一致，便于导入其他系统。
  时间为 UTC，金额为最小货币单位（如分）。
- `manifest.json`：每个文件的行数、大小和 SHA-256，以及未包含的表和原因；`withheld` 列出不导出的字段。
- 所有文件取自同一时刻的快照，互相一致。
- 自定义字段的定义在 `custom_field`，其取值在各行的 `custom` 中；修改记录在 `audit_entry`。
- `attachments/`：附件文件，按附件编号分文件夹；编号与 `attachment` 表中的 `id` 对应。尚未上传完成的附件没有文件。
"""
_EN = """\
# All of your company's data

- `csv/`: one CSV per table (UTF-8, opens in Excel and WPS), with Chinese field names in the first row.
  A text that begins with = + - @ has an apostrophe before it, so that no program takes it for a formula.
- `data/`: the same as JSON lines, with the field names of the API.
  Times are UTC, amounts are in minor units (cents).
- `manifest.json`: rows, size and SHA-256 of each file; the tables that are left out and why.
  `withheld` names the fields that are left out.
- All files show one and the same instant.
- Custom fields are defined in `custom_field`, their values are in each row's `custom`;
  the history of changes is `audit_entry`.
- `attachments/`: the files, in a folder per attachment named by its `id` in the table `attachment`.
  An attachment whose upload is not finished has no file.
"""
_MEMBER = (
    "- 由成员导出：只含该成员有权查看的数据，角色隐藏的字段不在其中；`notYours` 列出无权查看的表和所缺的权限。\n",
    "- Exported by a member: only what that member may see, without the fields that their roles hide;\n"
    "  `notYours` names the tables that they may not see, with the permission that is missing.\n",
)
_OPERATOR = (
    "- 由运维人员在服务器上导出：包含公司的全部数据，不受字段隐藏限制。请妥善保管。\n",
    "- Exported by an operator on the server: everything, also the fields that roles hide. Keep it safe.\n",
)


def readme(*, of_member: bool) -> str:
    """The note, in both languages; it says under whose rights the export was made."""
    zh, en = _MEMBER if of_member else _OPERATOR
    return f"{_ZH}{zh}\n{_EN}{en}"
