"""Passwords: argon2id hashing that always does the same work, and the policy a tenant sets.

Parameters follow the OWASP Password Storage Cheat Sheet (argon2id, 19 MiB, 2 passes, 1 lane).
"""

from __future__ import annotations

import asyncio
import functools
import os
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

from tenants.identity.common_passwords import unpredictable_characters

MAX_LENGTH: Final = 256

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_log = structlog.get_logger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class PasswordUnusable(ValueError):
    """The text cannot be a password at all: empty, over 256 characters, or not valid Unicode."""

    code = "password_unusable"

    def __init__(self) -> None:
        super().__init__(f"A password has 1 to {MAX_LENGTH} characters of valid Unicode.")


class PasswordWorkersBusy(RuntimeError):
    """More sign-ins wait for hashing than can be served soon; the caller answers "try again" instead of queueing."""

    code = "password_workers_busy"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`needs_rehash`: the password was right and its hash was made with other parameters than today's."""

    ok: bool
    needs_rehash: bool


def normalise_password(password: str) -> str:
    """NFKC, so that the same keys pressed on another device or in full width give the same password.

    Spaces and every script are kept as typed. Raises PasswordUnusable.
    """
    if not 0 < len(password) <= MAX_LENGTH:
        raise PasswordUnusable
    normalised = unicodedata.normalize("NFKC", password)
    if len(normalised) > MAX_LENGTH or any("\ud800" <= char <= "\udfff" for char in normalised):
        raise PasswordUnusable
    return normalised


def hash_password(password: str) -> str:
    """The argon2id hash in PHC format (about 97 characters, salt included). Blocks some 20-60 ms.

    Raises PasswordUnusable.
    """
    return _hasher.hash(normalise_password(password))


def verify_password(password_hash: str | None, password: str) -> Verdict:
    """Compare a password with a stored hash; `None` (unknown user, no password set) costs the same time. Never raises.

    Blocks some 20-60 ms: on the event loop use `PasswordWorkers`.
    """
    try:
        candidate, usable = normalise_password(password), True
    except PasswordUnusable:
        candidate, usable = "unusable", False
    if password_hash is None:
        _do_dummy_work(candidate)
        return Verdict(ok=False, needs_rehash=False)
    try:
        matched = _hasher.verify(password_hash, candidate)
    except VerifyMismatchError:
        return Verdict(ok=False, needs_rehash=False)
    except (InvalidHashError, VerificationError):
        # A damaged hash must neither let anyone in nor answer faster than others; the operator has to hear of it.
        _log.error("identity.password_hash_unreadable")
        _do_dummy_work(candidate)
        return Verdict(ok=False, needs_rehash=False)
    if not (matched and usable):
        return Verdict(ok=False, needs_rehash=False)
    return Verdict(ok=True, needs_rehash=_hasher.check_needs_rehash(password_hash))


@functools.cache
def _dummy_hash() -> str:
    return _hasher.hash(os.urandom(16).hex())


# Made at import: made on first use, the first unknown user would take twice as long as a known one.
_dummy_hash()


def _do_dummy_work(candidate: str) -> None:
    try:
        _hasher.verify(_dummy_hash(), candidate)
    except VerifyMismatchError:
        return


