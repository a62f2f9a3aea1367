"""A device's files: attached offline, sent later, resumed after every cut, fetched by others."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sync.client import ArgumentRefused, FileDamaged, FileUnavailable, Offline, Replica
from tests.sync.attaching import PIECE, pdf, photo, sha256
from tests.sync.conftest import Doors, Network

MEBIBYTE = 1024 * 1024


class Cut(Network):
    """Cuts the line once, at the n-th exchange about a file: before it reaches the server, or its answer."""

    def __init__(self, at: int, *, answer: bool) -> None:
        super().__init__()
        self.left, self.answer = at, answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/sync/v1/files/"):
            return super().handle_request(request)
        self.left -= 1
        if self.left == 0 and not self.answer:
            self.down = True
        found = super().handle_request(request)
        if self.left == 0:
            found.read()
            found.close()
            self.down = True
            raise httpx.ReadError("the connection was cut", request=request)
        return found


async def _customer(device: Replica) -> str:
    return str(await asyncio.to_thread(device.mutate, "party.create_customer", name="北京甲科技"))


def _source(doors: Doors, data: bytes, name: str = "合同.pdf") -> Path:
    path = doors.folder / "sources" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


async def test_an_empty_file_is_refused_before_anything_is_kept(doors: Doors):
    li = await doors.device("li", "li")
    with pytest.raises(ArgumentRefused) as refused:
        li.attach(_source(doors, b""), entity="party.Customer", row_id=await _customer(li))
    told = refused.value
    assert (told.code, told.field) == ("FILE_EMPTY", "path")
    assert "空" in told.message_zh
    assert "empty" in told.message_en
    assert (len(li.pending()), li.uploads(), li.rows("attachments")) == (1, [], [])
    assert not list(doors.folder.glob("li.sqlite.files/*"))


async def test_the_only_copy_that_was_spoilt_is_not_shown_as_the_file(doors: Doors):
    li = await doors.device("li", "li")
    data = pdf(1000)
    spoilt = li.attach(_source(doors, data), entity="party.Customer", row_id=await _customer(li))
    kept = doors.folder / "li.sqlite.files" / sha256(data)
    kept.write_bytes(data[:-1] + b"!")
    with pytest.raises(FileDamaged):
        li.download(spoilt)
    kept.unlink()
    with pytest.raises(FileDamaged):
        li.download(spoilt)


@pytest.mark.parametrize("guide", ["python-client.md", "python-client.zh-CN.md"])
async def test_the_guides_example_shows_the_own_photo_offline(
    doors: Doors, guide: str, monkeypatch: pytest.MonkeyPatch
):
    network = Network()
    li = await doors.device("li", "li", transport=network)
    network.down = True
    data, shown = photo(), list[bytes]()
    (doors.folder / "door.jpg").write_bytes(data)
    monkeypatch.chdir(doors.folder)
    blocks = (Path(__file__).parents[2] / "docs/guide" / guide).read_text().split("```")
    [example] = [block.removeprefix("python\n") for block in blocks if "rep.attach(" in block]
    names = {"rep": li, "customer": await _customer(li), "show": lambda stream: shown.append(stream.read())}
    exec(example.replace("/tmp/door.jpg", str(doors.folder / "copy.jpg")), names)
    assert (shown, (doors.folder / "copy.jpg").read_bytes()) == ([data], data)


async def test_the_own_file_opens_in_every_state_of_its_way(doors: Doors):
    """Queued, pushed, pulled without its file, sent but not pulled, stored: no exchange is needed before the last."""
    network = Network()
    li = await doors.device("li", "li", transport=network)
    data = pdf(1000)
    attached = li.attach(_source(doors, data), entity="party.Customer", row_id=await _customer(li))

    def opens() -> bool:
        network.down = True
        same = li.download(attached).read_bytes() == data
        network.down = False
        return same

    assert opens()
    for step in (li.push, li.pull, li._files.upload, li.pull):
        await asyncio.to_thread(step)
        assert opens(), step
    assert li.row("attachments", attached)["state"] == "stored"
    refused = li.attach(_source(doors, b"MZ a program"), entity="party.Customer", row_id=await _customer(li))
    await asyncio.to_thread(li.sync)
    assert [upload["code"] for upload in li.uploads()] == ["FILE_CONTENT_REFUSED"]
    assert li.download(refused).read_bytes() == b"MZ a program"


async def test_a_file_is_attached_offline_and_reaches_a_second_device(doors: Doors):
    network = Network()
    li = await doors.device("li", "li", transport=network)
    wang = await doors.device("wang", "wang")
    data = pdf(3 * MEBIBYTE + 5)
    source = _source(doors, data)
    network.down = True
    customer = await _customer(li)
    attached = li.attach(source, entity="party.Customer", row_id=customer)
    source.unlink()  # what happens to the original later is of no matter
    [row] = li.rows("attachments", row_id=customer)
    assert (row["fileName"], row["sizeBytes"], row["sha256"]) == ("合同.pdf", len(data), sha256(data))
    with pytest.raises(Offline):
        await asyncio.to_thread(li.sync)
    network.down = False
    done = await asyncio.to_thread(li.sync)
    assert (done["uploaded"], done["pushed"], li.uploads()) == (1, {"applied": 2}, [])
    assert li.row("attachments", attached)["state"] == "stored"
    await asyncio.to_thread(wang.sync)
    fetched = await asyncio.to_thread(wang.download, attached)
    assert fetched.read_bytes() == data
    on_disk = doors.folder / "wang.sqlite.files" / fetched.sha256
    assert on_disk.read_bytes() == data  # beside a plain replica files lie as they are
    assert stat.S_IMODE(on_disk.stat().st_mode) == 0o600
    assert stat.S_IMODE(on_disk.parent.stat().st_mode) == 0o700
    assert (await asyncio.to_thread(li.verify), await asyncio.to_thread(wang.verify)) == ([], [])


async def test_the_row_does_not_wait_for_its_file(doors: Doors):
    network = Network()
    li = await doors.device("li", "li", transport=network)
    wang = await doors.device("wang", "wang")
    attached = li.attach(_source(doors, pdf(1000)), entity="party.Customer", row_id=await _customer(li))
    await asyncio.to_thread(li.push)
    await asyncio.to_thread(wang.pull)
    assert wang.row("attachments", attached)["state"] == "waiting"
    with pytest.raises(FileUnavailable):
        await asyncio.to_thread(wang.download, attached)
    with pytest.raises(FileUnavailable):
        await asyncio.to_thread(wang.download, "01920000-0000-7000-8000-000000000000")


async def test_a_file_that_was_refused_is_kept_until_it_is_given_up(doors: Doors):
    li = await doors.device("li", "li")
    refused = li.attach(_source(doors, b"#!/bin/sh", "run.sh"), entity="party.Customer", row_id=await _customer(li))
    for _ in range(2):
        await asyncio.to_thread(li.sync)
        assert [upload["attachmentId"] for upload in li.uploads()] == [refused]
    [entry] = li.inbox()
    assert (entry["code"], entry["rowId"]) == ("FILE_TYPE_REFUSED", refused)
    li.resolve(entry["id"], "discard")
    for _ in range(2):
        await asyncio.to_thread(li.sync)
    assert li.uploads() == []


@pytest.mark.parametrize("answer", [False, True], ids=["request-lost", "answer-lost"])
@pytest.mark.parametrize("at", range(1, 8))
async def test_an_upload_goes_on_after_a_cut_anywhere(doors: Doors, at: int, answer: bool):
    """Begin, four pieces, finish, and beyond: the line dies at each of them."""
    network = Cut(at, answer=answer)
    li = await doors.device("li", "li", transport=network)
    li._files._chunk_bytes = PIECE
    data = pdf(4 * PIECE - 100)
    attached = li.attach(_source(doors, data), entity="party.Customer", row_id=await _customer(li))
    if at <= 6:
        with pytest.raises(Offline):
            await asyncio.to_thread(li.sync)
        network.down = False
        before = len(network.sent)
        await asyncio.to_thread(li.sync)
        pieces = [path for path in network.sent[before:] if path.startswith("/sync/v1/files/")]
        assert len(pieces) <= 6 - max(0, at - 2) + 2  # it went on, it did not begin again
    else:
        await asyncio.to_thread(li.sync)
    assert li.row("attachments", attached)["state"] == "stored"
    assert li.uploads() == []


_DEVICE = """
import sys
from sync.client import Replica
replica = Replica(sys.argv[1], sys.argv[2], sys.argv[3])
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


