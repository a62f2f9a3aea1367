"""What is said of a value that was refused before it was queued."""

from __future__ import annotations

REFUSED = {  # code → in Chinese, in English
    "TYPE_UNSENDABLE": (
        "这里不能填写 {type} 类型的值，请改为文本、数字、日期、编号或由它们组成的列表",
        "a value of type {type} cannot be sent: use a text, a number, a date, an id, or a list or dict of these",
    ),
    "KEY_UNSENDABLE": (
        "字段名必须是文本，不能是 {type} 类型",
        "the name of a field must be a text, not of type {type}",
    ),
    "TEXT_UNSENDABLE": (
        "文本中含有无法保存的字符，请删除后重试",
        "text with NUL or half a character (a lone surrogate) cannot be sent: remove it",
    ),
    "NUMBER_UNSENDABLE": ("{value} 不是有效的数字，请改正", "{value} is no number that can be sent: correct it"),
    "INTEGER_TOO_LARGE": ("整数超出范围（64 位），请改小", "an integer beyond 64 bits cannot be sent: make it smaller"),
    "NESTED_TOO_DEEP": ("内容嵌套超过 {most} 层，请简化", "nested more than {most} deep: make it flatter"),
    "TOO_MANY_FIELDS": ("字段超过 {most} 个，请减少", "more than {most} fields: send fewer"),
    "LIST_TOO_LONG": ("列表超过 {most} 项，请分几次填写", "a list of more than {most}: send it in parts"),
    "ARGUMENTS_TOO_LARGE": ("内容超过 {most} 字节，请精简", "more than {most} bytes: send less"),
    "LANGUAGE_UNKNOWN": ("“{language}”不是可选的语言（{known}）", "{language} is none of {known}"),
    "ENTRY_UNKNOWN": (
        "“{entry}”不是待处理事项的编号，请使用 inbox() 中的 id",
        "{entry} is the id of no inbox entry: use an id out of inbox()",
    ),
    "DECISION_UNKNOWN": ("“{action}”不是可选的处理方式（{known}）", "{action} is none of {known}"),
    "FILE_EMPTY": ("文件是空的，请选择有内容的文件", "the file is empty: attach one that has content"),
}
