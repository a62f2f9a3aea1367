"""What an operator does from the command line: thin doors to the rooms, each in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from getpass import getuser
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from billing.trials import activate_subscription_of, extend_trial_of
from infra.services import open_services
from infra.settings import Settings
from kernel.db import TenantContext
from server.failures import OperatorError
from server.parts import Application, build
from sync.restored import begin_epoch
from sync.verify import Finding
from sync.verify import verify as verify_tenant
from tenants.access import MODULES, open_requests, standing
from tenants.entities import TenantAccess
from tenants.maintenance import set_maintenance
from tenants.numbering_report import NumberSeriesEvidence, number_evidence
from tenants.platform_tables import Tenant

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TenantLine:
    """A company as `yunfan tenant list` shows it. `rung`: trial, active or read_only."""

    id: UUID
    org_code: str
    name: str
    zone: str
    rung: str
    ends_at: datetime | None


@contextmanager
def bound(settings: Settings) -> Iterator[Settings]:
    """Settings with every URL. All serving URLs given: used as they are; otherwise services are opened or shared."""
    serving = (settings.database_url, settings.database_platform_url, settings.database_provision_url)
    if all(serving) and settings.redis_url and settings.database_admin_url is None:
        yield settings
        return
    with open_services(settings) as services:
        yield services.bind(settings)


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[Application]:
    """The parts for one command, checked and closed."""
    built = build(settings, pool_size=3)
    try:
        await built.check()
        yield built
    finally:
        await built.close()


async def find_tenant(app: Application, named: str) -> Tenant:
    """The company of this organisation code, id, or name if only one has it. Raises OperatorError."""
    statement = select(Tenant)
    async with app.engine.database.platform_session() as platform:
        rows = (await platform.execute(statement.where(Tenant.org_code == named))).all()
        if not rows:
            rows = (await platform.execute(statement.where(Tenant.name == named))).all()
        if not rows and (row_id := _uuid(named)) is not None:
            rows = (await platform.execute(statement.where(Tenant.id == row_id))).all()
    if len(rows) > 1:
        codes = ", ".join(row.org_code for row in rows[:5])
        raise OperatorError(
            f"{len(rows)} companies are called {named!r}: name one by its organisation code ({codes}).",
            f"有 {len(rows)} 家公司名为“{named}”：请用组织号指定（{codes}）。",
        )
    if not rows:
        raise OperatorError(
            f"No company has the organisation code, id or name {named!r}: see yunfan tenant list.",
            f"没有组织号、编号或名称为“{named}”的公司：请查看 yunfan tenant list。",
        )
    return Tenant(**rows[0]._mapping)


async def list_tenants(app: Application) -> list[TenantLine]:
    """Every company, oldest first."""
    async with app.engine.database.platform_session() as platform:
        rows = (await platform.execute(select(Tenant).order_by(Tenant.created_at, Tenant.id))).all()
    now, lines = app.engine.clock.now(), []
    for row in rows:
        rung, ends_at = "unfounded", None
        async with app.engine.database.tenant(TenantContext(row.id)) as session:
            access = await session.scalar(select(TenantAccess).where(TenantAccess.tenant_id == row.id))
            if access is not None:
                found, ends_at = standing(access.trial_ends_at, access.subscribed_from, access.subscribed_until, now)
                rung = found.value
        lines.append(TenantLine(row.id, row.org_code, row.name, row.zone, rung, ends_at))
    return lines


async def export_tenant(app: Application, named: str, target: Path) -> str:
    """Writes all of a company's data as one zip; returns the company's name. Raises OperatorError."""
    from exchange.tenant_export import write_tenant_zip  # loads the readers and writers of every format

    tenant = await find_tenant(app, named)
    check_target(target)
    part = target.with_name(f".{target.name}.part")
    try:
        await write_tenant_zip(app.engine, tenant.id, part, blobs=app.blobs)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return tenant.name


def check_target(target: Path) -> None:
    """Refuses to write over a file or into a folder that is not there. Raises OperatorError."""
    if target.exists():
        raise OperatorError(f"{target} exists already: name another file.", f"{target} 已存在：请换一个文件名。")
    if not target.parent.is_dir():
        raise OperatorError(f"The folder {target.parent} does not exist.", f"文件夹 {target.parent} 不存在。")


async def activate(app: Application, named: str, until: str, modules: str | None) -> tuple[str, list[str], datetime]:
    """Activates a subscription through the day `until` in the company's zone: (name, modules, first unpaid instant)."""
    tenant = await find_tenant(app, named)
    end = end_of_day(until, tenant.zone)
    chosen = [part.strip() for part in modules.split(",") if part.strip()] if modules else list(MODULES)
    activated = await activate_subscription_of(app.engine, tenant.id, chosen, end)
    return tenant.name, activated.modules, end


