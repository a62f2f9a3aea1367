"""What the kernel derives from an entity, for `yunfan explain`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects import postgresql

from kernel.command import Command
from kernel.entity import TenantRow, Wall, described, facet_of, facets, table, targets
from kernel.explain import Fact, commands_on, source_of
from values.errors import Words
from values.wire import wire_name

_SHAPES = ("wire", "writable", "filterable", "sortable", "personal", "secret", "maskable")


class KernelExplainer:
    """Table, policies, indexes, permissions, tracking, audit, search and commands."""

    room = "kernel"

    def facts(self, entity: type[TenantRow]) -> Iterator[Fact]:
        about, mapped, known = described(entity), table(entity), facets(entity)
        scope = "scope_path within the member's prefixes" if entity.__wall__ is Wall.SCOPED else "true"
        policies = ["tenant_wall RESTRICTIVE: tenant_id = app.tenant_id", f"scope PERMISSIVE: {scope}"]
        checks = sorted(str(found.name) for found in mapped.constraints if isinstance(found, CheckConstraint))
        searched = [f"{name}:{facet.search.value}" for name, facet in known.items() if facet.search]
        blanked = [name for name, facet in known.items() if facet.secret]
        yield Fact("table", Words("数据表", "table"), mapped.fullname)
        yield Fact("columns", Words("列", "columns"), list(_columns(entity)))
        yield Fact("policies", Words("行级安全策略", "row-level security policies"), policies)
        yield Fact("indexes", Words("索引", "indexes"), list(_indexes(entity)))
        yield Fact("checks", Words("检查约束", "check constraints"), checks)
        yield Fact("permissions", Words("权限", "permissions"), list(about.permissions))
        yield Fact("tracked", Words("进入变更日志", "in the change log"), about.tracked)
        yield Fact("audited", Words("审计每次变更；记作 *** 的列", "every change audited; as *** the columns"), blanked)
        yield Fact("archived", Words("进入回收站（30 天）", "has a recycle bin (30 days)"), about.archivable)
        yield Fact("search", Words("全局搜索", "global search"), searched if about.searchable else [])
        yield Fact("commands", Words("命令", "commands"), [_told(found) for found in commands_on(entity)])


def _told(found: Command) -> dict[str, Any]:
    doors = [door for door in ("api", "offline", "internal") if getattr(found, door)]
    bought = {"permission": found.permission or "", "module": found.module or ""}
    return {"name": found.name, **bought, "doors": doors, "source": source_of(found.handler)}


def _columns(entity: type[TenantRow]) -> Iterator[dict[str, Any]]:
    refers, dialect = targets(entity), postgresql.dialect()  # type: ignore[no-untyped-call]
    for column in table(entity).columns:
        facet, kind = facet_of(column), column.type.compile(dialect) + ("" if column.nullable else " NOT NULL")
        shapes = [shape for shape in _SHAPES if getattr(facet, shape)]
        shown = {"wire": wire_name(column.name) if facet.wire else "", "merge": facet.merge.value if facet.wire else ""}
        more = {"choices": [choice.value for choice in facet.choices], "refers": refers.get(column.name, "")}
        yield {"name": column.name, "type": kind, "label": Words(facet.zh, facet.en), **shown, "facets": shapes, **more}


def _indexes(entity: type[TenantRow]) -> Iterator[dict[str, Any]]:
    keys = [c for c in table(entity).constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)]
    for found in sorted([*keys, *table(entity).indexes], key=lambda one: str(one.name)):
        where, columns = found.dialect_options["postgresql"].get("where"), [column.name for column in found.columns]
        unique = getattr(found, "unique", True)  # a constraint is
        yield {"name": str(found.name), "columns": columns, "unique": unique, "where": str(where or "")}
