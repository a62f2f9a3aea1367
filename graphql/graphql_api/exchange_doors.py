"""Doors to import and export: `importCustomers(file, mapping, dryRun)`, `importContacts`, `importProducts`,
`importOpeningStock` alike, and `exportData(entity, format)`."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON
from strawberry.types.info import Info

from exchange.errors import FormatUnknown, NotExportable
from exchange.exporting import exportable_choices, exportable_entities
from exchange.importing import IMPORTERS, import_rows
from exchange.limits import DEFAULT_LIMITS
from exchange.report import ImportReport
from graphql_api.allowed_values import EXISTING, told_argument
from graphql_api.downloads import EXPORT_COMPANY, download_path
from graphql_api.errors import FileInvalid, InputMalformed
from graphql_api.request import Request
from graphql_api.scalars import Instant, maybe
from graphql_api.shapes import Shape, Shapes
from graphql_api.structs import StructTypes
from kernel.entity import TenantRow, described
from modules.catalog.entities import Product
from modules.inventory.entities import StockBalance
from modules.party.entities import Contact, Customer
from tenants.offering import offered, only
from values.errors import Words
from values.wire import wire_name

_MAPPING = Words(
    "应为“列名 → 字段”的对象，值为文本或空值", "an object from header to field is expected, its values text or null"
)


@strawberry.input(description="上传的文件 / A file: CSV, XLSX or XLS, at most 20 MB, as Base64")
class FileInput:
    name: str
    content_base64: str


@strawberry.type(
    description="下载链接，五分钟内有效，只能使用一次 / Where the file is fetched, once, within five minutes"
)
class ExportLink:
    path: str
    file_name: str
    expires_at: Instant


def exchange_mutations(shapes: Shapes, structs: StructTypes) -> dict[str, Any]:
    """Python name → field."""

    async def export_data(info: Any, entity: Any = UNSET, format: Any = UNSET) -> ExportLink:  # noqa: A002
        request: Request = info.context
        if not entity:
            request.actor.authority.require(EXPORT_COMPANY)
            if format and format != "zip":
                raise FormatUnknown(field="format", format=format[:20])
            return ExportLink(**download_path(request, None, "zip"))
        shape = _exported(shapes, entity)
        request.actor.authority.require(shape.permission)
        request.actor.authority.require(f"{described(shape.entity).permission}.export")
        if format and format not in ("csv", "xlsx"):
            raise FormatUnknown(field="format", format=format[:20])
        return ExportLink(**download_path(request, described(shape.entity).name, format or "csv"))

    export_data.__annotations__ = {"info": Info, "return": ExportLink}
    export_data.__annotations__ |= {name: told_argument("exportData", name, str) for name in ("entity", "format")}
    return {
        "import_customers": _import_field(Customer, structs),
        "import_contacts": _import_field(Contact, structs),
        "import_products": _import_field(Product, structs),
        "import_opening_stock": _import_field(StockBalance, structs),
        "export_data": strawberry.field(
            resolver=export_data,
            description="导出数据；不指定对象则为全公司 zip / Export an entity (csv, xlsx), or the whole company (zip)",
        ),
    }


def _import_field(entity: type[TenantRow], structs: StructTypes) -> Any:
    """The mutation that imports a file of `entity`."""
    command = IMPORTERS[entity].command
    field = wire_name(command.function)

    async def run(
        info: Any,
        file: FileInput,
        mapping: Any = UNSET,
        dry_run: bool = False,
        existing: Any = UNSET,
        only_if_all_good: bool = False,
        sheet: Any = UNSET,
    ) -> Any:
        request: Request = info.context
        actor = request.actor
        if existing and existing not in {choice.value for choice in EXISTING}:
            told = only(Words("已有记录的处理方式", "existing"), EXISTING)
            raise InputMalformed(field="existing", problem_zh=told.zh, problem_en=told.en)
        if mapping and not (isinstance(mapping, dict) and all(isinstance(v, str | None) for v in mapping.values())):
            told = _MAPPING
            raise InputMalformed(field="mapping", problem_zh=told.zh, problem_en=told.en)
        return await import_rows(
            request.engine,
            actor,
            entity,
            _content(file),
            file.name[:200],
            mapping or None,
            dry_run,
            request.idempotency_key,
            existing=existing or "update",
            only_if_all_good=only_if_all_good,
            sheet=sheet or None,
            before_batch=request.still_signed_in,
        )

    run.__annotations__ = {
        "info": Info,
        "file": FileInput,
        "mapping": told_argument(field, "mapping", JSON),
        "dry_run": bool,
        "existing": told_argument(field, "existing", str),
        "only_if_all_good": bool,
        "sheet": maybe(str),
        "return": structs.output(ImportReport),
    }
    return strawberry.field(resolver=run, description=f"{command.zh} / {command.en} — {command.permission}")


def _content(file: FileInput) -> bytes:
    """The file's bytes. Raises FileInvalid."""
    limit = DEFAULT_LIMITS.file_bytes
    try:
        if len(file.content_base64) > limit * 4 // 3 + 4:
            raise FileInvalid(field="file.contentBase64", limit=limit)
        return base64.b64decode(file.content_base64, validate=True)
    except (binascii.Error, ValueError):
        raise FileInvalid(field="file.contentBase64", limit=limit) from None


def _exported(shapes: Shapes, name: str) -> Shape:
    """By type, collection or entity name: `Customer`, `customers`, `party.Customer`. Raises NotExportable."""
    known = exportable_entities()
    for shape in shapes:
        if name in (shape.name, shape.root_name, described(shape.entity).name) and shape.entity in known:
            return shape
    raise NotExportable(field="entity", entity=name[:60], choices=offered(exportable_choices()))
