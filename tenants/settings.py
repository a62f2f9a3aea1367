"""The company's settings: a closed list of names, each with its label, its default and what it accepts; and flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from kernel.db import TenantSession
from tenants.device_settings import (
    DEFAULT_OFFLINE_HOURS,
    ENCRYPTION_REQUIRED,
    MOST_OFFLINE_HOURS,
    OFFLINE_HOURS,
    parse_offline_hours,
)
from tenants.entities import TenantSetting
from tenants.errors import SettingInvalid, SettingUnknown
from tenants.identity.tenant_rules import (
    IDLE_TIMEOUT,
    PASSWORD_POLICY,
    TenantRules,
    parse_idle_minutes,
    parse_password_policy,
)
from values.wire import python_name, wire_name

_FLAG = re.compile(r"flag\.[a-z][a-z0-9_]{0,59}")
_POLICY = ("min_length", "require_classes", "history", "max_age_days")


@dataclass(frozen=True, slots=True)
class KnownSetting:
    """`to_row` turns what an admin sends into what the row holds, or raises ValueError; `from_row` undoes it."""

    name: str
    zh: str
    en: str
    default: Any
    accepts_zh: str
    accepts_en: str
    to_row: Callable[[Any], dict[str, Any]]
    from_row: Callable[[dict[str, Any]], Any]


def _policy_to_row(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    row = {python_name(key): given for key, given in value.items()}
    parse_password_policy(row)
    return row


def _policy_from_row(row: dict[str, Any]) -> dict[str, Any]:
    policy = parse_password_policy(row)
    return {wire_name(name): getattr(policy, name) for name in _POLICY}


def _minutes_to_row(value: Any) -> dict[str, Any]:
    return {"minutes": parse_idle_minutes({"minutes": value})}


def _hours_to_row(value: Any) -> dict[str, Any]:
    return {"hours": parse_offline_hours({"hours": value})}


def _flag_to_row(value: Any) -> dict[str, Any]:
    if not isinstance(value, bool):
        raise ValueError("not a boolean")
    return {"on": value}


def _flag_from_row(row: dict[str, Any]) -> bool:
    return row.get("on") is True


KNOWN_SETTINGS = (
    KnownSetting(
        PASSWORD_POLICY,
        "密码策略",
        "Password policy",
        _policy_from_row({}),
        "minLength 8–64；requireClasses 0–4；history 0–24（不可重复使用的历史密码个数，不含当前密码）；"
        "maxAgeDays 不小于 1 或留空",
        "minLength 8-64, requireClasses 0-4, history 0-24 (earlier passwords that may not return), "
        "maxAgeDays at least 1 or null",
        _policy_to_row,
        _policy_from_row,
    ),
    KnownSetting(
        IDLE_TIMEOUT,
        "闲置自动退出（分钟）",
        "Sign out when idle (minutes)",
        TenantRules().idle_seconds // 60,
        "5 至 43200 的整数",
        "a whole number from 5 to 43200",
        _minutes_to_row,
        parse_idle_minutes,
    ),
    KnownSetting(
        ENCRYPTION_REQUIRED,
        "只允许加密的设备同步",
        "Only encrypted devices may sync",
        False,
        "是或否",
        "true or false",
        _flag_to_row,
        _flag_from_row,
    ),
    KnownSetting(
        OFFLINE_HOURS,
        "加密副本可离线打开的时长（小时）",
        "How long an encrypted replica opens offline (hours)",
        DEFAULT_OFFLINE_HOURS,
        f"0 至 {MOST_OFFLINE_HOURS} 的整数；0 表示必须联网打开",
        f"a whole number from 0 to {MOST_OFFLINE_HOURS}; 0: online only",
        _hours_to_row,
        parse_offline_hours,
    ),
)


def known_setting(name: str) -> KnownSetting:
    """The setting of this name; `flag.<name>` is a yes/no that is off by default. Raises SettingUnknown."""
    for setting in KNOWN_SETTINGS:
        if setting.name == name:
            return setting
    if _FLAG.fullmatch(name):
        label = name.removeprefix("flag.")
        return KnownSetting(
            name, f"功能开关 {label}", f"Flag {label}", False, "是或否", "true or false", _flag_to_row, _flag_from_row
        )
    raise SettingUnknown(field="name", name=name[:80])


def parse_setting(name: str, value: Any) -> dict[str, Any]:
    """What the row of a setting holds for a value. Raises SettingUnknown, SettingInvalid."""
    setting = known_setting(name)
    try:
        return setting.to_row(value)
    except ValueError:
        raise SettingInvalid(
            field="value",
            zh=setting.zh,
            en=setting.en,
            accepts_zh=setting.accepts_zh,
            accepts_en=setting.accepts_en,
        ) from None


async def read_setting(session: TenantSession, name: str) -> Any:
    """The company's value of a setting, as an admin would send it; the default when nothing was set."""
    setting = known_setting(name)
    row = await session.scalar(
        select(TenantSetting.value).where(TenantSetting.tenant_id == session.tenant_id, TenantSetting.name == name)
    )
    return setting.default if row is None else setting.from_row(row)


def known_settings(stored: Iterable[str]) -> list[KnownSetting]:
    """Every setting of the product, then the flags that the company has set, by name."""
    flags = sorted(name for name in stored if _FLAG.fullmatch(name))
    return [*KNOWN_SETTINGS, *(known_setting(name) for name in flags)]


async def read_settings(session: TenantSession) -> dict[str, Any]:
    """What the company has set, by name, as an admin would send it; what it never set is missing."""
    statement = select(TenantSetting).where(TenantSetting.tenant_id == session.tenant_id)
    known = {setting.name for setting in KNOWN_SETTINGS}
    rows = await session.scalars(statement)
    return {
        row.name: known_setting(row.name).from_row(row.value)
        for row in rows
        if row.name in known or _FLAG.fullmatch(row.name)
    }


async def flag(session: TenantSession, name: str) -> bool:
    """Whether the company has a feature flag on: `await flag(ctx.session, "new_list")`."""
    return bool(await read_setting(session, f"flag.{name}"))
