"""What lies beside an encrypted replica: nothing in plain, at any moment, whatever is cut, killed or changed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sync import loads
from sync.client import DeviceWiped, FileDamaged, Keychain, KeyWithheld, Offline, Replica, SyncRefused, folder
from sync.client.sealing import CHUNK_BYTES, SealedWriter
from tests.sync.attaching import PIECE, pdf, photo, sha256
from tests.sync.conftest import Doors, Network
from tests.sync.test_client_files import Cut
from tests.sync.test_first_load import Cutting

TEXT = "底价 100 元，不得外传\n".encode() * 20_000


async def opened(doors: Doors, who: str, **options: Any) -> Replica:
    """The file as after a start of the app: with a key it asks the server first."""
    token, keychain = doors.token(doors.world.yunfan, who), Keychain(doors.folder / f"{who}.key")
    options = {"keychain": keychain, "sleep": lambda _s: None, "now": doors.app.engine.clock.now, **options}
    path = doors.folder / f"{who}.sqlite"
    replica = await asyncio.to_thread(lambda: Replica(path, doors.url, token, **options))
    doors.opened.append(replica)
    return replica


async def sealed_device(doors: Doors, who: str, **options: Any) -> Replica:
    replica = await opened(doors, who, **options)
    await asyncio.to_thread(replica.register, who)
    await asyncio.to_thread(replica.pull)
    return replica


def source(doors: Doors, data: bytes, name: str = "报价.txt") -> Path:
    path = doors.folder / "sources" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


async def attached(doors: Doors, li: Replica, data: bytes, name: str = "报价.txt") -> str:
    customer = await asyncio.to_thread(li.mutate, "party.create_customer", name="北京甲科技")
    return li.attach(source(doors, data, name), entity="party.Customer", row_id=customer)


def beside(doors: Doors, name: str = "li") -> dict[str, bytes]:
    """Everything that lies on the disk of one replica, by name."""
    return {
        str(path.relative_to(doors.folder)): path.read_bytes()
        for path in doors.folder.rglob("*")
        if path.is_file() and path.relative_to(doors.folder).parts[0].startswith(f"{name}.sqlite")
    }


def shown(doors: Doors, name: str, *plain: bytes) -> list[str]:
    """The files that show any of it."""
    return [path for path, data in beside(doors, name).items() if any(piece in data for piece in plain)]


async def test_the_own_file_opens_offline_beside_an_encrypted_replica(doors: Doors) -> None:
    network = Network()
    li = await sealed_device(doors, "li", transport=network)
    network.down = True
    kept = li.download(await attached(doors, li, TEXT))
    assert (kept.read_bytes() == TEXT, shown(doors, "li", TEXT[:40])) == (True, [])
    [sealed] = (doors.folder / "li.sqlite.files").iterdir()
    sealed.write_bytes(sealed.read_bytes()[:-1])
    with pytest.raises(FileDamaged):
        li.download(li.uploads()[0]["attachmentId"])


async def test_no_plain_bytes_of_an_attachment_lie_on_either_device(doors: Doors) -> None:
    li, wang = await sealed_device(doors, "li"), await sealed_device(doors, "wang")
    jpeg = photo(size=(400, 300))
    ids = [await attached(doors, li, TEXT), await attached(doors, li, jpeg, "现场.jpg")]
    plain = (TEXT[:40], jpeg[:24], b"JFIF", b"Maker", jpeg[200:232])
    assert (li.encrypted, shown(doors, "li", *plain)) == (True, [])
    done = await asyncio.to_thread(li.sync)
    assert (done["uploaded"], li.uploads()) == (2, [])
    await asyncio.to_thread(wang.sync)
    for attachment_id, data in zip(ids, (TEXT, jpeg), strict=True):
        kept = await asyncio.to_thread(wang.download, attachment_id)
        assert (kept.sha256, kept.size_bytes) == (sha256(data), len(data))
        assert kept.read_bytes() == data
        with kept.open() as stream:
            stream.seek(len(data) // 2)
            assert stream.read(100) == data[len(data) // 2 :][:100]
    assert shown(doors, "wang", *plain) == []
    assert len([name for name in beside(doors, "wang") if name.endswith(".sealed")]) == 2
    assert (await asyncio.to_thread(li.verify), await asyncio.to_thread(wang.verify)) == ([], [])


async def test_a_file_goes_out_in_plain_only_where_the_caller_says(doors: Doors) -> None:
    li = await sealed_device(doors, "li")
    attachment_id = await attached(doors, li, TEXT)
    await asyncio.to_thread(li.sync)
    kept = await asyncio.to_thread(li.download, attachment_id)
    out = doors.folder / "out"
    out.mkdir()
    target = out / "报价.txt"
    target.write_text("former")
    assert (kept.export(target), target.read_bytes()) == (target, TEXT)
    assert target.stat().st_mode & 0o777 == 0o600
    path = doors.folder / "li.sqlite.files" / f"{kept.sha256}.sealed"
    data = bytearray(path.read_bytes())
    data[CHUNK_BYTES * 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(FileDamaged):
        kept.export(target)
    assert (target.read_bytes(), list(out.iterdir())) == (TEXT, [target]), "what was there before stays"


async def test_a_damaged_file_is_fetched_again_and_one_that_was_to_be_sent_is_told(doors: Doors) -> None:
    li = await sealed_device(doors, "li")
    there = await attached(doors, li, TEXT)
    await asyncio.to_thread(li.sync)
    files = doors.folder / "li.sqlite.files"
    stored, other = files / f"{sha256(TEXT)}.sealed", pdf(3 * CHUNK_BYTES)
    wrong, good = await attached(doors, li, other, "甲.pdf"), await attached(doors, li, pdf(1000), "乙.pdf")
    waiting = files / f"{sha256(other)}.sealed"
    waiting.write_bytes(stored.read_bytes())  # the one in the other's place
    stored.write_bytes(os.urandom(stored.stat().st_size))
    assert (await asyncio.to_thread(li.download, there)).read_bytes() == TEXT
    await asyncio.to_thread(li.sync)
    [told] = li.uploads()
    assert (told["attachmentId"], told["code"]) == (wrong, "FILE_DAMAGED")
    assert li.row("attachments", good)["state"] == "stored"


@pytest.mark.parametrize("answer", [False, True], ids=["request-lost", "answer-lost"])
@pytest.mark.parametrize("at", [1, 3, 6])
async def test_an_upload_goes_on_after_a_cut(doors: Doors, at: int, answer: bool) -> None:
    network = Cut(at, answer=answer)
    li = await sealed_device(doors, "li", transport=network)
    li._files._chunk_bytes = PIECE
    attachment_id = await attached(doors, li, pdf(4 * PIECE - 100), "合同.pdf")
    with pytest.raises(Offline):
        await asyncio.to_thread(li.sync)
    network.down = False
    before = len(network.sent)
    await asyncio.to_thread(li.sync)
    pieces = [path for path in network.sent[before:] if path.startswith("/sync/v1/files/")]
    assert len(pieces) <= 6 - max(0, at - 2) + 2
    assert (li.uploads(), li.row("attachments", attachment_id)["state"]) == ([], "stored")


@pytest.mark.parametrize("here", [1, 500, CHUNK_BYTES, CHUNK_BYTES + 1, 4 * CHUNK_BYTES, len(TEXT) - 1])
async def test_a_download_goes_on_at_any_byte(doors: Doors, here: int) -> None:
    li, wang = await sealed_device(doors, "li"), await sealed_device(doors, "wang")
    attachment_id = await attached(doors, li, TEXT)
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(wang.sync)
    files, fetched, stream = doors.folder / "wang.sqlite.files", [], wang._transport.stream

    def cut(path: str, headers: dict[str, str]) -> Any:
        fetched.append(headers["Range"])
        return stream(path, headers)

    wang._transport.stream = cut
    with wang._files._folder.arriving(sha256(TEXT)) as file, file.going_on() as written:
        written.write(TEXT[:here])
    assert shown(doors, "wang", TEXT[:30]) == []
    assert (await asyncio.to_thread(wang.download, attachment_id)).read_bytes() == TEXT
    assert (fetched, [path.name for path in files.iterdir()]) == ([f"bytes={here}-"], [f"{sha256(TEXT)}.sealed"])


async def test_a_part_that_was_changed_is_fetched_again(doors: Doors) -> None:
    li, wang = await sealed_device(doors, "li"), await sealed_device(doors, "wang")
    attachment_id = await attached(doors, li, TEXT)
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(wang.sync)
    with wang._files._folder.arriving(sha256(TEXT)) as file:
        part = file.part
        for spoilt in (os.urandom(3 * CHUNK_BYTES), b"YFSEAL1\n", b"", TEXT):
            part.write_bytes(spoilt)
            assert (await asyncio.to_thread(wang.download, attachment_id)).read_bytes() == TEXT
            file.target.unlink()
        with SealedWriter(part, os.urandom(32)) as written:
            written.write(TEXT)
        assert (await asyncio.to_thread(wang.download, attachment_id)).read_bytes() == TEXT


class Killed(BaseException):
    """As hard as a kill is for what stands on the disk."""


KILLS = [
    ("_seal", 1),
    ("_seal", 2),
    ("sync_folder", 1),
    ("sync_folder", 2),
    ("sync_folder", 3),
    ("replace", 1),
    ("replace", 2),
]


@pytest.mark.parametrize(("step", "nth"), KILLS)
async def test_a_kill_while_files_are_sealed_is_taken_up(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, step: str, nth: int
) -> None:
    """A plain replica with a file that the server has, one that it has not, and half a download; then a keychain."""
    li = await doors.device("li", "li")
    there = await attached(doors, li, TEXT)
    await asyncio.to_thread(li.sync)
    new = pdf(2 * CHUNK_BYTES)
    waiting = await attached(doors, li, new, "合同.pdf")
    with li._files._folder.arriving("0" * 64) as file, file.going_on() as written:
        written.write(TEXT)
    (doors.folder / "li.sqlite.load-0123").write_bytes(TEXT)
    (doors.folder / "li.sqlite.load-0123.sqlite").write_bytes(TEXT)
    assert len(shown(doors, "li", TEXT[:30])) == 4
    li.close()
    li = await opened(doors, "li")
    owner, name = {
        "_seal": (folder.Folder, "_seal"),
        "sync_folder": (folder, "sync_folder"),
        "replace": (os, "replace"),
    }[step]
    real, left = getattr(owner, name), [nth]

    def work(*given: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise Killed
        return real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, work)
        with pytest.raises(Killed):
            await asyncio.to_thread(li.register, "li")
    li.close()
    li = await opened(doors, "li")
    assert (li.encrypted, shown(doors, "li", TEXT[:30], b"%PDF")) == (True, [])
    assert not [path for path in beside(doors) if ".files" in path and not path.endswith(".sealed")]
    assert not [path for path in beside(doors) if ".load-" in path]
    assert (await asyncio.to_thread(li.download, there)).read_bytes() == TEXT
    await asyncio.to_thread(li.sync)
    assert (li.uploads(), li.row("attachments", waiting)["state"]) == ([], "stored")
    assert (await asyncio.to_thread(li.download, waiting)).read_bytes() == new


async def test_a_plain_file_laid_beside_an_encrypted_replica_is_not_taken_for_an_attachment(doors: Doors) -> None:
    li = await sealed_device(doors, "li")
    attachment_id = await attached(doors, li, TEXT)
    await asyncio.to_thread(li.sync)
    (doors.folder / "li.sqlite.files" / sha256(TEXT)).write_bytes(b"forged")
    li.close()
    li = await opened(doors, "li")
    assert (await asyncio.to_thread(li.download, attachment_id)).read_bytes() == TEXT
    assert shown(doors, "li", b"forged") == []


_DEVICE = """
import sys
from pathlib import Path
from sync.client import Keychain, Replica
replica = Replica(sys.argv[1], sys.argv[2], sys.argv[3], keychain=Keychain(sys.argv[4]))
replica._files._chunk_bytes = 65536
sent = replica._files._piece
def told(*arguments):
    print("piece", flush=True)
    return sent(*arguments)