async def test_a_device_killed_at_every_piece_sends_the_file_once(doors: Doors):
    li = await doors.device("li", "li")
    data = pdf(12 * PIECE)
    attached = li.attach(_source(doors, data), entity="party.Customer", row_id=await _customer(li))
    said: list[str] = []
    for kill_after in (1, 2, 3, 2, 1, 0):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _DEVICE, str(doors.folder / "li.sqlite"), doors.url, li.token,
            stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        seen = 0
        while line := (await process.stdout.readline()).decode().strip():
            said.append(line)
            seen += line == "piece"
            if kill_after and seen == kill_after:
                process.send_signal(signal.SIGKILL)
                break
        await process.wait()
    assert said[-1] == "done"
    assert said.count("piece") <= 12 + 5  # only the piece under way at a kill is sent again
    await asyncio.to_thread(li.sync)
    assert (li.uploads(), li.row("attachments", attached)["state"]) == ([], "stored")
    (doors.folder / "li.sqlite.files" / sha256(data)).unlink()
    assert (await asyncio.to_thread(li.download, attached)).read_bytes() == data


async def test_two_processes_of_one_replica_send_a_file_together(doors: Doors):
    li = await doors.device("li", "li")
    twin = Replica(doors.folder / "li.sqlite", doors.url, li.token, sleep=lambda _s: None)
    doors.opened.append(twin)
    data = pdf(20 * PIECE)
    attached = li.attach(_source(doors, data), entity="party.Customer", row_id=await _customer(li))
    await asyncio.to_thread(li.push)
    await asyncio.to_thread(li.pull)
    for replica in (li, twin):
        replica._files._chunk_bytes = PIECE
    await asyncio.gather(asyncio.to_thread(li._files.upload), asyncio.to_thread(twin._files.upload))
    await asyncio.to_thread(li.sync)
    assert (li.uploads(), li.row("attachments", attached)["state"]) == ([], "stored")


