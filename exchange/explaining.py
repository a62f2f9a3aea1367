"""What import and export derive from an entity. For `yunfan explain`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args
from uuid import UUID

from exchange.columns import ALSO_CALLED, Column, assign, columns_of
from exchange.exporting import _LEFT_OUT, Format
from exchange.importing import IMPORTERS, Importer
from exchange.tenant_export import DERIVED
from kernel.entity import TenantRow, described, facets
from kernel.explain import Fact
from kernel.policy import Actor, Authority
from values.errors import Words

_IMPORTED_FORMATS = ("csv", "xlsx", "xls")
_ANYBODY = Actor(UUID(int=0), None, Authority())  # from whom nothing is hidden


class ExchangeExplainer:
    """The import's columns with the headers that find them, the export's columns, the company's zip."""

    room = "exchange"

    def facts(self, entity: type[TenantRow]) -> Iterator[Fact]:
        importer, about = IMPORTERS.get(entity), described(entity)
        yield Fact("import", Words("导入命令", "imported by"), importer.command.name if importer else "")
        yield Fact("importFormats", Words("导入格式", "import formats"), list(_IMPORTED_FORMATS) if importer else [])
        columns = list(_import_columns(entity, importer)) if importer else []
        yield Fact("importColumns", Words("导入列", "import columns"), columns)
        exported = about.exported and "export" in about.actions
        yield Fact("exportFormats", Words("导出格式", "export formats"), list(get_args(Format)) if exported else [])
        shown = list(_export_columns(entity)) if exported else []
        yield Fact("exportColumns", Words("导出列（自定义字段在后）", "export columns, custom fields behind"), shown)
        yield Fact("companyZip", Words("全公司导出中的文件", "files in the company's export"), _files(entity))
        withheld = [name for name, facet in facets(entity).items() if facet.secret]
        yield Fact("withheld", Words("任何导出都不含的列", "columns that no export holds"), withheld)


def _import_columns(entity: type[TenantRow], importer: Importer) -> Iterator[dict[str, Any]]:
    columns = columns_of(entity, ())
    aliases = _aliases(entity, columns)
    for column in columns:
        if column.importable:
            told = {"wire": column.wire, "label": Words(column.zh, column.en), "aliases": aliases.get(column.wire, [])}
            yield told | {"holds": column.role.value, "required": column.name in importer.required}


def _aliases(entity: type[TenantRow], columns: list[Column]) -> dict[str, list[str]]:
    """Wire name → the usual headers that find it. The importer itself is asked: some are usual for two columns."""
    found: dict[str, list[str]] = {}
    for header in dict.fromkeys(name for names in ALSO_CALLED.values() for name in names):
        for column in assign(entity, [header], None, columns, _ANYBODY)[0].values():
            if header not in (column.wire, column.name, column.zh, column.en):
                found.setdefault(column.wire, []).append(header)
    return found


def _export_columns(entity: type[TenantRow]) -> Iterator[dict[str, Any]]:
    for column in columns_of(entity, ()):
        if column.name not in _LEFT_OUT:
            yield {"wire": column.wire, "label": Words(column.zh, column.en)}


def _files(entity: type[TenantRow]) -> list[str]:
    name = entity.__tablename__
    return [] if name in DERIVED else [f"data/{name}.jsonl", f"csv/{name}.csv"]
