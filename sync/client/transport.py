"""HTTP to the server: retries what may be retried, turns refusals into errors. Every request here is idempotent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

import httpx

from sync.client.errors import ArgumentRefused, Offline, SyncRefused
from sync.client.pages import Page, parse_page
from sync.client.tokens import TokenChain

AnswerT = TypeVar("AnswerT")
REVOKED = "DEVICE_REVOKED"
LANGUAGES = ("zh-CN", "en")
_AGAIN = frozenset({408, 429, 502, 503, 504})
_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_LONGEST_WAIT_SECONDS = 30.0  # asked to wait longer than this a caller is told so, and nothing is sent before


class Transport:
    """One server, one member's tokens. `transport` replaces httpx's own (a proxy, a test's faulty network). `language`:
    of the server's sentences; raises ArgumentRefused for one that it does not have.

    `on_wiped` is called with the server's order when it wants the replica erased, and does not return; `on_revoked`
    when the server says that this device was revoked, before the caller is told.
    """

    def __init__(
        self,
        url: str,
        tokens: TokenChain,
        *,
        language: str = LANGUAGES[0],
        transport: httpx.BaseTransport | None = None,
        timeout_seconds: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if language not in LANGUAGES:
            raise ArgumentRefused("language", "LANGUAGE_UNKNOWN", language=repr(language), known=", ".join(LANGUAGES))
        self.tokens, self.url, self.language = tokens, url.rstrip("/"), language
        self.on_wiped: Callable[[dict[str, Any]], NoReturn] | None = None
        self.on_revoked: Callable[[], None] = lambda: None
        self._sleep, self._monotonic = sleep, monotonic
        self._held: dict[str, tuple[float, SyncRefused]] = {}
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Accept-Language": language},
            transport=transport,
            timeout=timeout_seconds,
            follow_redirects=False,
        )

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The server's answer. Raises SyncRefused, Offline, DeviceWiped."""
        return self._obeying(lambda: self.send(path, body))

    def page(self, path: str, body: dict[str, Any]) -> Page:
        """The answer of a pull. Raises SyncRefused, Offline, DeviceWiped."""
        return self._obeying(lambda: self._page(path, body))

    def send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """As `post`, and nothing besides. Raises SyncRefused, Offline."""
        return content_of(self.exchange("POST", path, json=body))

    def _obeying(self, work: Callable[[], AnswerT]) -> AnswerT:
        """The request with a token that is not overdue; an order that comes instead of an answer is carried out."""
        try:
            self.tokens.rotate_if_due(self.send)
            return work()
        except SyncRefused as refused:
            if refused.code == REVOKED:
                self.on_revoked()
            if refused.order is None or self.on_wiped is None:
                raise
            self.on_wiped(refused.order)

    def _page(self, path: str, body: dict[str, Any]) -> Page:
        for _ in range(_ATTEMPTS):
            answer = self.exchange("POST", path, json=body)
            if answer.status_code != 200:
                content_of(answer)
            with suppress(ValueError):  # cut on its way: ask again
                return parse_page(answer.content)
        raise Offline(path)

    def exchange(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, whatever it is, once the server gives one that is no plea to come again.

        Raises Offline, and SyncRefused (429) without asking while the server wants no requests of this kind.
        """
        self._heed(path)
        headers = {**request.pop("headers", {}), "Authorization": f"Bearer {self.tokens.token}"}
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                answer = self._client.request(method, path, headers=headers, **request)
            except (httpx.TransportError, httpx.DecodingError) as wrong:
                if last:
                    raise Offline(f"{type(wrong).__name__} on {path}") from wrong
                self._sleep(_grown(attempt, _jitter()))
                continue
            pause = pause_seconds(answer.status_code, attempt, answer.headers.get("retry-after"), _jitter())
            if pause is None or last:
                if answer.status_code in _AGAIN and seconds_asked(answer.headers.get("retry-after")) is not None:
                    self.hold(path, _refusal(answer))
                return answer
            self._sleep(pause)
        raise Offline(path)

    def hold(self, path: str, refusal: SyncRefused) -> None:
        """Sends nothing of this kind before the time that the server named."""
        self._held[_door(path)] = (self._monotonic() + (refusal.retry_after or 0.0), refusal)

    def held(self, path: str) -> float:
        """Seconds for which the server wants no requests of this kind."""
        until, _ = self._held.get(_door(path), (0.0, None))
        return max(0.0, until - self._monotonic())

    def _heed(self, path: str) -> None:
        """Waits for what was asked, if that is not long. Raises SyncRefused."""
        left = self.held(path)
        if left > _LONGEST_WAIT_SECONDS:
            refusal = self._held[_door(path)][1]
            refusal.retry_after = left
            raise refusal
        if left:
            self._sleep(left)
        self._held.pop(_door(path), None)

    @contextmanager
    def stream(self, path: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """One attempt at a long answer, read piece by piece. Raises Offline where it breaks off, or the server wants it
        later: the next attempt waits for that; SyncRefused (429) when that is long."""
        self._heed(path)
        try:
            with self._client.stream(
                "GET", path, headers={**headers, "Authorization": f"Bearer {self.tokens.token}"}
            ) as answer:
                if answer.status_code in _AGAIN and seconds_asked(answer.headers.get("retry-after")) is not None:
                    answer.read()
                    self.hold(path, _refusal(answer))
                    raise Offline(f"{answer.status_code} on {path}")
                yield answer
        except httpx.TransportError as wrong:
            raise Offline(f"{type(wrong).__name__} on {path}") from wrong

    def close(self) -> None:
        self._client.close()


def pause_seconds(status: int, attempt: int, asked: str | None, jitter: float) -> float | None:
    """How long to wait before the attempt after number `attempt`, from 0; None: this answer is the last word.

    `asked`: the answer's `Retry-After`. Who is to stay away for longer than a caller may wait gives up: to come
    earlier would only be refused again.
    """
    if status not in _AGAIN:
        return None
    told = seconds_asked(asked) or 0.0
    return None if told > _LONGEST_WAIT_SECONDS else max(told, _grown(attempt, jitter))


def seconds_asked(asked: str | None) -> float | None:
    """After how many seconds the server wants to be asked again, if its `Retry-After` says so."""
    return float(asked) if asked is not None and asked.isascii() and asked.isdigit() and len(asked) < 10 else None


def _door(path: str) -> str:
    """What the server counts together: `/sync/v1/files`, `/sync/v1/pull`."""
    return "/".join(path.split("/")[:4])


def _grown(attempt: int, jitter: float) -> float:
    """Twice as long each time, with jitter, so that a crowd that lost the server does not return as one."""
    return min(_FIRST_PAUSE_SECONDS * (1 << attempt) * jitter, _LONGEST_PAUSE_SECONDS)


def _jitter() -> float:
    return random.uniform(0.5, 1.5)  # noqa: S311 - jitter is no secret


def content_of(answer: httpx.Response) -> dict[str, Any]:
    """The object that was answered. Raises SyncRefused."""
    try:
        content = answer.json()
    except ValueError:
        content = None
    if answer.status_code == 200 and isinstance(content, dict):
        return content
    raise _refusal(answer)


def _refusal(answer: httpx.Response) -> SyncRefused:
    try:
        content = answer.json()
    except ValueError:
        content = None
    refusal = content if isinstance(content, dict) else {}
    return SyncRefused(
        answer.status_code,
        str(refusal.get("code", "UNEXPECTED_ANSWER")),
        str(refusal.get("message", f"HTTP {answer.status_code}")),
        refusal.get("field"),
        str(refusal.get("remedy", "")),
        refusal.get("order"),
        seconds_asked(answer.headers.get("retry-after")),
    )