async def test_a_download_goes_on_where_it_broke_off_and_a_spoilt_part_begins_anew(doors: Doors):
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    data = pdf(3 * MEBIBYTE)
    attached = li.attach(_source(doors, data), entity="party.Customer", row_id=await _customer(li))
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(wang.sync)
    folder = doors.folder / "wang.sqlite.files"
    folder.mkdir()
    part, target = folder / f"{sha256(data)}.part", folder / sha256(data)
    fetched: list[str] = []
    stream = wang._transport.stream

    def watched(path: str, headers: dict[str, str]):
        fetched.append(headers["Range"])
        return stream(path, headers)

    wang._transport.stream = watched
    for there, asked in [
        (data[:MEBIBYTE], [f"bytes={MEBIBYTE}-"]),
        (data, []),
        (bytes(MEBIBYTE), [f"bytes={MEBIBYTE}-", "bytes=0-"]),
        (data + b"more", ["bytes=0-"]),
    ]:
        part.write_bytes(there)
        target.unlink(missing_ok=True)
        fetched.clear()
        assert (await asyncio.to_thread(wang.download, attached)).read_bytes() == data
        assert fetched == asked
        assert not part.exists()


async def test_a_copy_that_a_kill_cut_short_is_cleared_away_a_day_later(doors: Doors):
    li = await doors.device("li", "li")
    li.attach(_source(doors, pdf(1000)), entity="party.Customer", row_id=await _customer(li))
    folder = doors.folder / "li.sqlite.files"
    young, old = folder / ".00aa", folder / ".00bb"
    for left in (young, old):
        left.write_bytes(b"half a file")
    os.utime(old, (0, 0))
    again = Replica(doors.folder / "li.sqlite", doors.url, li.token)
    doors.opened.append(again)
    assert (young.exists(), old.exists(), len(list(folder.iterdir()))) == (True, False, 2)


