"""Every failure of a command of the command line as one sentence in the terminal's language."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from infra.errors import InfraError
from tenants.delivery.mail import MailSettingInvalid
from tenants.delivery.sms import SmsSettingInvalid
from values.errors import Refusal
from values.keyring import KeyRingInvalid


class OperatorError(InfraError):
    """What the operator asked for cannot be done as asked."""


def language() -> str:
    """The terminal's: "zh-CN" or "en"."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
    return "zh-CN" if locale.lower().startswith("zh") else "en"


def sentence(wrong: BaseException) -> str:
    """One line about `wrong`; never a traceback, never a password."""
    if isinstance(wrong, InfraError):
        told = wrong.sentence()
    elif isinstance(wrong, Refusal):
        told = f"{wrong.sentence(language())} {wrong.remedy(language())}"
    elif isinstance(wrong, KeyRingInvalid | MailSettingInvalid | SmsSettingInvalid):
        told = str(wrong)
    elif isinstance(wrong, DBAPIError | psycopg.Error):
        told = _database(wrong.orig if isinstance(wrong, DBAPIError) else wrong)
    elif isinstance(wrong, RedisError):
        told = _either(
            "Redis does not answer: start it or correct REDIS_URL.", "Redis 没有响应：请启动它或更正 REDIS_URL。"
        )
    elif isinstance(wrong, OSError):
        where = f" ({Path(wrong.filename).name})" if isinstance(wrong.filename, str) else ""
        reason = f"{wrong.strerror or type(wrong).__name__}{where}"
        told = _either(f"The system refused: {reason}.", f"系统拒绝了该操作：{reason}。")
    else:
        told = _either(
            f"Yunfan failed unexpectedly ({type(wrong).__name__}): run it again with YUNFAN_DEBUG=1 to see where.",
            f"云帆意外出错（{type(wrong).__name__}）：设置 YUNFAN_DEBUG=1 后重新运行可查看位置。",
        )
    return " ".join(told.split())


def address_of(url: str | None) -> str:
    """Host and port of a URL, without what must stay secret."""
    parts = urlsplit(url or "")
    return f"{parts.hostname or 'localhost'}:{parts.port or '-'}"


def _database(wrong: BaseException | None) -> str:
    reason = getattr(getattr(wrong, "diag", None), "message_primary", None) or type(wrong).__name__
    return _either(
        f"The database refused ({reason}): check DATABASE_URL and run yunfan migrate.",
        f"数据库拒绝了该操作（{reason}）：请检查 DATABASE_URL，并运行 yunfan migrate。",
    )


def _either(en: str, zh: str) -> str:
    return zh if language() == "zh-CN" else en