class PasswordWorkers:
    """Hashes on a few threads (argon2 releases the GIL), so that a burst of sign-ins drowns neither loop nor cores.

    `workers` run at once, at most `max_waiting` more may wait; beyond that PasswordWorkersBusy is raised at once.
    One per process; safe to use from any event loop.
    """

    def __init__(self, workers: int | None = None, max_waiting: int = 100) -> None:
        self._workers = workers or max(1, (os.cpu_count() or 2) // 2)
        self._max_waiting = max_waiting
        self._unfinished = 0
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="password")

    async def hash(self, password: str) -> str:
        """As `hash_password`. Raises PasswordUnusable, PasswordWorkersBusy."""
        return await self._run(hash_password, password)

    async def verify(self, password_hash: str | None, password: str) -> Verdict:
        """As `verify_password`. Raises PasswordWorkersBusy."""
        return await self._run(verify_password, password_hash, password)

    async def was_used_before(self, password: str, earlier_hashes: Iterable[str]) -> bool:
        """Whether the password matches one of the member's earlier hashes (the caller passes `policy.history` of them).

        Raises PasswordWorkersBusy.
        """
        for earlier in earlier_hashes:
            if (await self.verify(earlier, password)).ok:
                return True
        return False

    async def _run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if self._unfinished >= self._workers + self._max_waiting:
            raise PasswordWorkersBusy("Too many sign-ins at once: try again in a few seconds.")
        self._unfinished += 1
        try:
            call = functools.partial(work, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            self._unfinished -= 1

    def close(self) -> None:
        """Ends the threads; work that has not begun is cancelled."""
        self._pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why a new password is refused, as a sentence in both languages. Never contains the password."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a tenant asks of new passwords.

    `require_classes`: how many of lower-case, upper-case, digits, everything else (Chinese characters too) must occur,
    0-4; length protects better, so the default asks for none (NIST SP 800-63B §3.1.1.2; a tenant under 等保 sets 3).
    `history`: how many passwords before the present one may not return (see `password_history`); the present one never
    may.
    `max_age_days`: after which a new one is due; None = never.
    """

    min_length: int = 10
    require_classes: int = 0
    history: int = 0
    max_age_days: int | None = None

    def __post_init__(self) -> None:
        if not 8 <= self.min_length <= 64:
            raise ValueError("The shortest allowed password has 8 to 64 characters.")
        if not 0 <= self.require_classes <= 4:
            raise ValueError("There are 4 classes of characters.")
        if not 0 <= self.history <= 24:
            raise ValueError("At most 24 earlier passwords are remembered.")
        if self.max_age_days is not None and self.max_age_days < 1:
            raise ValueError("A password lives at least one day.")

    def violations(self, password: str, forbidden: Iterable[str] = ()) -> list[Violation]:
        """Every reason against this password, in a fixed order; empty = accepted.

        `forbidden`: what others know of the person: names (Chinese ones also as pinyin), e-mail, phone, sign-in name,
        company name.
        """
        try:
            text = normalise_password(password)
        except PasswordUnusable:
            return [_too_short(self.min_length) if not password else _unusable()]
        found: list[Violation] = []
        if len(text) < self.min_length:
            found.append(_too_short(self.min_length))
        if _classes(text) < self.require_classes:
            found.append(_too_few_classes(self.require_classes))
        # What remains after taking known words, runs and years away must still be worth guessing.
        if unpredictable_characters(text.casefold()) <= 2 or len(set(text.casefold())) < 4:
            found.append(_too_common())
        if any(part in text.casefold() for word in forbidden for part in _recognisable_parts(word)):
            found.append(_contains_identifier())
        return found


def _classes(text: str) -> int:
    kinds = {
        "digit" if char.isdecimal() else "lower" if char.islower() else "upper" if char.isupper() else "other"
        for char in text
    }
    return len(kinds)


def _recognisable_parts(word: str) -> set[str]:
    """The pieces of a name, address or number by which a stranger would guess the password."""
    # Imported here: the dictionary takes a while to load and only changing a password needs it.
    from pypinyin import lazy_pinyin

    folded = unicodedata.normalize("NFKC", word).casefold().strip()
    parts = {folded, folded.partition("@")[0]}
    for piece in "".join(char if char.isalnum() else " " for char in folded).split():
        parts.add(piece)
        if piece.isdecimal() and len(piece) >= 8:
            parts.add(piece[-8:])
    spelled = "".join(lazy_pinyin(folded)) if any("\u4e00" <= char <= "\u9fff" for char in folded) else ""
    return {part for part in parts if len(part) >= (4 if part.isascii() else 2)} | ({spelled} if spelled else set())


def _too_short(min_length: int) -> Violation:
    return Violation(
        "password_too_short",
        f"密码至少需要 {min_length} 个字符，可以用一句好记的话。",
        f"To set a password you must use at least {min_length} characters; a short sentence works well.",
    )


def _unusable() -> Violation:
    return Violation(
        "password_unusable",
        f"密码最多 {MAX_LENGTH} 个字符，且不能包含无法识别的字符。",
        f"To set a password you must use at most {MAX_LENGTH} characters, all of them valid text.",
    )


def _too_few_classes(required: int) -> Violation:
    return Violation(
        "password_too_few_classes",
        f"密码需包含大写字母、小写字母、数字、其他字符中的至少 {required} 种。",
        f"To set a password you must mix at least {required} of: capital letters, small letters, digits, others.",
    )


def _too_common() -> Violation:
    return Violation(
        "password_too_common",
        "这个密码太常见，容易被猜到，请换一个。",
        "To set a password you must choose one that is not among those everybody tries first.",
    )


def _contains_identifier() -> Violation:
    return Violation(
        "password_contains_identifier",
        "密码中不能包含您的姓名、手机号、邮箱、登录账号或公司名称。",
        "To set a password you must leave out your name, phone number, e-mail, sign-in name and company name.",
    )
