"""Blobs: whole or not at all, on the disk and in a real S3 endpoint."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from infra.blobs import PIECE_BYTES, BlobMissing, BlobStore, BlobsUnreachable, once, open_blobs, whole
from infra.disk_blobs import DiskBlobs
from infra.errors import SettingsError
from infra.settings import Settings

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(params=["disk", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    environ = {"YUNFAN_DATA": str(tmp_path)}
    if request.param == "s3":
        endpoint = request.getfixturevalue("s3_endpoint")
        async with httpx.AsyncClient() as client:
            await client.post(f"{endpoint}/moto-api/reset")
            assert (await client.put(f"{endpoint}/yunfan-test")).status_code == 200
        environ |= {
            "YUNFAN_BLOBS_URL": "s3://yunfan-test/one/two",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    opened = open_blobs(Settings.from_env(environ))
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "key",
    ["", "/a", "a/", "../a", "a/../b", "a//b", ".hidden", "a/.hidden", "a\\b", "a\0b", "附件", "a" * 129, "a\n", "a/."],
)
async def test_a_key_that_might_leave_its_folder_is_refused(store: BlobStore, key: str):
    with pytest.raises(ValueError, match="plain segments"):
        await store.put(key, once(b"x"))
    with pytest.raises(ValueError, match="plain segments"):
        await store.size(key)
    with pytest.raises(ValueError, match="plain segments"):
        await store.delete(key)
    with pytest.raises(ValueError, match="plain segments"):
        await whole(store, key)


async def test_what_is_not_there_is_missing(store: BlobStore):
    assert await store.size("a/b") is None
    assert await store.keys("a") == []
    await store.delete("a/b")
    with pytest.raises(BlobMissing):
        await whole(store, "a/b")


async def test_what_was_put_is_read_whole_and_in_ranges_in_small_pieces(store: BlobStore):
    data = os.urandom(9 * MEBIBYTE + 17)  # more than one part of a multipart upload
    assert await store.put("t/files/big", once(data)) == len(data)
    assert await store.size("t/files/big") == len(data)
    pieces = [piece async for piece in store.read("t/files/big")]
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= PIECE_BYTES
    for start, end in [(0, 1), (5, 5), (1_000_000, 1_700_001), (len(data) - 3, None), (len(data), None), (0, 10**9)]:
        assert b"".join([p async for p in store.read("t/files/big", start, end)]) == data[start:end]


async def test_an_empty_blob_is_a_blob(store: BlobStore):
    assert await store.put("t/empty", once(b"")) == 0
    assert await store.size("t/empty") == 0
    assert await whole(store, "t/empty") == b""


async def test_the_newest_put_stands_and_a_deleted_blob_is_gone(store: BlobStore):
    await store.put("t/a", once(b"first"))
    await store.put("t/a", once(b"second one"))
    assert await whole(store, "t/a") == b"second one"
    await store.delete("t/a")
    assert await store.size("t/a") is None


async def test_keys_are_those_of_the_folder_and_of_no_folder_that_begins_alike(store: BlobStore):
    for key in ("t/1/a", "t/1/b", "t/10/a", "u/a"):
        await store.put(key, once(b"x"))
    assert await store.keys("t/1") == ["t/1/a", "t/1/b"]
    assert await store.keys("t/1/") == ["t/1/a", "t/1/b"]
    assert await store.keys("") == ["t/1/a", "t/1/b", "t/10/a", "u/a"]


@pytest.mark.parametrize("size", [10, 20 * MEBIBYTE])
async def test_a_source_that_breaks_leaves_what_was_there(store: BlobStore, size: int):
    await store.put("t/a", once(b"before"))

    async def breaking() -> AsyncIterator[bytes]:
        async for piece in once(bytes(size)):
            yield piece
        raise ConnectionResetError("the peer went away")

    with pytest.raises(ConnectionResetError, match="the peer went away"):
        await store.put("t/a", breaking())
    assert await whole(store, "t/a") == b"before"
    assert await store.keys("") == ["t/a"]


async def test_many_put_and_delete_at_once(store: BlobStore):
    async def one(n: int) -> None:
        for _ in range(5):
            await store.put(f"t/same/{n}", once(b"x" * n))
            await store.delete(f"t/same/{n}")
        await store.put(f"t/same/{n}", once(b"x" * n))

    await asyncio.gather(*(one(n) for n in range(1, 9)))
    assert len(await store.keys("t")) == 8


async def test_files_are_private_and_lie_in_the_data_directory(tmp_path: Path):
    store = open_blobs(Settings.from_env({"YUNFAN_DATA": str(tmp_path)}))
    await store.put("t/files/a", once(b"x"))
    assert isinstance(store, DiskBlobs)
    assert stat.S_IMODE((tmp_path / "blobs/t/files/a").stat().st_mode) == 0o600
    for directory in ("blobs", "blobs/t", "blobs/t/files", "blobs/.arriving"):
        assert stat.S_IMODE((tmp_path / directory).stat().st_mode) == 0o700
    await store.delete("t/files/a")
    assert not (tmp_path / "blobs/t").exists()


_WRITER = """
import asyncio, sys
from pathlib import Path
from infra.disk_blobs import DiskBlobs

