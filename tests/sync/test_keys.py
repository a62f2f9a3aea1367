"""The replica's key: half of it is the server's, and withheld a copy of the file is noise."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from sync.client import (
    DeviceWiped,
    Keychain,
    KeyWithheld,
    KeyWrong,
    Offline,
    Replica,
    ReplicaEncrypted,
    SyncRefused,
    vault,
)
from tenants.commands.set_setting import SetSetting
from tenants.device_entities import Device
from tests.sync.conftest import Doors, Network

SECRET = "机密客户甲"


async def opened(doors: Doors, name: str = "li", token: str | None = None, **options: Any) -> Replica:
    """The file again, as after a start of the app."""
    options.setdefault("keychain", Keychain(doors.folder / f"{name}.key"))
    token = token or doors.token(doors.world.yunfan, "li")
    options = {"sleep": lambda _s: None, "now": doors.app.engine.clock.now, **options}
    replica = await asyncio.to_thread(lambda: Replica(doors.folder / f"{name}.sqlite", doors.url, token, **options))
    doors.opened.append(replica)
    return replica


async def encrypted(doors: Doors, **options: Any) -> Replica:
    """Registered, with a customer that is not pushed yet."""
    li = await doors.device("li", "li", keychain=Keychain(doors.folder / "li.key"), **options)
    li.mutate("party.create_customer", name=SECRET)
    return li


async def ask(doors: Doors, token: str | None, device_id: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=doors.url) as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await client.post("/sync/v1/keys", json={"deviceId": device_id}, headers=headers)


def contents(folder: Path) -> bytes:
    return b"".join(found.read_bytes() for found in folder.glob("li.sqlite*"))


async def test_nobody_elses_share_is_handed_out(doors: Doors) -> None:
    li = await encrypted(doors)
    foreign = doors.token(doors.world.seagull, "qian")
    assert (await ask(doors, None, li.device_id)).status_code == 401
    for token in (foreign, doors.token(doors.world.yunfan, "wang"), doors.token(doors.world.yunfan, "admin")):
        assert (await ask(doors, token, li.device_id)).json()["code"] == "NOT_FOUND"
    answer = await ask(doors, li.token, li.device_id)
    assert (answer.status_code, answer.json()["offlineHours"], answer.json()["idleMinutes"]) == (200, 72, 7 * 24 * 60)


async def test_the_share_is_sealed_in_the_database_and_never_in_the_audit(doors: Doors) -> None:
    li = await encrypted(doors)
    share = (await ask(doors, li.token, li.device_id)).json()["share"]
    async with doors.app.engine.reading(await doors.world.yunfan.actor("admin")) as session:
        sealed = await session.scalar(select(Device.key_share).where(Device.id == UUID(li.device_id)))
        from kernel.tables import AuditEntry

        told = (await session.execute(select(AuditEntry.after).where(AuditEntry.row_id == UUID(li.device_id)))).all()
    assert sealed.startswith("v1.")
    assert share not in sealed
    assert told
    assert all(sealed not in str(row) and share not in str(row) for row in told)


async def test_the_file_is_noise_without_the_keychain(doors: Doors) -> None:
    li = await encrypted(doors)
    assert li.encrypted is True
    device_id = li.device_id
    li.close()
    assert SECRET.encode() not in contents(doors.folder)
    assert b"SQLite format 3" not in (doors.folder / "li.sqlite").read_bytes()
    with pytest.raises(ReplicaEncrypted):
        await opened(doors, keychain=None)
    with sqlite3.connect(doors.folder / "li.sqlite") as plain, pytest.raises(sqlite3.DatabaseError):
        plain.execute("SELECT * FROM outbox").fetchall()
    plain.close()
    # The thief's own keychain, and even the server's share: the other half stayed on the device.
    stolen = Keychain(doors.folder / "thief.key")
    stolen.belongs_to(device_id)
    with pytest.raises(KeyWrong):
        await opened(doors, keychain=stolen)
    again = await opened(doors)
    assert [m["arguments"]["name"] for m in again.pending()] == [SECRET], "a wrong key harms nothing"


@pytest.mark.parametrize("end", ["revoked", "wiped"])
async def test_a_copy_of_both_files_is_of_no_use_once_the_share_is_withheld(doors: Doors, run, end: str) -> None:
    li = await encrypted(doors)
    await run("admin", "tenants.set_setting", name="device.offline_hours", value=0)
    li.close()
    li = await opened(doors)
    device_id = UUID(li.device_id)
    li.close()
    for name in ("copy", "later"):
        for suffix in ("sqlite", "key"):
            shutil.copy(doors.folder / f"li.{suffix}", doors.folder / f"{name}.{suffix}")
    if end == "revoked":
        await run("admin", "tenants.revoke_device", id=device_id)
    else:
        await run("admin", "tenants.wipe_device", id=device_id, reason="被盗", after_push=False)
        assert (await ask(doors, li.token, str(device_id))).json()["code"] == "DEVICE_WIPED"
    with pytest.raises(SyncRefused if end == "revoked" else DeviceWiped):
        await opened(doors, "copy")
    assert (doors.folder / "copy.sqlite").exists() is (end == "revoked")
    network = Network()
    network.down = True
    with pytest.raises(KeyWithheld):
        await opened(doors, "later", transport=network)


async def test_it_opens_offline_for_as_long_as_the_admin_lets_it(doors: Doors, run) -> None:
    await run("admin", "tenants.set_setting", name="device.offline_hours", value=5)
    li = await encrypted(doors)
    li.close()
    down = Network()
    down.down = True
    start = doors.app.engine.clock.now()
    offline = await opened(doors, transport=down, now=lambda: start + timedelta(hours=5))
    offline.mutate("party.create_customer", name="离线新建")
    with pytest.raises(Offline):
        await asyncio.to_thread(offline.pull)
    offline.close()
    with pytest.raises(KeyWithheld):
        await opened(doors, transport=down, now=lambda: start + timedelta(hours=5, seconds=1))
    with pytest.raises(KeyWithheld):  # the clock set back brings nothing back
        await opened(doors, transport=down, now=lambda: start)
    online = await opened(doors)
    assert len(online.pending()) == 2
    assert (await asyncio.to_thread(online.sync))["pushed"] == {"applied": 2}


@pytest.mark.parametrize("value", [-1, 8761, True, "72", None])
async def test_an_impossible_limit_is_refused(doors: Doors, value: Any) -> None:
    from tenants.errors import SettingInvalid

    with pytest.raises(SettingInvalid):
        await doors.world.yunfan.run(
            "admin", "tenants.set_setting", SetSetting(name="device.offline_hours", value=value)
        )


async def test_a_plain_replica_is_encrypted_with_its_queue(doors: Doors) -> None:
    plain = await doors.device("li", "li")
    plain.mutate("party.create_customer", name=SECRET)
    assert plain.encrypted is False
    plain.close()
    assert SECRET.encode() in contents(doors.folder)
    li = await opened(doors)
    await asyncio.to_thread(li.register, "li")
    assert (li.encrypted, li.device_id) == (True, plain_id(li))
    assert [m["arguments"]["name"] for m in li.pending()] == [SECRET]
    await asyncio.to_thread(li.sync)
    li.close()
    assert SECRET.encode() not in contents(doors.folder)
    assert not (doors.folder / "li.sqlite.encrypting").exists()


def plain_id(replica: Replica) -> str:
    return str(replica.device_id)


_HOLDER = """
import sys
from sync.client.store import Store
store = Store(sys.argv[1])
print(store.outbox.pending_count(), flush=True)
sys.stdin.readline()
print(store.outbox.pending_count(), flush=True)
"""


async def test_a_file_that_another_process_has_open_stays_plain_until_it_is_alone(doors: Doors) -> None:
    (await doors.device("li", "li")).close()
    command = [sys.executable, "-c", _HOLDER, str(doors.folder / "li.sqlite")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": Path(__file__).parents[2]}
    with subprocess.Popen(command, **pipes) as other:  # noqa: ASYNC220 - it waits for our word, not we for it
        assert other.stdout.readline() == "0\n"
        li = await opened(doors)
        await asyncio.to_thread(li.register, "li")
        assert li.encrypted is False
        li.mutate("party.create_customer", name=SECRET)
        assert other.communicate("\n")[0] == "1\n"
    li.close()
    again = await opened(doors)
    assert (again.encrypted, len(again.pending())) == (True, 1)


def test_a_kill_while_a_file_is_encrypted_loses_nothing(tmp_path: Path) -> None:
    """What a kill can leave behind, each taken up by the next start."""
    key, path = b"k" * 32, tmp_path / "r.sqlite"
    db = vault.open_file(path).db
    db.execute("CREATE TABLE outbox (n)")
    db.execute("INSERT INTO outbox VALUES (7)")
    db.close()
    copy = tmp_path / "r.sqlite.encrypting"
    for state in ("copied", "torn", "done"):
        shutil.copy(path, copy)
        if state == "torn":
            path.write_bytes(b"\x01" * 4096 + path.read_bytes()[4096:])
        if state == "done":
            vault.encrypt(path, key)
            copy.write_bytes(b"old")
        db = vault.open_file(path, key).db
        assert db.execute("SELECT n FROM outbox").fetchall() == [(7,)]
        db.close()
        assert (vault.is_encrypted(path), copy.exists()) == (True, False)
        path.unlink()
        db = vault.open_file(path).db
        db.execute("CREATE TABLE outbox (n)")
        db.execute("INSERT INTO outbox VALUES (7)")
        db.close()


async def test_without_the_extra_a_file_stays_plain_and_says_so(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.client.safe.can_encrypt", lambda: False)
    li = await doors.device("li", "li", keychain=Keychain(doors.folder / "li.key"))
    assert li.encrypted is False
    async with doors.app.engine.reading(await doors.world.yunfan.actor("admin")) as session:
        claimed = await session.scalar(select(Device.encrypted).where(Device.id == UUID(li.device_id)))
    assert claimed is False


async def test_a_company_may_refuse_plain_replicas_but_takes_what_waits_on_them(doors: Doors, run) -> None:
    plain = await doors.device("li", "plain")
    plain.mutate("party.create_customer", name="离线新建")
    await run("admin", "tenants.set_setting", name="device.encryption_required", value=True)
    with pytest.raises(SyncRefused) as refused:
        await asyncio.to_thread(plain.pull)
    assert (refused.value.status, refused.value.code) == (403, "DEVICE_MUST_ENCRYPT")
    assert [o["status"] for o in await asyncio.to_thread(plain.push)] == ["applied"]
    li = await encrypted(doors)
    await asyncio.to_thread(li.sync)