async def test_a_refused_file_is_told_and_stops_no_other(doors: Doors):
    li = await doors.device("li", "li")
    customer = await _customer(li)
    wrong = li.attach(_source(doors, b"MZ a program", "报价.pdf"), entity="party.Customer", row_id=customer)
    good = li.attach(_source(doors, pdf(1000)), entity="party.Customer", row_id=customer)
    await asyncio.to_thread(li.sync)
    [told] = li.uploads()
    assert (told["attachmentId"], told["code"]) == (wrong, "FILE_CONTENT_REFUSED")
    assert li.row("attachments", good)["state"] == "stored"


async def test_a_file_of_a_type_that_is_not_taken_comes_to_the_inbox(doors: Doors):
    li = await doors.device("li", "li")
    li.attach(_source(doors, b"MZ", "setup.exe"), entity="party.Customer", row_id=await _customer(li))
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    assert (entry["code"], entry["command"]) == ("FILE_TYPE_REFUSED", "tenants.attach_file")
    assert li.rows("attachments") == []


async def test_a_photo_is_stripped_on_the_way_and_the_row_says_so(doors: Doors):
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    data = photo()
    attached = li.attach(
        _source(doors, data, "现场.jpg"), entity="party.Customer", row_id=await _customer(li), strip_metadata=True
    )
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(wang.sync)
    row = wang.row("attachments", attached)
    kept = (await asyncio.to_thread(wang.download, attached)).read_bytes()
    assert row["strippedAt"] is not None
    assert (row["sha256"], row["sizeBytes"]) == (sha256(kept), len(kept))
    assert row["sha256"] != sha256(data)
    assert b"Maker" not in kept


async def test_removing_and_restoring_show_at_once(doors: Doors):
    network = Network()
    li = await doors.device("li", "li", transport=network)
    customer = await _customer(li)
    attached = li.attach(_source(doors, pdf(1000)), entity="party.Customer", row_id=customer)
    await asyncio.to_thread(li.sync)
    network.down = True
    li.mutate("tenants.remove_attachment", id=attached)
    assert li.rows("attachments") == []
    network.down = False
    await asyncio.to_thread(li.sync)
    assert [row["id"] for row in li.rows("attachments", archived=True)] == [attached]
    li.mutate("tenants.restore_attachment", id=attached)
    await asyncio.to_thread(li.sync)
    assert [row["id"] for row in li.rows("attachments")] == [attached]


async def test_devices_lose_and_gain_files_with_their_record(doors: Doors, run):
    li, zhao = await doors.device("li", "li"), await doors.device("zhao", "zhao")
    customer = await _customer(li)
    attached = li.attach(_source(doors, pdf(1000)), entity="party.Customer", row_id=customer)
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(zhao.sync)
    assert zhao.rows("attachments") == []
    await run("lin", "party.assign_customer", id=customer, owner_id=doors.world.yunfan.people["zhao"])
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(zhao.sync)
    assert (li.rows("attachments"), [row["id"] for row in zhao.rows("attachments")]) == ([], [attached])
    assert (await asyncio.to_thread(li.verify), await asyncio.to_thread(zhao.verify)) == ([], [])
    assert (await asyncio.to_thread(zhao.download, attached)).read_bytes().startswith(b"%PDF")
