"""What the stories about import and export begin with: custom fields, files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from kernel.executor import Outcome
from tenants.commands.define_custom_field import DefineCustomField
from tests.world import Company

_SURNAMES = "云海山江天华金银东南西北中"
_WORDS = ("科技", "贸易", "实业", "电子", "机械", "食品", "纺织", "化工", "物流", "建材")


async def define(company: Company) -> list[Outcome]:
    """Two fields of the company on its customers."""
    return [
        await company.run(
            "admin",
            "tenants.define_custom_field",
            DefineCustomField(entity="party.Customer", key="employees", label_zh="员工人数", kind="number"),
        ),
        await company.run(
            "admin",
            "tenants.define_custom_field",
            DefineCustomField(entity="party.Customer", key="founded", label_zh="成立日期", kind="date"),
        ),
    ]


def csv_file(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> bytes:
    """A file as a spreadsheet program saves it; the first row holds the headers."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


def big_file(count: int) -> bytes:
    """`count` customers in ten columns, two of them the company's own."""
    headers = [
        "客户名称",
        "客户编码",
        "客户级别",
        "客户来源",
        "所属行业",
        "所在地区",
        "电话",
        "邮箱",
        "员工人数",
        "成立日期",
    ]
    rows = [
        [
            f"{_SURNAMES[n % 13]}{_SURNAMES[n // 13 % 13]}{_WORDS[n % 10]}有限公司{n}",
            f"KH-{n:06d}",
            "ABCD"[n % 4],
            ("展会", "官网表单", "转介绍")[n % 3],
            "制造业",
            "浙江杭州",
            f"138{n:08d}",
            f"buyer{n}@company{n % 500}.cn",
            str(n % 900 + 1),
            f"20{n % 20:02d}/{n % 12 + 1}/{n % 28 + 1}",
        ]
        for n in range(count)
    ]
    return csv_file([headers, *rows])
