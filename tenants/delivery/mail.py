"""E-mail: over SMTP when the operator has set a server, else into the outbox folder as .eml files."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from typing import Final, Literal, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import structlog

from tenants.delivery.outbox_folder import leave_in_outbox

Language = Literal["zh-CN", "en"]

_TIMEOUT_SECONDS: Final = 20.0
_MAX_SUBJECT: Final = 200
_log = structlog.get_logger(__name__)


class MailRefused(ValueError):
    """A mail that must not be built: a control character in a header, or an address that is not exactly one."""

    def __init__(self, code: Literal["mail_header_injection", "mail_address_invalid"]) -> None:
        self.code = code
        super().__init__("The mail's headers are not valid.")


class MailSettingInvalid(ValueError):
    """The SMTP setting cannot be used. The sentence does not repeat the password."""

    code = "mail_setting_invalid"


class MailUndelivered(RuntimeError):
    """The server did not take the mail. `permanent`: trying again will not help. Names no address."""

    code = "mail_undelivered"

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(f"The mail was not delivered: {reason}.")
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address (lower-case ASCII, as `normalise_email` gives it). `html` is an alternative to `text`.

    Raises MailRefused when made with anything that could forge a header.
    """

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    language: Language = "zh-CN"

    def __post_init__(self) -> None:
        # Line and paragraph separators too: some servers fold them into line ends.
        if any(not char.isprintable() for char in self.to + self.subject) or len(self.subject) > _MAX_SUBJECT:
            raise MailRefused("mail_header_injection")
        _single_address(self.to)


class MailSender(Protocol):
    """Takes a mail over; returns when it is accepted. Raises MailUndelivered."""

    async def send(self, mail: Mail) -> None: ...


def mail_sender(smtp_url: str | None, mail_from: str, data_dir: Path) -> MailSender:
    """SMTP when a URL is set, else the folder `<data_dir>/outbox`. Raises MailSettingInvalid."""
    if smtp_url:
        return SmtpMailSender(smtp_url, mail_from)
    return OutboxMailSender(data_dir / "outbox", mail_from)


class SmtpMailSender:
    """`smtp://[user:password@]host[:port][?starttls=0|1]` or `smtps://…`; user and password percent-encoded.

    Ports by default 25, with starttls=1 587, smtps 465. Without `starttls` TLS is used when the server offers it; a
    password is never sent in clear to another machine. `tls`: trust other than the system's. Raises MailSettingInvalid.
    """

    def __init__(self, url: str, sender: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._sender = _sender_address(sender)
        self._tls = tls
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise MailSettingInvalid("To send mail you must give SMTP_URL as smtp://host:port.") from None
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise MailSettingInvalid("To send mail you must give SMTP_URL as smtp:// or smtps:// with a host.")
        wanted = parse_qs(parts.query).get("starttls", [""])[-1]
        if wanted not in ("", "0", "1") or (parts.scheme == "smtps" and wanted == "1"):
            raise MailSettingInvalid("To send mail you must give starttls as 0 or 1, and with smtp:// only.")
        self._host = host
        self._implicit_tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._start_tls: bool | None = {"": None, "0": False, "1": True}[wanted]
        if self._user and not self._implicit_tls and not is_this_machine(host):
            if self._start_tls is False:
                raise MailSettingInvalid("To sign in at another mail server you must use smtps:// or starttls=1.")
            self._start_tls = True
        self._port = port or (465 if self._implicit_tls else 587 if self._start_tls else 25)

    async def send(self, mail: Mail) -> None:
        """Raises MailUndelivered."""
        message = _message(mail, self._sender)
        try:
            await aiosmtplib.send(
                message,
                sender=self._sender.addr_spec,
                recipients=[mail.to],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._implicit_tls,
                start_tls=False if self._implicit_tls else self._start_tls,
                tls_context=self._tls,
                timeout=_TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # `from None`: servers quote the address in their answers, and causes end up in logs.
            raise _undelivered(error) from None
        _log.info("mail.sent", language=mail.language)

    def __repr__(self) -> str:
        return f"SmtpMailSender(host={self._host!r}, port={self._port})"


class OutboxMailSender:
    """Leaves each mail as an .eml file that any mail program opens."""

    def __init__(self, folder: Path, sender: str = "Yunfan 云帆 <no-reply@localhost>") -> None:
        self._folder = folder
        self._sender = _sender_address(sender)

    async def send(self, mail: Mail) -> None:
        """Raises MailUndelivered when the folder cannot be written."""
        # Readable as it lies there: a person looks for the link with grep.
        content = _message(mail, self._sender, encoding="8bit").as_bytes()
        try:
            path = await asyncio.to_thread(leave_in_outbox, self._folder, mail.subject, ".eml", content)
        except OSError as error:
            raise MailUndelivered(f"the outbox folder cannot be written ({error.strerror})", permanent=False) from error
        # Neither address nor subject (which may name people); instant and random end find the file.
        _log.warning("mail.left_in_outbox", folder=str(self._folder), file_ending=path.name[-10:])


def _message(mail: Mail, sender: Address, *, encoding: str = "base64") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = _single_address(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.domain)
    # RFC 3834: out-of-office replies must not answer a machine.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte=encoding)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", cte=encoding)
    # Last: making alternatives moves every Content-* header into the first part.
    message["Content-Language"] = mail.language
    return message


def _single_address(text: str) -> Address:
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        raise MailRefused("mail_address_invalid") from None
    if not (address.username and address.domain and text.isascii() and address.addr_spec == text):
        raise MailRefused("mail_address_invalid")
    return address


def _sender_address(text: str) -> Address:
    if not text.isprintable():
        raise MailSettingInvalid("To send mail you must give MAIL_FROM on one line.")
    name, spec = parseaddr(text)
    try:
        address = _single_address(spec)
    except MailRefused:
        raise MailSettingInvalid("To send mail you must give MAIL_FROM as: Name <address@domain>.") from None
    return Address(name, addr_spec=address.addr_spec)


def is_this_machine(host: str) -> bool:
    """Whether what is sent to this host never leaves the machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _undelivered(error: Exception) -> MailUndelivered:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [refused.code for refused in error.recipients]
        return MailUndelivered(f"the server refused the recipient ({codes[0]})", permanent=min(codes) >= 500)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return MailUndelivered(f"the server refused the sign-in ({error.code})", permanent=False)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return MailUndelivered(f"the server answered {error.code}", permanent=error.code >= 500)
    return MailUndelivered(f"the server cannot be reached safely ({type(error).__name__})", permanent=False)