async def module_requests(app: Application) -> list[tuple[str, str, str, datetime]]:
    """What companies have asked for and not bought since: (organisation code, name, module, when), oldest first."""
    async with app.engine.database.platform_session() as platform:
        tenants = (await platform.execute(select(Tenant).order_by(Tenant.created_at, Tenant.id))).all()
    found = []
    for tenant in tenants:
        async with app.engine.database.tenant(TenantContext(tenant.id)) as session:
            asked = (await session.core(open_requests(tenant.id))).all()
        found += [(tenant.org_code, tenant.name, row.module, row.starts_at) for row in asked]
    return sorted(found, key=lambda row: row[3])


async def extend(app: Application, named: str, until: str) -> tuple[str, datetime]:
    """Lets a trial run through the day `until` in the company's zone: (name, its new end)."""
    tenant = await find_tenant(app, named)
    end = end_of_day(until, tenant.zone)
    await extend_trial_of(app.engine, tenant.id, end)
    return tenant.name, end


async def switch_maintenance(app: Application, reasons: tuple[str, str] | None) -> None:
    """Makes every company read-only, with the reason (zh, en), or lets them write again with None."""
    zh, en = reasons or ("", "")
    now = app.engine.clock.now()
    await set_maintenance(app.engine.database, reasons is not None, zh, en, now=now)
    _log.warning("server.maintenance_switched", on=reasons is not None, reason_zh=zh, reason_en=en, operator=getuser())


async def verify(app: Application, named: str | None, *, repair: bool) -> list[tuple[str, list[Finding]]]:
    """Checks one company's or everybody's change tracking: what is wrong by company, repaired when asked."""
    if named is not None:
        tenants = [(found := await find_tenant(app, named)).id]
        names = {found.id: found.name}
    else:
        lines = await list_tenants(app)
        tenants, names = [line.id for line in lines], {line.id: line.name for line in lines}
    results = []
    for tenant_id in tenants:
        report = await verify_tenant(app.engine, tenant_id, repair)
        results.append((names[tenant_id], report.findings))
    return results


async def numbers_of(app: Application, named: str) -> tuple[str, list[NumberSeriesEvidence]]:
    """A company's name, and what became of every document number of it, at one instant. Raises OperatorError."""
    tenant = await find_tenant(app, named)
    async with app.engine.database.tenant(TenantContext(tenant.id).wide(), snapshot=True) as session:
        return tenant.name, await number_evidence(session)


async def new_epoch(app: Application, named: str | None, numbers: int) -> list[str]:
    """Begins a new sync epoch for one company or for all, after a restore, and passes over as many document numbers of
    each series; returns the companies' names."""
    if named is not None:
        found = await find_tenant(app, named)
        tenants = [(found.id, found.name)]
    else:
        tenants = [(line.id, line.name) for line in await list_tenants(app) if line.rung != "unfounded"]
    for tenant_id, _ in tenants:
        await begin_epoch(app.engine, tenant_id, getuser(), numbers)
    return [name for _, name in tenants]


def end_of_day(day: str, zone: str) -> datetime:
    """The first instant after a day like 2027-01-31 in a zone. Raises OperatorError."""
    try:
        parsed = datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar day; the zone follows
    except ValueError:
        raise OperatorError(f"{day!r} is not a day like 2027-01-31.", f"“{day}”不是 2027-01-31 这样的日期。") from None
    return datetime.combine(parsed + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))


def _uuid(text_: str) -> UUID | None:
    try:
        return UUID(text_)
    except ValueError:
        return None
