"""Attachments follow their record: who sees them, where they lie, and when they and their bytes go."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image
from sqlalchemy import select

from exchange.tenant_export import write_tenant_zip
from infra.blobs import BlobStore, once, open_blobs, whole
from infra.disk_blobs import DiskBlobs
from infra.settings import Settings
from kernel.command import command_named
from kernel.db import TenantContext
from kernel.policy import EVERYTHING, Authority
from kernel.query import visible
from server.outbox import OutboxDelivery
from server.parts import Application
from server.topics import handlers
from server.upkeep import purge_files
from sync.files import FileService
from tenants.attachment_blobs import UNFINISHED_KEPT, content_key, upload_folder
from tenants.attachment_entities import Attachment
from tenants.attachment_reach import reach_of_every_kind
from tenants.attachment_rules import AttachmentLimits
from tests.directory import list_in_directory
from tests.sync.attaching import PIECE, attach, pdf, photo, sha256
from tests.world import Company, World
from values.errors import ModuleNotBought, NotFound, Refusal, SubscriptionLapsed


@pytest.fixture
async def run(world: World):
    async def work(who: str, command: str, **values: Any) -> Any:
        return await world.yunfan.run(who, command, command_named(command).input_type(**values))

    return work


@pytest.fixture
def files(app: Application, tmp_path: Path) -> FileService:
    return FileService(app.engine, DiskBlobs(tmp_path / "blobs"))


@pytest.fixture
async def customer(run) -> UUID:
    return (await run("li", "party.create_customer", name="北京甲科技")).row_id


async def store(files: FileService, company: Company, who: str, attachment_id: Any, data: bytes) -> None:
    actor = await company.actor(who)
    for offset in range(0, len(data), PIECE):
        await files.append(actor, attachment_id, offset, data[offset : offset + PIECE])
    assert (await files.finish(actor, attachment_id)).stored


async def attached(files: FileService, company: Company, who: str, host: Any, data: bytes, **changes: Any) -> UUID:
    made = await attach(company, who, host, data, **changes)
    await store(files, company, who, made.row_id, data)
    assert made.row_id is not None
    return made.row_id


async def seen(company: Company, who: str) -> set[UUID]:
    """The attachments that a person sees, asked under their own row-level security."""
    actor = await company.actor(who)
    async with company.app.engine.reading(actor) as session:
        return set(await session.scalars(select(Attachment.id).where(*visible(Attachment, actor, archived=True))))


async def deliver(app: Application, files: FileService, company: Company) -> None:
    topics = handlers(app.engine, app.mail, "https://yunfan.example", files.blobs)
    await OutboxDelivery(app.engine, topics, app.metrics).deliver(company.tenant_id)


async def rows(company: Company) -> list[Attachment]:
    async with company.app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        found = list(await session.scalars(select(Attachment).order_by(Attachment.id)))
        session.orm.expunge_all()
    return found


async def test_a_lapsed_subscription_attaches_nothing_but_lets_a_file_come(world, files, customer, clock):
    data = pdf(1000)
    made = await attach(world.yunfan, "li", customer, data)
    clock.move(days=16)
    with pytest.raises(SubscriptionLapsed):
        await attach(world.yunfan, "li", customer, data)
    await store(files, world.yunfan, "li", made.row_id, data)
    activate = command_named("billing.activate_subscription")
    await world.yunfan.run_internal("admin", activate.name, activate.input_type(modules=["sales"], until=None))
    with pytest.raises(ModuleNotBought):
        await attach(world.yunfan, "li", customer, data)


async def test_row_level_security_alone_hides_what_lies_elsewhere(
    world: World, files, customer: UUID, app: Application
):
    await attached(files, world.yunfan, "li", customer, pdf(1000))
    zhao = await world.yunfan.actor("zhao")
    async with app.engine.reading(zhao) as session:
        assert (await session.core(select(Attachment.id))).all() == []
    async with app.engine.database.tenant(TenantContext(world.seagull.tenant_id, None, EVERYTHING)) as session:
        assert (await session.core(select(Attachment.id))).all() == []


async def test_files_are_seen_kind_by_kind(world: World, files, customer: UUID, run, app: Application):
    """Who views all customers but only their own follow-ups sees the files of those."""
    follow_up = (await run("li", "crm.log_activity", customer_id=customer, channel="visit", topic="拜访")).row_id
    on_customer = await attached(files, world.yunfan, "li", customer, pdf(1000))
    on_follow_up = await attached(files, world.yunfan, "li", follow_up, pdf(1001), entity="crm.Activity")
    role = await run("admin", "tenants.create_role", name="客服", permissions=["party.customer.view"])
    own = await run("admin", "tenants.create_role", name="跟进", permissions=["crm.activity.view"])
    for held, scope in ((role, "all"), (own, "own")):
        zhao = world.yunfan.people["zhao"]
        await run("admin", "tenants.assign_role", member_id=zhao, role_id=held.row_id, scope=scope)
    assert await seen(world.yunfan, "zhao") == {on_customer}
    assert await seen(world.yunfan, "li") == {on_customer, on_follow_up}
    zhao = await world.yunfan.actor("zhao")
    with pytest.raises(NotFound):
        await files.stored(zhao, on_follow_up)
    assert (await files.stored(zhao, on_customer)).id == on_customer


async def test_files_move_with_their_record_and_with_a_department(world: World, files, customer: UUID, run):
    contact = (await run("li", "party.create_contact", customer_id=customer, name="张三")).row_id
    follow_up = (await run("li", "crm.log_activity", customer_id=customer, channel="visit", topic="拜访")).row_id
    ids = {
        await attached(files, world.yunfan, "li", customer, pdf(1000)),
        await attached(files, world.yunfan, "li", contact, pdf(1000), entity="party.Contact"),
        await attached(files, world.yunfan, "li", follow_up, pdf(1000), entity="crm.Activity"),
    }
    assert (await seen(world.yunfan, "li"), await seen(world.yunfan, "zhao")) == (ids, set())
    await run("lin", "party.assign_customer", id=customer, owner_id=world.yunfan.people["zhao"])
    assert (await seen(world.yunfan, "li"), await seen(world.yunfan, "zhao")) == (set(), ids)
    assert await seen(world.yunfan, "wang") == ids  # zhao's group lies below wang's department
    bought = world.yunfan.departments["采购部"]
    await run("admin", "tenants.move_department", id=world.yunfan.departments["销售一组"], parent_id=bought)
    assert await seen(world.yunfan, "wang") == set()
    assert await seen(world.yunfan, "zhao") == ids


async def test_the_company_has_so_much_room(world: World, customer: UUID, app: Application, monkeypatch):
    ports = app.engine.executor._parts.ports
    monkeypatch.setitem(ports, AttachmentLimits, AttachmentLimits(file_bytes=2000, tenant_bytes=5000))
    with pytest.raises(Refusal) as refused:
        await attach(world.yunfan, "li", customer, pdf(2001))
    assert refused.value.code == "FILE_TOO_LARGE"
    await attach(world.yunfan, "li", customer, pdf(2000))
    removed = await attach(world.yunfan, "li", customer, pdf(2000))
    remove = command_named("tenants.remove_attachment")
    await world.yunfan.run("li", remove.name, remove.input_type(id=removed.row_id))
    with pytest.raises(Refusal) as refused:
        await attach(world.yunfan, "li", customer, pdf(1001))
    assert refused.value.code == "FILE_QUOTA_EXCEEDED"
    await attach(world.yunfan, "li", customer, pdf(1000))


async def test_erasing_a_person_erases_their_files(
    world: World, files, customer: UUID, run, app: Application, services
):
    contact = (await run("li", "party.create_contact", customer_id=customer, name="张三")).row_id
    face, shared = pdf(1000), pdf(1001)
    await attached(files, world.yunfan, "li", contact, face, entity="party.Contact", file_name="张三身份证.pdf")
    await attached(files, world.yunfan, "li", contact, shared, entity="party.Contact")
    kept = await attached(files, world.yunfan, "li", customer, shared)
    await run("admin", "party.erase_contact", id=contact)
    assert {row.id for row in await rows(world.yunfan)} == {kept}
    await deliver(app, files, world.yunfan)
    tenant = world.yunfan.tenant_id
    assert await files.blobs.keys("") == [content_key(tenant, sha256(shared))]
    with psycopg.connect(services.urls.admin) as connection:
        audit = connection.execute("SELECT before, after FROM app.audit_entry WHERE tenant_id = %s", (tenant,))
        assert "身份证" not in str(audit.fetchall())
    await run("admin", "party.erase_customer", id=customer)
    await deliver(app, files, world.yunfan)
    assert (await rows(world.yunfan), await files.blobs.keys("")) == ([], [])


async def test_records_that_are_deleted_take_their_files_along(world: World, files, customer: UUID, run, app, clock):
    await attached(files, world.yunfan, "li", customer, pdf(1000))
    follow_up = (await run("li", "crm.log_activity", customer_id=customer, channel="visit", topic="拜访")).row_id
    await attached(files, world.yunfan, "li", follow_up, pdf(1001), entity="crm.Activity")
    clock.move(minutes=1)
    await run("admin", "tenants.clear_trial_data", company_name="云帆贸易")
    assert [row.entity for row in await rows(world.yunfan)] == ["party.Customer"]
    await run("wang", "party.archive_customer", id=customer)
    clock.move(days=31)
    empty = command_named("party.empty_recycle_bin")
    await world.yunfan.run_internal("admin", empty.name, empty.input_type())
    assert await rows(world.yunfan) == []
    await deliver(app, files, world.yunfan)
    assert await files.blobs.keys("") == []


async def test_what_was_removed_goes_for_good_after_thirty_days(world: World, files, customer: UUID, run, app, clock):
    await list_in_directory(app, world.yunfan.tenant_id)
    data = pdf(1000)
    gone = await attached(files, world.yunfan, "li", customer, data)
    await run("li", "tenants.remove_attachment", id=gone)
    clock.move(days=10)  # the trial goes on
    await purge_files(app.engine, files.blobs)
    assert [row.id for row in await rows(world.yunfan)] == [gone]
    clock.move(days=21)
    await purge_files(app.engine, files.blobs)
    assert (await rows(world.yunfan), await files.blobs.keys("")) == ([], [])


async def test_upkeep_deletes_left_uploads_and_what_no_row_says(world: World, files, customer: UUID, app, clock):
    await list_in_directory(app, world.yunfan.tenant_id)
    tenant, data, left = world.yunfan.tenant_id, pdf(1000), pdf(3 * PIECE)
    await attached(files, world.yunfan, "li", customer, data)
    unfinished = (await attach(world.yunfan, "li", customer, left)).row_id
    li = await world.yunfan.actor("li")
    await files.append(li, unfinished, 0, left[:PIECE])
    await files.blobs.put(content_key(tenant, "f" * 64), once(b"no row says this"))
    clock.move(days=4)
    await files.append(li, unfinished, PIECE, left[PIECE : 2 * PIECE])
    await purge_files(app.engine, files.blobs)
    assert len(await files.blobs.keys(upload_folder(tenant, unfinished))) == 2
    assert await files.blobs.keys(f"files/{tenant}") == [content_key(tenant, sha256(data))]
    clock.instant += UNFINISHED_KEPT
    await purge_files(app.engine, files.blobs)
    assert len(await files.blobs.keys(upload_folder(tenant, unfinished))) == 2  # seven days, not a moment more
    clock.move(seconds=1)
    await purge_files(app.engine, files.blobs)
    assert await files.blobs.keys(upload_folder(tenant, unfinished)) == []
    assert (await files.standing(li, unfinished)).offset == 0  # the row goes on waiting


class Forgetful(DiskBlobs):
    """Somebody deletes the content between its arrival and the row that says it."""

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        written = await super().put(key, chunks)
        if key.startswith("files/") and not getattr(self, "forgot", False):
            self.forgot = True
            await self.delete(key)
        return written


async def test_content_that_was_deleted_in_between_is_not_said_to_be_there(world, customer: UUID, app, tmp_path):
    files, data = FileService(app.engine, Forgetful(tmp_path / "blobs")), pdf(1000)
    made = await attach(world.yunfan, "li", customer, data)
    li = await world.yunfan.actor("li")
    await files.append(li, made.row_id, 0, data)
    with pytest.raises(Refusal) as refused:
        await files.finish(li, made.row_id)
    assert refused.value.code == "BUSY"
    assert (await rows(world.yunfan))[0].state == "waiting"
    assert (await files.finish(li, made.row_id)).stored
    assert await whole(files.blobs, content_key(world.yunfan.tenant_id, sha256(data))) == data


@pytest.mark.parametrize(
    ("kind", "media_type", "name"),
    [
        ("JPEG", "image/jpeg", "a.jpg"),
        ("PNG", "image/png", "a.png"),
        ("WEBP", "image/webp", "a.webp"),
    ],
)
async def test_a_stripped_photo_tells_nothing_but_how_it_is_turned(
    world, files, customer: UUID, kind, media_type, name
):
    data = photo(kind)
    told = Image.open(io.BytesIO(data)).getexif()
    assert told.get_ifd(0x8825), "the photo for this test says where it was taken"
    made = await attached(
        files, world.yunfan, "li", customer, data, media_type=media_type, file_name=name, strip_metadata=True
    )
    [row] = await rows(world.yunfan)
    kept = await whole(files.blobs, content_key(world.yunfan.tenant_id, row.sha256))
    assert (row.id, row.sha256, row.size_bytes) == (made, sha256(kept), len(kept))
    assert row.stripped_at is not None
    with Image.open(io.BytesIO(kept)) as image, Image.open(io.BytesIO(data)) as before:
        assert dict(image.getexif()) == {0x0112: 6}
        assert not image.getexif().get_ifd(0x8825)
        assert image.size == before.size
        assert set(image.info) & {"comment", "xmp", "photoshop"} == set()
        pixel, was = image.convert("RGB").getpixel((5, 5)), before.convert("RGB").getpixel((5, 5))
        assert max(abs(a - b) for a, b in zip(pixel, was, strict=True)) < 12
    assert b"Maker" not in kept
    assert b"taken at home" not in kept
    assert await files.blobs.size(content_key(world.yunfan.tenant_id, sha256(data))) is None


async def test_a_broken_or_huge_photo_is_refused_not_stripped_half(world, files, customer: UUID, app):
    li = await world.yunfan.actor("li")
    huge = io.BytesIO()
    Image.new("1", (9000, 8000)).save(huge, "PNG")
    for data, media_type, name in [(photo()[:300], "image/jpeg", "a.jpg"), (huge.getvalue(), "image/png", "a.png")]:
        made = await attach(
            world.yunfan, "li", customer, data, media_type=media_type, file_name=name, strip_metadata=True
        )
        await files.append(li, made.row_id, 0, data)
        with pytest.raises(Refusal) as refused:
            await files.finish(li, made.row_id)
        assert refused.value.code == "FILE_CONTENT_REFUSED"
    assert await files.blobs.keys("") == []


async def test_an_upload_goes_from_process_to_process_over_s3(world: World, customer: UUID, app, tmp_path: Path):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        async with httpx.AsyncClient() as client:
            assert (await client.put(f"{endpoint}/files-test")).status_code == 200
        environ = {
            "YUNFAN_DATA": str(tmp_path),
            "YUNFAN_BLOBS_URL": "s3://files-test/yunfan",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        data = pdf(5 * PIECE + 1)
        made = await attach(world.yunfan, "li", customer, data)
        li = await world.yunfan.actor("li")
        for offset in range(0, len(data), PIECE):
            process = FileService(app.engine, open_blobs(Settings.from_env(environ)))
            assert (await process.standing(li, made.row_id)).offset == offset
            await process.append(li, made.row_id, offset, data[offset : offset + PIECE])
        blobs: BlobStore = open_blobs(Settings.from_env(environ))
        last = FileService(app.engine, blobs)
        assert (await last.finish(li, made.row_id)).stored
        row = await last.stored(li, made.row_id)
        assert b"".join([piece async for piece in last.content(row, 10, len(data))]) == data[10:]
        assert await blobs.keys(f"uploads/{world.yunfan.tenant_id}") == []
    finally:
        server.stop()


async def test_a_member_takes_out_the_files_that_they_see_and_an_operator_all(world, files, customer: UUID, run, app):
    follow_up = (await run("li", "crm.log_activity", customer_id=customer, channel="visit", topic="拜访")).row_id
    contract, notes = pdf(1000), pdf(1001)
    on_customer = await attached(files, world.yunfan, "li", customer, contract)
    on_follow_up = await attached(files, world.yunfan, "li", follow_up, notes, entity="crm.Activity")
    lost = await attached(files, world.yunfan, "li", customer, pdf(1002))
    await attach(world.yunfan, "li", customer, pdf(1003))
    gone = next(row.sha256 for row in await rows(world.yunfan) if row.id == lost)
    await files.blobs.delete(content_key(world.yunfan.tenant_id, gone))
    may = ["party.customer.view", "tenants.tenant.export"]
    role = await run("admin", "tenants.create_role", name="资料", permissions=may)
    zhao = world.yunfan.people["zhao"]
    await run("admin", "tenants.assign_role", member_id=zhao, role_id=role.row_id, scope="all")
    for reader, paths in [
        (await world.yunfan.actor("zhao"), {f"attachments/{on_customer}/合同.pdf": contract}),
        (None, {f"attachments/{on_customer}/合同.pdf": contract, f"attachments/{on_follow_up}/合同.pdf": notes}),
    ]:
        target = io.BytesIO()
        await write_tenant_zip(app.engine, world.yunfan.tenant_id, target, reader=reader, blobs=files.blobs)
        with zipfile.ZipFile(target) as archive:
            found = {name: archive.read(name) for name in archive.namelist() if name.startswith("attachments/")}
            manifest = json.loads(archive.read("manifest.json"))
            listed = {json.loads(line)["id"] for line in archive.read("data/attachment.jsonl").splitlines()}
        assert found == paths
        assert manifest["attachments"]["count"] == len(paths)
        assert manifest["attachments"]["missing"] == [str(lost)]
        told = {file["path"]: file["sha256"] for file in manifest["files"] if file["path"] in paths}
        assert told == {path: sha256(data) for path, data in paths.items()}
        assert (str(on_follow_up) in listed) is (reader is None)


async def test_the_audit_names_a_file_only_to_who_sees_every_kind_of_record(world: World, files, customer: UUID, run):
    await attached(files, world.yunfan, "li", customer, pdf(1000), file_name="报价底价.pdf")
    may = ["party.customer.view", "tenants.audit.view"]
    role = await run("admin", "tenants.create_role", name="查账", permissions=may)
    await run("admin", "tenants.assign_role", member_id=world.yunfan.people["zhao"], role_id=role.row_id, scope="all")
    for who, everywhere in (("zhao", False), ("lin", True), ("zhou", True)):
        reach = reach_of_every_kind(Attachment, (await world.yunfan.actor(who)).authority)
        assert (reach == EVERYTHING) is everywhere, who
    assert reach_of_every_kind(Attachment, Authority({"party.customer.view": EVERYTHING})) == ()
