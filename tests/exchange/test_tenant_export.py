"""All of a company's data: nothing of others, nothing forgotten, consistent, and on every rung."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text

from exchange.importing import import_rows
from exchange.tenant_export import DERIVED, write_tenant_zip
from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.party.entities import Customer
from server.parts import Application
from tenants.commands.export_company import ExportCompany
from tests.exchange.import_world import big_file, define
from tests.world import Company, World
from values.errors import PermissionDenied


async def fill(app: Application, company: Company, count: int = 60) -> None:
    await define(company)
    await import_rows(app.engine, await company.actor(), Customer, big_file(count), "a.csv", dry_run=False)


async def test_only_who_may_export_the_company(world: World, app: Application, clock) -> None:
    for who in ("li", "wang", "lin", "zhou"):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run_internal(who, "tenants.export_company", ExportCompany())
    clock.move(days=17)
    await world.yunfan.run_internal("admin", "tenants.export_company", ExportCompany())
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as session:
        found = await session.execute(text("SELECT entity, member_id FROM app.audit_entry WHERE op = 'export'"))
        assert [tuple(row) for row in found] == [("tenants.Tenant", world.yunfan.admin_id)]


async def test_no_row_of_another_company(world: World, app: Application) -> None:
    await fill(app, world.yunfan)
    await fill(app, world.seagull)
    target = io.BytesIO()
    await write_tenant_zip(app.engine, world.yunfan.tenant_id, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            content = archive.read(name)
            assert str(world.seagull.tenant_id).encode() not in content
            assert "海鸥".encode() not in content


async def test_every_table_is_there_or_named_as_derived(world: World, app: Application, services) -> None:
    """Counted by the database's owner of the catalogue, table by table, partitions through their parent."""
    await fill(app, world.yunfan)
    target = io.BytesIO()
    await write_tenant_zip(app.engine, world.yunfan.tenant_id, target)
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        lines = {Path(n).stem: archive.read(n).splitlines() for n in archive.namelist() if n.endswith(".jsonl")}
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as session:
        tables = await session.execute(
            text(
                "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'app'::regnamespace "
                "AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            )
        )
        names = set(tables.scalars()) - {"service_state"}  # a reference table: the same for everybody
        counts = {n: (await session.execute(text(f"SELECT count(*) FROM app.{n}"))).scalar_one() for n in names}
    assert names - set(DERIVED) == set(lines)
    assert set(DERIVED) <= names
    assert {name: len(found) for name, found in lines.items()} == {n: counts[n] for n in lines}
    assert counts["customer"] == 60
    assert manifest["leftOut"].keys() == DERIVED.keys()


async def test_contents_and_hashes(world: World, app: Application) -> None:
    await fill(app, world.yunfan, 5)
    target = io.BytesIO()
    files = await write_tenant_zip(app.engine, world.yunfan.tenant_id, target)
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert [f["path"] for f in manifest["files"]] == [f.path for f in files]
        for told in manifest["files"]:
            content = archive.read(told["path"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (told["bytes"], told["sha256"])
        customers = [json.loads(line) for line in archive.read("data/customer.jsonl").splitlines()]
        sheet = archive.read("csv/customer.csv").decode("utf-8-sig").splitlines()
    assert customers[0]["code"] == "KH-000000"
    assert customers[0]["custom"] == {"employees": "1", "founded": "2000-01-01"}
    assert customers[0]["tenantId"] == str(world.yunfan.tenant_id)
    assert "客户名称" in sheet[0]
    assert len(sheet) == 6
    assert "'+8613800000000" in sheet[1]


async def test_a_file_is_private_and_whole_or_absent(world: World, app: Application, clock, tmp_path: Path) -> None:
    clock.move(days=40)  # long after the trial
    target = tmp_path / "company.zip"
    await write_tenant_zip(app.engine, world.yunfan.tenant_id, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["company.zip"]
    with pytest.raises(FileNotFoundError):
        await write_tenant_zip(app.engine, world.yunfan.tenant_id, tmp_path / "nowhere" / "a.zip")
    assert os.listdir(tmp_path) == ["company.zip"]
