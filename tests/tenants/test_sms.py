import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tenants.delivery.messages import sms_code
from tenants.delivery.sms import (
    HttpSmsSender,
    Sms,
    SmsRefused,
    SmsSettingInvalid,
    SmsUndelivered,
    sms_sender,
)

MESSAGE = Sms("+8613800138000", "【云帆】您的验证码是 042137，5 分钟内有效。", "sms_code", {"code": "042137"})


@dataclass
class Gateway:
    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict)
    port: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append((head[0], headers, body))
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        writer.write(f"HTTP/1.1 {self.status}\r\n{extra}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def gateway(status: str = "200 OK", **headers: str) -> AsyncIterator[Gateway]:
    """A real HTTP server on loopback."""
    running = Gateway(status, headers)
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("to", ["", "13800138000", "+0138", "+86138001380001234", "+8613800138000\n", "+861380013800a"])
def test_anything_but_one_e164_number_is_refused(to: str) -> None:
    with pytest.raises(SmsRefused) as refused:
        Sms(to, "text")
    assert refused.value.code == "sms_number_invalid"


@pytest.mark.parametrize("text", ["", "a\r\nTo: +1", "a\nb", "a\0", "x" * 501])
def test_texts_that_could_forge_a_field_are_refused(text: str) -> None:
    with pytest.raises(SmsRefused) as refused:
        Sms("+8613800138000", text)
    assert refused.value.code == "sms_text_invalid"


@pytest.mark.parametrize("url", ["gateway", "ftp://gateway", "https://", "http://gateway.example/send", "http://[::1"])
def test_unusable_gateways_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SmsSettingInvalid):
        sms_sender(url, {}, tmp_path)


@pytest.mark.parametrize("headers", [{"Authorization": "a\r\nX: y"}, {"": "x"}, {"X": "密"}])
def test_headers_that_would_break_the_request_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SmsSettingInvalid):
        HttpSmsSender("https://gateway.example", headers)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        ("400 Bad", True),
        ("422 No", True),
        ("401 Who", False),
        ("429 Slow", False),
        ("500 Oops", False),
        ("302 There", False),
    ],
)
async def test_a_gateways_refusal_tells_whether_to_retry_and_names_no_number(status: str, permanent: bool) -> None:
    async with gateway() as elsewhere, gateway(status, Location=f"http://127.0.0.1:{elsewhere.port}/") as running:
        sender = HttpSmsSender(f"http://127.0.0.1:{running.port}/send", {"Authorization": "Bearer k"})
        with pytest.raises(SmsUndelivered) as failed:
            await sender.send(MESSAGE)
    assert failed.value.permanent is permanent
    assert "138001" not in str(failed.value)
    assert elsewhere.requests == []  # credentials do not follow a redirect


async def test_an_unreachable_gateway_is_undelivered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(SmsUndelivered) as failed:
        await HttpSmsSender(f"http://127.0.0.1:{port}/", {}).send(MESSAGE)
    assert not failed.value.permanent
    assert failed.value.__suppress_context__


async def test_the_gateway_gets_the_message_once_with_credentials(tmp_path: Path) -> None:
    async with gateway() as running:
        sender = sms_sender(f"http://127.0.0.1:{running.port}/send?x=1", {"Authorization": "Bearer key-1"}, tmp_path)
        with capture_logs() as logs:
            await sender.send(MESSAGE)
    [(line, headers, body)] = running.requests
    assert line == "POST /send?x=1 HTTP/1.1"
    assert headers["authorization"] == "Bearer key-1"
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == str(MESSAGE.message_id)
    assert json.loads(body) == {
        "id": str(MESSAGE.message_id),
        "to": "+8613800138000",
        "text": MESSAGE.text,
        "template": "sms_code",
        "parameters": {"code": "042137"},
    }
    shown = str(logs) + repr(sender) + repr(MESSAGE)
    assert not any(secret in shown for secret in ("key-1", "138001", "042137"))
    assert _files(tmp_path) == []


async def test_without_a_gateway_the_message_waits_in_the_outbox_privately(tmp_path: Path) -> None:
    with capture_logs() as logs:
        message = sms_code("zh-CN", code="042137", minutes=5).sms("+8613800138000")
        await sms_sender(None, {}, tmp_path).send(message)
    [file] = _files(tmp_path / "outbox")
    assert file.suffix == ".txt"
    assert "042137" not in file.name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("To: +8613800138000\n\n【云帆】您的验证码是 042137，5 分钟内有效")
    assert [entry["event"] for entry in logs] == ["sms.left_in_outbox"]
    assert "138001" not in str(logs)
    assert "042137" not in str(logs)


async def test_an_outbox_that_cannot_be_written_is_undelivered(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands where the folder should be")
    with pytest.raises(SmsUndelivered):
        await sms_sender(None, {}, tmp_path).send(MESSAGE)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())