async def endless():
    while True:
        yield b"y" * 65536
        print("more", flush=True)
        await asyncio.sleep(0.01)

asyncio.run(DiskBlobs(Path(sys.argv[1])).put("t/a", endless()))
"""


@pytest.mark.parametrize("after", [1, 5])
async def test_a_writer_that_is_killed_leaves_what_was_there(tmp_path: Path, after: int):
    store = DiskBlobs(tmp_path / "blobs")
    await store.put("t/a", once(b"before"))
    writer = subprocess.Popen(  # noqa: ASYNC220 - the killed process is the point
        [sys.executable, "-c", _WRITER, str(tmp_path / "blobs")], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(after):
        assert writer.stdout.readline() == "more\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert await whole(store, "t/a") == b"before"
    assert await store.keys("") == ["t/a"]
    [left] = (tmp_path / "blobs/.arriving").iterdir()
    DiskBlobs(tmp_path / "blobs")
    assert left.exists()  # it might still be written by somebody
    os.utime(left, (0, 0))
    DiskBlobs(tmp_path / "blobs")
    assert not left.exists()


async def test_a_store_that_is_away_or_refuses_us_is_told_apart_from_a_missing_blob(s3_endpoint: str, tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        for endpoint, bucket in (
            (f"http://127.0.0.1:{taken.getsockname()[1]}", "any"),
            (s3_endpoint, "no-such-bucket"),
        ):
            environ = {
                "YUNFAN_DATA": str(tmp_path),
                "YUNFAN_BLOBS_URL": f"s3://{bucket}/x",
                "AWS_ENDPOINT_URL": endpoint,
            }
            keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
            store = open_blobs(Settings.from_env(environ | keys))
            with pytest.raises(BlobsUnreachable):
                await store.put("a", once(b"x"))
            with pytest.raises(BlobsUnreachable):
                await store.keys("a")


@pytest.mark.parametrize(
    "url", ["http://bucket", "s3://", "s3://b", "s3://Bucket/x", "s3://bucket/../x", "s3://user:topsecret@bucket/x"]
)
def test_a_wrong_address_is_refused(tmp_path: Path, url: str):
    with pytest.raises(SettingsError, match="YUNFAN_BLOBS_URL") as refused:
        Settings.from_env({"YUNFAN_DATA": str(tmp_path), "YUNFAN_BLOBS_URL": url})
    assert "topsecret" not in refused.value.en + refused.value.zh


def test_an_endpoint_without_a_scheme_is_refused_and_the_secret_is_not_shown(tmp_path: Path):
    environ = {"YUNFAN_DATA": str(tmp_path), "YUNFAN_BLOBS_URL": "s3://bucket/x", "AWS_SECRET_ACCESS_KEY": "topsecret"}
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL"):
        Settings.from_env({**environ, "AWS_ENDPOINT_URL": "minio:9000"})
    assert "topsecret" not in repr(Settings.from_env(environ))
