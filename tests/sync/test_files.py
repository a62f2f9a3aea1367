"""The file doors: who may, what is refused, resuming at every piece, and downloads in ranges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from kernel.command import command_named
from server.app import application_edge
from server.web import Traffic
from tenants.attachment_blobs import content_key, upload_folder
from tenants.attachment_entities import Attachment
from tests.sync.attaching import PIECE, FileDoor, attach, pdf, sha256
from tests.sync.conftest import Doors
from tests.world import found_company
from values.errors import Refusal
from values.ids import new_id

Run = Callable[..., Any]


@pytest.fixture
async def client(doors: Doors) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=doors.url, timeout=30) as opened:
        yield opened


@pytest.fixture
async def customer(run: Run) -> UUID:
    """A customer of li's."""
    return (await run("li", "party.create_customer", name="北京甲科技")).row_id


async def _row(doors: Doors, attachment_id: UUID | None) -> Attachment:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("admin")) as session:
        found = await session.orm.get(Attachment, (doors.world.yunfan.tenant_id, attachment_id))
        session.orm.expunge_all()
    assert found is not None
    return found


METHODS = ("HEAD", "GET", "POST", "PATCH")


@pytest.mark.parametrize("method", METHODS)
async def test_who_has_not_signed_in_learns_nothing(doors: Doors, client, customer: UUID, method: str):
    data = pdf(1000)
    made = await attach(doors.world.yunfan, "li", customer, data)
    answer = await FileDoor(client, None).ask(method, made.row_id)
    assert answer.status_code == 401
    assert "upload-offset" not in answer.headers


@pytest.mark.parametrize("method", METHODS)
async def test_another_companys_file_is_as_unknown_as_none(doors: Doors, client, customer: UUID, method: str):
    data = pdf(1000)
    made = await attach(doors.world.yunfan, "li", customer, data)
    assert (await FileDoor.of(doors, client, "li").send(made.row_id, data)).json()["stored"]
    rival = FileDoor.of(doors, client, "admin", doors.world.seagull)
    headers = {"Upload-Offset": "0"}
    theirs = await rival.ask(method, made.row_id, headers=headers, content=data if method == "PATCH" else None)
    nobodys = await rival.ask(method, new_id(), headers=headers, content=data if method == "PATCH" else None)
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    if method != "HEAD":
        assert theirs.json()["code"] == nobodys.json()["code"] == "NOT_FOUND"


@pytest.mark.parametrize("method", METHODS)
async def test_a_file_of_a_record_out_of_sight_is_unknown(doors: Doors, client, customer: UUID, method: str):
    """zhao sells too; li's customers are out of sight."""
    made = await attach(doors.world.yunfan, "li", customer, pdf(1000))
    door = FileDoor.of(doors, client, "zhao")
    content = pdf(1000) if method == "PATCH" else None
    assert (await door.ask(method, made.row_id, headers={"Upload-Offset": "0"}, content=content)).status_code == 404


