"""Text messages: through the operator's HTTP gateway when one is set, else into the outbox folder as .txt files."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol
from urllib.parse import urlsplit

import httpx
import structlog

from tenants.delivery.mail import is_this_machine
from tenants.delivery.outbox_folder import leave_in_outbox

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_MAX_TEXT: Final = 500
_TIMEOUT_SECONDS: Final = 10.0
_log = structlog.get_logger(__name__)


class SmsRefused(ValueError):
    """A text message that must not be built: not one E.164 number, or a text with control characters or too long."""

    def __init__(self, code: Literal["sms_number_invalid", "sms_text_invalid"]) -> None:
        self.code = code
        super().__init__("The text message is not valid.")


class SmsSettingInvalid(ValueError):
    """The gateway setting cannot be used."""

    code = "sms_setting_invalid"


class SmsUndelivered(RuntimeError):
    """The gateway did not take the message. `permanent`: trying again will not help. Names no number."""

    code = "sms_undelivered"

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(f"The text message was not delivered: {reason}.")
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Sms:
    """One text message. `to`: E.164. `template` and `parameters`: for gateways that send registered templates only.

    `message_id` is the same on a retry, so that the gateway can drop the second. Raises SmsRefused.
    """

    to: str = field(repr=False)
    text: str = field(repr=False)
    template: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    message_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.to):
            raise SmsRefused("sms_number_invalid")
        if not 0 < len(self.text) <= _MAX_TEXT or not self.text.isprintable():
            raise SmsRefused("sms_text_invalid")


class SmsSender(Protocol):
    """Takes a text message over; returns when it is accepted. Raises SmsUndelivered."""

    async def send(self, sms: Sms) -> None: ...


def sms_sender(gateway_url: str | None, headers: Mapping[str, str], data_dir: Path) -> SmsSender:
    """The gateway when a URL is set, else the folder `<data_dir>/outbox`. Raises SmsSettingInvalid."""
    if gateway_url:
        return HttpSmsSender(gateway_url, headers)
    return OutboxSmsSender(data_dir / "outbox")


class HttpSmsSender:
    """POSTs `{"id", "to", "text", "template", "parameters"}` as JSON; any 2xx answer means taken over.

    `headers` carry the gateway's credentials. https only, except to this machine; redirects are not followed, or the
    credentials would go along. Raises SmsSettingInvalid.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise SmsSettingInvalid("To send text messages you must give the gateway as an https:// address.") from None
        if not host or parts.scheme not in ("https", "http"):
            raise SmsSettingInvalid("To send text messages you must give the gateway as an https:// address.")
        if parts.scheme == "http" and not is_this_machine(host):
            raise SmsSettingInvalid("To send text messages to another machine you must use https://.")
        for name, value in (headers or {}).items():
            if not name or not value.isascii() or not (name + value).isprintable():
                raise SmsSettingInvalid("To send text messages you must give the gateway's headers as plain ASCII.")
        self._url = url
        self._host = host
        self._headers = dict(headers or {})

    async def send(self, sms: Sms) -> None:
        """Raises SmsUndelivered."""
        body: dict[str, Any] = {
            "id": str(sms.message_id),
            "to": sms.to,
            "text": sms.text,
            "template": sms.template,
            "parameters": dict(sms.parameters),
        }
        headers = {**self._headers, "Idempotency-Key": str(sms.message_id)}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
                answer = await client.post(self._url, json=body, headers=headers)
        except httpx.HTTPError as error:
            # `from None`: the cause carries the request with its credentials.
            raise SmsUndelivered(f"the gateway cannot be reached ({type(error).__name__})", permanent=False) from None
        if not answer.is_success:
            # 4xx other than "slow down", "time-out" and the operator's own credentials is about this message.
            permanent = 400 <= answer.status_code < 500 and answer.status_code not in (401, 403, 408, 425, 429)
            raise SmsUndelivered(f"the gateway answered {answer.status_code}", permanent=permanent)
        _log.info("sms.sent", message_id=str(sms.message_id))

    def __repr__(self) -> str:
        return f"HttpSmsSender(host={self._host!r})"


class OutboxSmsSender:
    """Leaves each message as a .txt file: the number, an empty line, the text."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, sms: Sms) -> None:
        """Raises SmsUndelivered when the folder cannot be written."""
        content = f"To: {sms.to}\n\n{sms.text}\n".encode()
        try:
            path = await asyncio.to_thread(leave_in_outbox, self._folder, f"sms {sms.template or ''}", ".txt", content)
        except OSError as error:
            raise SmsUndelivered(f"the outbox folder cannot be written ({error.strerror})", permanent=False) from error
        _log.warning("sms.left_in_outbox", folder=str(self._folder), file_ending=path.name[-10:])
