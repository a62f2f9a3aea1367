import email
import email.policy
import socket
import stat
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from tenants.delivery.mail import (
    Mail,
    MailRefused,
    MailSettingInvalid,
    MailUndelivered,
    OutboxMailSender,
    SmtpMailSender,
    mail_sender,
)
from tenants.delivery.outbox_folder import leave_in_outbox
from tests.smtp_listener import SmtpListener, self_signed, smtp_listener

FROM = "Yunfan 云帆 <no-reply@yunfan.example>"
MAIL = Mail("lina@harbour.example", "请验证您的邮箱", "您好，\n.\n点这里", "<p>您好</p>", "zh-CN")


def read(content: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(content, policy=email.policy.SMTP))


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("a@b.cn\r\nBcc: x@y.cn", "s"),
        ("a@b.cn", "s\r\nBcc: x@y.cn"),
        ("a@b.cn", "s\nX: y"),
        ("a@b.cn", "s\u2028X: y"),
        ("a@b.cn", "s\x85X: y"),
        ("a@b.cn", "s\0"),
        ("a@b.cn", "s" * 201),
        ("a@b.cn\x7f", "s"),
    ],
)
def test_header_injection_is_refused(to: str, subject: str) -> None:
    with pytest.raises(MailRefused) as refused:
        Mail(to, subject, "t")
    assert refused.value.code == "mail_header_injection"
    assert "x@y.cn" not in str(refused.value)


@pytest.mark.parametrize(
    "to", ["", "a", "a@", "@b.cn", "a@b.cn, c@d.cn", "A <a@b.cn>", "a@b.cn c@d.cn", "王@b.cn", "a@b.cn (x)", "<a@b.cn>"]
)
def test_anything_but_exactly_one_address_is_refused(to: str) -> None:
    with pytest.raises(MailRefused) as refused:
        Mail(to, "s", "t")
    assert refused.value.code == "mail_address_invalid"


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example", "http://mail.example", "smtp://", "smtp://h:99999", "smtp://h:x", "smtp://h?starttls=2",
        "smtps://h?starttls=1", "smtp://user:secret-pw@mail.example?starttls=0",
    ],
)  # fmt: skip
def test_unusable_smtp_settings_are_refused_without_the_password(url: str) -> None:
    with pytest.raises(MailSettingInvalid) as refused:
        SmtpMailSender(url, FROM)
    assert "secret-pw" not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.cn\r\nBcc: x@y.cn", "A\r\nB <a@b.cn>"])
def test_an_unusable_sender_is_refused(sender: str, tmp_path: Path) -> None:
    with pytest.raises(MailSettingInvalid):
        SmtpMailSender("smtp://127.0.0.1", sender)
    with pytest.raises(MailSettingInvalid):
        OutboxMailSender(tmp_path, sender)


async def test_a_password_for_another_machine_is_held_back_from_a_server_without_tls() -> None:
    sender = SmtpMailSender("smtp://user:pw@mail.example", FROM)
    assert sender._start_tls is True
    async with smtp_listener(SmtpListener(account=("user", "pw"))) as server:
        strict = SmtpMailSender(f"smtp://user:pw@127.0.0.1:{server.port}?starttls=1", FROM)
        with pytest.raises(MailUndelivered):
            await strict.send(MAIL)
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)
    assert server.messages == []


@pytest.mark.parametrize("query", ["smtp://127.0.0.1:{}?starttls=1", "smtps://127.0.0.1:{}"])
async def test_a_certificate_nobody_trusts_is_refused(query: str, tmp_path: Path) -> None:
    server_tls, _ = self_signed(tmp_path)
    async with smtp_listener(SmtpListener(tls=server_tls, implicit_tls=query.startswith("smtps"))) as server:
        with pytest.raises(MailUndelivered):
            await SmtpMailSender(query.format(server.port), FROM).send(MAIL)
    assert server.messages == []


@pytest.mark.parametrize(
    ("answers", "permanent"),
    [
        ({"RCPT": "550 no lina@harbour.example here"}, True),
        ({"RCPT": "450 later"}, False),
        ({"MAIL": "552 full"}, True),
        ({"MAIL": "421 closing"}, False),
        ({"DATA": "554 spam from lina@harbour.example"}, True),
    ],
)
async def test_a_servers_refusal_tells_whether_to_retry_and_names_no_address(
    answers: dict[str, str], permanent: bool
) -> None:
    async with smtp_listener(SmtpListener(answers=answers)) as server:
        with pytest.raises(MailUndelivered) as failed:
            await SmtpMailSender(f"smtp://127.0.0.1:{server.port}", FROM).send(MAIL)
    assert failed.value.permanent is permanent
    assert "lina" not in str(failed.value)
    assert failed.value.__suppress_context__