async def test_who_only_views_neither_attaches_nor_uploads_nor_removes(doors: Doors, client, customer: UUID, run: Run):
    data = pdf(1000)
    with pytest.raises(Refusal) as refused:
        await attach(doors.world.yunfan, "zhou", customer, data)
    assert refused.value.code == "PERMISSION_DENIED"
    made = await attach(doors.world.yunfan, "li", customer, data)
    auditor = FileDoor.of(doors, client, "zhou")
    assert (await auditor.ask("HEAD", made.row_id)).headers["upload-length"] == "1000"
    assert (await auditor.piece(made.row_id, 0, data)).json()["code"] == "PERMISSION_DENIED"
    assert (await auditor.ask("POST", made.row_id)).json()["code"] == "PERMISSION_DENIED"
    for command in ("tenants.remove_attachment", "tenants.restore_attachment"):
        with pytest.raises(Refusal) as refused:
            await run("zhou", command, id=made.row_id)
        assert refused.value.code == "PERMISSION_DENIED"
        with pytest.raises(Refusal) as refused:
            await run("zhao", command, id=made.row_id)
        assert refused.value.code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"entity": "tenants.Tag"}, "NOT_ATTACHABLE"),
        ({"entity": "nobody.Knows"}, "NOT_ATTACHABLE"),
        ({"entity": "party.Contact"}, "NOT_FOUND"),
        ({"row_id": new_id()}, "NOT_FOUND"),
        ({"media_type": "text/html", "file_name": "a.html"}, "FILE_TYPE_REFUSED"),
        ({"media_type": "image/svg+xml", "file_name": "a.svg"}, "FILE_TYPE_REFUSED"),
        ({"media_type": "application/x-msdownload", "file_name": "a.exe"}, "FILE_TYPE_REFUSED"),
        ({"file_name": "a.pdf.exe"}, "FILE_TYPE_REFUSED"),
        ({"file_name": "a"}, "FILE_NAME_INVALID"),
        ({"file_name": "..pdf"}, "FILE_NAME_INVALID"),
        ({"file_name": "nul.pdf"}, "FILE_NAME_INVALID"),
        ({"size_bytes": 25 * 1024 * 1024 + 1}, "FILE_TOO_LARGE"),
        ({"size_bytes": 0}, "INVALID_INPUT"),
        ({"sha256": "abc"}, "CONTENT_HASH_INVALID"),
        ({"sha256": "A" * 64}, "CONTENT_HASH_INVALID"),
        ({"strip_metadata": True}, "STRIP_UNSUPPORTED"),
        ({"id": UUID(int=0)}, "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_attached_is_refused(doors: Doors, customer: UUID, changes: dict, code: str):
    with pytest.raises(Refusal) as refused:
        await attach(doors.world.yunfan, "li", customer, pdf(100), **changes)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/合同.pdf", "合同.pdf"),
        ("C:\\Users\\li\\合同.PDF", "合同.PDF"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ('a<b>:"c|d?*.pdf', "a_b___c_d__.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        (" .. 报价 .pdf", "报价.pdf"),
        ("长" * 300 + ".pdf", "长" * 78 + ".pdf"),
    ],
)
async def test_names_are_kept_without_their_tricks(doors: Doors, customer: UUID, given: str, kept: str):
    made = await attach(doors.world.yunfan, "li", customer, pdf(100), file_name=given)
    assert (await _row(doors, made.row_id)).file_name == kept


async def test_nothing_is_attached_to_what_lies_in_the_bin_or_was_erased(doors: Doors, customer: UUID, run: Run):
    await run("wang", "party.archive_customer", id=customer)
    with pytest.raises(Refusal) as refused:
        await attach(doors.world.yunfan, "li", customer, pdf(100))
    assert refused.value.code == "RECORD_IN_RECYCLE_BIN"
    await run("admin", "party.erase_customer", id=customer)
    with pytest.raises(Refusal) as refused:
        await attach(doors.world.yunfan, "li", customer, pdf(100))
    assert refused.value.code == "RECORD_ERASED"


async def test_a_file_goes_up_in_pieces_and_comes_down_as_it_was(doors: Doors, client, customer: UUID):
    data = pdf(3 * PIECE + 17)
    made = await attach(doors.world.yunfan, "li", customer, data)
    li = FileDoor.of(doors, client, "li")
    assert (await li.ask("GET", made.row_id)).json()["code"] == "FILE_WAITING"
    begun = (await li.ask("POST", made.row_id)).json()
    assert begun == {
        "attachmentId": str(made.row_id),
        "stored": False,
        "offset": 0,
        "sizeBytes": len(data),
        "chunkBytes": 1024 * 1024,
    }
    answer = await li.send(made.row_id, data)
    assert (answer.json()["stored"], answer.json()["offset"]) == (True, len(data))
    row = await _row(doors, made.row_id)
    assert (row.state, row.sha256, row.size_bytes) == ("stored", sha256(data), len(data))
    tenant = doors.world.yunfan.tenant_id
    assert await doors.app.blobs.keys(upload_folder(tenant, row.id)) == []
    whole = await li.ask("GET", made.row_id)
    assert whole.content == data
    assert (
        whole.headers["content-disposition"]
        == "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf"
    )
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert whole.headers["cache-control"] == "private, no-store"
    assert whole.headers["content-type"] == "application/pdf"
    assert whole.headers["content-length"] == str(len(data))


async def test_an_upload_resumes_at_every_piece_and_lost_answers_do_no_harm(doors: Doors, client, customer: UUID):
    data = pdf(5 * PIECE + 100)
    made = await attach(doors.world.yunfan, "li", customer, data)
    li = FileDoor.of(doors, client, "li")
    for offset in range(0, len(data), PIECE):
        piece = data[offset : offset + PIECE]
        far = await li.piece(made.row_id, offset + PIECE, piece)
        assert (far.status_code, far.headers["upload-offset"]) == (409, str(offset))
        assert (await li.piece(made.row_id, offset, piece)).headers["upload-offset"] == str(offset + len(piece))
        again = await li.piece(made.row_id, offset, piece)  # the first answer was lost
        assert (again.status_code, again.headers["upload-offset"]) == (204, str(offset + len(piece)))
        asked = await li.ask("HEAD", made.row_id)
        assert asked.headers["upload-offset"] == str(offset + len(piece))
        assert asked.headers["upload-length"] == str(len(data))
    assert (await li.ask("POST", made.row_id)).json()["stored"]
    assert (await li.ask("POST", made.row_id)).json()["stored"]  # that answer was lost too
    assert (await li.piece(made.row_id, 0, data[:PIECE])).headers["upload-offset"] == str(len(data))
    assert (await li.ask("GET", made.row_id)).content == data


async def test_pieces_that_are_too_small_too_large_or_beyond_the_end_are_refused(doors: Doors, client, customer: UUID):
    data = pdf(3 * 1024 * 1024)
    made = await attach(doors.world.yunfan, "li", customer, data)
    li = FileDoor.of(doors, client, "li")
    assert (await li.piece(made.row_id, 0, data[:1000])).json()["code"] == "CHUNK_INVALID"
    assert (await li.piece(made.row_id, 0, b"")).json()["code"] == "CHUNK_INVALID"
    for too_much in (1024 * 1024 + 1, 16 * 1024 * 1024):  # the refusal is read by whoever still sends
        refused = await li.piece(made.row_id, 0, bytes(too_much))
        assert (refused.status_code, refused.json()["code"]) == (422, "CHUNK_INVALID")
        assert str(1024 * 1024) in refused.json()["message"]
    assert (await li.ask("PATCH", made.row_id, content=data[:PIECE])).json()["code"] == "INVALID_INPUT"
    small = await attach(doors.world.yunfan, "li", customer, pdf(1000))
    assert (await li.piece(small.row_id, 0, data[:PIECE])).json()["code"] == "CHUNK_INVALID"
    assert (await li.ask("HEAD", made.row_id)).headers["upload-offset"] == "0"


async def test_another_file_than_the_announced_is_discarded(doors: Doors, client, customer: UUID):
    data = pdf(2 * PIECE)
    made = await attach(doors.world.yunfan, "li", customer, data)
    li = FileDoor.of(doors, client, "li")
    answer = await li.send(made.row_id, data[:-1] + bytes([data[-1] ^ 1]))
    assert (answer.status_code, answer.json()["code"]) == (409, "FILE_DIFFERS")
    assert (await li.ask("HEAD", made.row_id)).headers["upload-offset"] == "0"
    assert await doors.app.blobs.size(content_key(doors.world.yunfan.tenant_id, sha256(data))) is None
    assert (await li.send(made.row_id, data)).json()["stored"]


@pytest.mark.parametrize(
    ("media_type", "name", "content"),
    [
        ("application/pdf", "a.pdf", b"MZ\x90\0 a program"),
        ("image/jpeg", "a.jpg", b"<html><script>alert(1)</script>"),
        ("image/png", "a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("text/plain", "a.txt", b"  <!DOCTYPE html><html>"),
        ("text/plain", "a.txt", b"\xef\xbb\xbf<svg onload=alert(1)>"),
        ("text/csv", "a.csv", b"a,b\0c"),
        ("text/plain", "a.txt", b"\xff\xff\xff"),
        ("image/heic", "a.heic", b"\0\0\0\x18ftypisom\0\0\0\0isom"),
        ("video/mp4", "a.mp4", b"\0\0\0\x18ftypheic\0\0\0\0mif1"),
        ("application/msword", "a.doc", b"PK\x03\x04"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "a.xlsx", b"PK\x03\x04 not a zip"),
        ("application/vnd.oasis.opendocument.text", "a.odt", b"%PDF-1.7"),
    ],
)
async def test_content_of_another_type_is_discarded(doors, client, customer: UUID, media_type, name, content):
    made = await attach(doors.world.yunfan, "li", customer, content, media_type=media_type, file_name=name)
    answer = await FileDoor.of(doors, client, "li").send(made.row_id, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "FILE_CONTENT_REFUSED")
    assert (await _row(doors, made.row_id)).state == "waiting"
    assert await doors.app.blobs.size(content_key(doors.world.yunfan.tenant_id, sha256(content))) is None


async def test_ranges(doors: Doors, client, customer: UUID):
    data = pdf(2 * PIECE)
    made = await attach(doors.world.yunfan, "li", customer, data)
    li = FileDoor.of(doors, client, "li")
    await li.send(made.row_id, data)
    tag = f'"{sha256(data)}"'

    async def get(**headers: str) -> httpx.Response:
        return await li.ask("GET", made.row_id, headers={k.replace("_", "-"): v for k, v in headers.items()})

    for asked, start, end in [
        ("0-9", 0, 10),
        ("100-", 100, len(data)),
        ("-7", len(data) - 7, len(data)),
        ("5-9999999", 5, len(data)),
    ]:
        part = await get(Range=f"bytes={asked}", If_Range=tag)
        assert (part.status_code, part.content) == (206, data[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"
        assert part.headers["etag"] == tag
    assert (await get(Range="bytes=5-", If_Range='"other"')).content == data  # another file by now: all of it
    assert (await get(If_None_Match=tag)).status_code == 304
    for wrong in (f"bytes={len(data)}-", "bytes=9-5", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=x-"):
        refused = await get(Range=wrong)
        assert (refused.status_code, refused.json()["code"]) == (416, "RANGE_REFUSED"), wrong


async def test_what_the_member_sees_already_is_not_uploaded_again(doors: Doors, client, customer: UUID, run: Run):
    data = pdf(PIECE)
    li = FileDoor.of(doors, client, "li")
    first = await attach(doors.world.yunfan, "li", customer, data)
    await li.send(first.row_id, data)
    second = await attach(doors.world.yunfan, "li", customer, data, file_name="副本.pdf")
    assert (await li.ask("POST", second.row_id)).json()["stored"]
    # zhao does not see li's customer: the same content must be sent, as if nobody had it
    own = (await run("zhao", "party.create_customer", name="赵的客户")).row_id
    third = await attach(doors.world.yunfan, "zhao", own, data)
    zhao = FileDoor.of(doors, client, "zhao")
    told = (await zhao.ask("POST", third.row_id)).json()
    assert (told["stored"], told["offset"]) == (False, 0)
    assert (await zhao.send(third.row_id, data)).json()["stored"]


async def test_two_companies_share_nothing(doors: Doors, client, customer: UUID):
    data = pdf(PIECE)
    made = await attach(doors.world.yunfan, "li", customer, data)
    await FileDoor.of(doors, client, "li").send(made.row_id, data)
    seagull = doors.world.seagull
    create = command_named("party.create_customer")
    theirs = await seagull.run("admin", create.name, create.input_type(name="海鸥的客户"))
    attached = await attach(seagull, "admin", theirs.row_id, data)
    door = FileDoor.of(doors, client, "admin", seagull)
    assert not (await door.ask("POST", attached.row_id)).json()["stored"]
    assert (await door.send(attached.row_id, data)).json()["stored"]
    assert await doors.app.blobs.keys(f"files/{seagull.tenant_id}") == [content_key(seagull.tenant_id, sha256(data))]


async def test_a_removed_attachment_takes_no_pieces_but_can_be_looked_at_until_it_is_purged(
    doors: Doors, client, customer: UUID, run: Run
):
    data = pdf(PIECE)
    made = await attach(doors.world.yunfan, "li", customer, data)
    li = FileDoor.of(doors, client, "li")
    await run("li", "tenants.remove_attachment", id=made.row_id)
    assert (await li.piece(made.row_id, 0, data)).status_code == 404
    await run("li", "tenants.restore_attachment", id=made.row_id)
    assert (await li.send(made.row_id, data)).json()["stored"]
    await run("li", "tenants.remove_attachment", id=made.row_id)
    assert (await li.ask("GET", made.row_id)).content == data


async def test_the_running_application_has_the_doors(doors: Doors):
    edge = application_edge(doors.app, Traffic(), checked=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://test") as client:
        for method in METHODS:
            answer = await client.request(method, f"/sync/v1/files/{new_id()}")
            assert answer.status_code == 401, method
        assert (await client.get("/sync/v1/files/not-an-id")).status_code == 404


async def test_a_company_that_never_was_has_no_files(doors: Doors, client):
    other = await found_company(doors.app, "第三家", "孙总")
    assert (await FileDoor.of(doors, client, "admin", other).ask("GET", new_id())).status_code == 404