replica._files._piece = told
print("ready", flush=True)
replica.sync()
print("done", flush=True)
"""


async def test_a_killed_process_sends_a_sealed_file_once(doors: Doors) -> None:
    li = await sealed_device(doors, "li")
    attachment_id = await attached(doors, li, pdf(8 * PIECE), "合同.pdf")
    said: list[str] = []
    for kill_after in (1, 3, 0):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _DEVICE, str(doors.folder / "li.sqlite"), doors.url, li.token,
            str(doors.folder / "li.key"), stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        seen = 0
        while line := (await process.stdout.readline()).decode().strip():
            said.append(line)
            seen += line == "piece"
            if kill_after and seen == kill_after:
                process.send_signal(signal.SIGKILL)
                break
        await process.wait()
    assert (said[-1], said.count("piece") <= 8 + 2) == ("done", True)
    await asyncio.to_thread(li.sync)
    assert (li.uploads(), li.row("attachments", attachment_id)["state"]) == ([], "stored")


@pytest.mark.parametrize("end", ["revoked", "wiped"])
async def test_once_the_share_is_withheld_nobody_reads_an_attachment(doors: Doors, run, end: str) -> None:
    await run("admin", "tenants.set_setting", name="device.offline_hours", value=0)
    li = await sealed_device(doors, "li")
    await attached(doors, li, TEXT)
    await asyncio.to_thread(li.sync)
    files, device_id = doors.folder / "li.sqlite.files", UUID(li.device_id)
    stolen = {path.name: path.read_bytes() for path in files.iterdir()}
    li.close()
    if end == "revoked":
        await run("admin", "tenants.revoke_device", id=device_id)
    else:
        await run("admin", "tenants.wipe_device", id=device_id, reason="被盗", after_push=False)
    with pytest.raises(SyncRefused if end == "revoked" else DeviceWiped):
        await opened(doors, "li")
    assert stolen
    assert not any(TEXT[:30] in data for data in stolen.values())
    if end == "wiped":
        assert beside(doors) == {}
        return
    assert files.exists()
    assert shown(doors, "li", TEXT[:30]) == []
    down = Network()
    down.down = True
    with pytest.raises(KeyWithheld):  # the one file that has the files' key opens no more
        await opened(doors, "li", transport=down)


@pytest.fixture
def loaded_by_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "_PAGED_ROWS", 5)
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 10)


@pytest.mark.usefixtures("loaded_by_files")
async def test_a_first_load_is_sealed_from_its_first_byte_and_goes_on_after_kills(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(12):
        await run("li", "party.create_customer", name=f"机密客户{i}", notes=os.urandom(200).hex())
    monkeypatch.setattr("sync.client.loading._RANGES", 1)
    network, seen = Cutting(700), list[str]()

    def look() -> None:
        for name, data in beside(doors, "lin").items():
            assert "机密客户".encode() not in data, name
            assert b"SQLite format 3" not in data, name
            if ".load-" in name:
                seen.append(name)
                assert (name.endswith(".sealed"), data[:8]) == (True, b"YFSEAL1\n")

    for attempt in range(40):
        lin = await opened(doors, "lin", transport=network)
        await asyncio.to_thread(lin.register, "lin")
        for name in ("show_part", "import_whole"):
            monkeypatch.setattr(lin._store, name, _looking(look, getattr(lin._store, name), killed=attempt == 2))
        try:
            await asyncio.to_thread(lin.pull)
            break
        except (Offline, Killed):
            look()
        if attempt:
            network.most = 10**6
    assert {name.rsplit("-", 1)[1][16:] for name in seen} >= {".sealed", ".sqlite.sealed"}
    assert lin.encrypted
    assert len(lin.rows("customers")) == 12
    assert not [name for name in beside(doors, "lin") if ".load-" in name]
    assert await asyncio.to_thread(lin.verify) == []


def _looking(look: Any, work: Any, *, killed: bool) -> Any:
    def looking(*given: Any) -> None:
        look()
        if killed:
            raise Killed
        work(*given)
        look()

    return looking


async def test_encrypting_waits_for_who_writes_in_plain_and_leaves_nothing_of_it(doors: Doors) -> None:
    """A download of one thread while another one registers."""
    (await doors.device("li", "li")).close()
    li = await opened(doors, "li")
    with li._files._folder.arriving(sha256(TEXT)) as file:
        registering = asyncio.create_task(asyncio.to_thread(li.register, "li"))
        with file.going_on() as written:
            written.write(TEXT)
        await asyncio.to_thread(_until, lambda: li.encrypted)
        await asyncio.sleep(0.05)
        assert (registering.done(), file.complete(), len(shown(doors, "li", TEXT[:30]))) == (False, True, 1)
    await registering
    assert shown(doors, "li", TEXT[:30]) == []
    with li._files._folder.open(sha256(TEXT)) as stream:
        assert stream.read() == TEXT


def _until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.01)
