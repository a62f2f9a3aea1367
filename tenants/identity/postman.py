"""Sends mail and text messages beside the request, so that no answer's time tells whether somebody was found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from tenants.delivery.mail import MailRefused, MailSender, MailUndelivered, OutboxMailSender
from tenants.delivery.messages import Message
from tenants.delivery.sms import OutboxSmsSender, SmsRefused, SmsSender, SmsUndelivered

_log = structlog.get_logger(__name__)
_PAUSES_SECONDS = (2.0, 10.0)


class Postman:
    """Delivers in the background, three times at most. A message lost with the process is asked for again by a person:
    its secret must not wait in any queue."""

    def __init__(self, mail: MailSender, sms: SmsSender, pauses_seconds: tuple[float, ...] = _PAUSES_SECONDS) -> None:
        self._mail, self._sms, self._pauses_seconds = mail, sms, pauses_seconds
        self._under_way: set[asyncio.Task[None]] = set()

    def mail(self, to: str, message: Message) -> None:
        self._begin(message.template, lambda: self._mail.send(message.mail(to)))

    def sms(self, to: str, message: Message) -> None:
        self._begin(message.template, lambda: self._sms.send(message.sms(to)))

    def reaches(self, kind: str) -> bool:
        """Whether a message to an "email" or a "phone" leaves this machine; else it waits in the operator's folder."""
        if kind == "email":
            return not isinstance(self._mail, OutboxMailSender)
        return not isinstance(self._sms, OutboxSmsSender)

    async def settle(self) -> None:
        """Returns when everything under way has been delivered or given up: before the process ends."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    def _begin(self, template: str, send: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(template, send))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, template: str, send: Callable[[], Awaitable[None]]) -> None:
        for pause in (*self._pauses_seconds, None):
            try:
                await send()
                return
            except (MailUndelivered, SmsUndelivered) as error:
                if error.permanent or pause is None:
                    _log.error("identity.message_undelivered", template=template, reason=str(error))
                    return
                await asyncio.sleep(pause)
            except (MailRefused, SmsRefused) as error:
                _log.error("identity.message_refused", template=template, code=error.code)
                return