async def test_a_wrong_password_and_a_closed_port_are_undelivered() -> None:
    async with smtp_listener(SmtpListener(account=("user", "right"))) as server:
        with pytest.raises(MailUndelivered) as failed:
            await SmtpMailSender(f"smtp://user:wrong@127.0.0.1:{server.port}", FROM).send(MAIL)
        assert not failed.value.permanent
    assert server.messages == []
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(MailUndelivered):
        await SmtpMailSender(f"smtp://127.0.0.1:{port}", FROM).send(MAIL)


@pytest.mark.parametrize("url", ["smtp://us%40er:p%2Fw@127.0.0.1:{}?starttls=1", "smtps://us%40er:p%2Fw@127.0.0.1:{}"])
async def test_mail_goes_out_over_tls_with_a_sign_in(url: str, tmp_path: Path) -> None:
    server_tls, client_tls = self_signed(tmp_path)
    listener = SmtpListener(tls=server_tls, implicit_tls=url.startswith("smtps"), account=("us@er", "p/w"))
    async with smtp_listener(listener) as server:
        sender = SmtpMailSender(url.format(server.port), FROM, tls=client_tls)
        with capture_logs() as logs:
            await sender.send(MAIL)
    assert server.encrypted == [True]
    assert "MAIL FROM:<no-reply@yunfan.example>" in " ".join(server.commands)
    assert "RCPT TO:<lina@harbour.example>" in " ".join(server.commands)
    assert "lina" not in str(logs)
    assert "p/w" not in repr(sender)
    assert "us@er" not in repr(sender)


async def test_what_arrives_is_what_was_meant() -> None:
    async with smtp_listener(SmtpListener()) as server:
        await SmtpMailSender(f"smtp://127.0.0.1:{server.port}", FROM).send(MAIL)
    message = read(server.messages[0].replace(b"\r\n..", b"\r\n."))
    assert message["To"] == "lina@harbour.example"
    assert message["From"] == FROM
    assert message["Subject"] == "请验证您的邮箱"
    assert message["Content-Language"] == "zh-CN"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@yunfan.example>")
    assert message["Date"]
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert cast(EmailMessage, text).get_content().replace("\r\n", "\n").rstrip("\n") == MAIL.text
    assert "<p>您好</p>" in cast(EmailMessage, html).get_content()


async def test_without_a_server_mail_waits_in_the_outbox_privately(tmp_path: Path) -> None:
    sender = mail_sender(None, FROM, tmp_path)
    with capture_logs() as logs:
        await sender.send(MAIL)
        await sender.send(MAIL)
    folder = tmp_path / "outbox"
    files = sorted(folder.iterdir())
    assert len(files) == 2
    assert all(file.suffix == ".eml" and "请验证您的邮箱" in file.name for file in files)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert read(files[0].read_bytes())["To"] == "lina@harbour.example"
    assert all(line.endswith(b"\r\n") for line in files[0].read_bytes().splitlines(keepends=True))
    assert [entry["event"] for entry in logs] == ["mail.left_in_outbox"] * 2
    assert "lina" not in str(logs)
    assert "验证" not in str(logs)


async def test_an_outbox_that_cannot_be_written_is_undelivered(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands where the folder should be")
    with pytest.raises(MailUndelivered):
        await mail_sender("", FROM, tmp_path).send(MAIL)


@pytest.mark.parametrize("title", ["../../etc/passwd", "/", "", "..", "a\0b", "𠮷" * 300, "\u202egpj"])
def test_no_title_leaves_the_folder(title: str, tmp_path: Path) -> None:
    at = datetime(2026, 3, 2, 9, 0, 1, 5, tzinfo=UTC)
    path = leave_in_outbox(tmp_path / "outbox", title, ".txt", b"x", at)
    assert path.parent == tmp_path / "outbox"
    assert path.name.startswith("20260302T090001.000005Z-")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_mail_and_its_text_stay_out_of_logs() -> None:
    assert "lina" not in repr(MAIL)
    assert "点这里" not in repr(MAIL)
