"""How much one company and one device may ask of sync: the usual limits, and what an operator changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from infra.errors import SettingsError

_LIMIT = re.compile(r"([a-z_]+)\.(tenant|device)=(\d{1,12}(?:\.\d{1,6})?)/(\d{1,15})", re.ASCII)
_FACTOR = re.compile(r"([0-9a-f-]{36})=(\d{1,4}(?:\.\d{1,3})?)", re.ASCII)
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket: `burst` at once from a full one, then `rate` a second."""

    rate: float
    burst: int


# For a company of 200 seats with two devices each, and one device as busy as a device can be:
# - requests: each device pushes and pulls every 30 s off the air: 27/s. At nine all 400 come back with some six each.
# - mutations: 200 people who type are far below 10/s; the rest is for imports and integrations, and a device that
#   was away for months brings thousands.
# - bytes: the pages of pulls. A first load by pages of 100,000 rows is 30 MB.
# - files: attachments both ways, and the files of a first load (100,000 rows: 9 MB).
# - heavy: offers of a first load, checksums, repairs. A replica that mends itself asks up to 66 times.
USUAL: Mapping[tuple[str, str], Limit] = {
    ("requests", "tenant"): Limit(60, 3_000),
    ("requests", "device"): Limit(5, 120),
    ("mutations", "tenant"): Limit(300, 20_000),
    ("mutations", "device"): Limit(50, 5_000),
    ("bytes", "tenant"): Limit(20 * _MEGABYTE, 2_000 * _MEGABYTE),
    ("bytes", "device"): Limit(2 * _MEGABYTE, 100 * _MEGABYTE),
    ("files", "tenant"): Limit(50 * _MEGABYTE, 10_000 * _MEGABYTE),
    ("files", "device"): Limit(10 * _MEGABYTE, 1_000 * _MEGABYTE),
    ("heavy", "tenant"): Limit(5, 600),
    ("heavy", "device"): Limit(1, 120),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSettings:
    """`limits`: by kind and holder (tenant or device). `factors`: by tenant, what its own limits are multiplied by."""

    limits: Mapping[tuple[str, str], Limit] = field(default_factory=lambda: USUAL)
    factors: Mapping[UUID, float] = field(default_factory=dict)


def quota_settings(values: Mapping[str, str]) -> QuotaSettings:
    """What YUNFAN_SYNC_QUOTAS and YUNFAN_SYNC_TENANT_FACTORS say. Raises SettingsError."""
    return QuotaSettings(
        limits={**USUAL, **dict(map(_limit, _parts(values, "YUNFAN_SYNC_QUOTAS")))},
        factors=dict(map(_factor, _parts(values, "YUNFAN_SYNC_TENANT_FACTORS"))),
    )


def _parts(values: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in values.get(name, "").split(",") if part.strip()]


def _limit(text: str) -> tuple[tuple[str, str], Limit]:
    match = _LIMIT.fullmatch(text)
    if match is None or (match[1], match[2]) not in USUAL or float(match[3]) <= 0 or int(match[4]) < 1:
        known = ", ".join(f"{kind}.{holder}" for kind, holder in USUAL)
        raise SettingsError(
            f"YUNFAN_SYNC_QUOTAS must look like requests.tenant=60/3000 (a second / at once), not {text!r}. "
            f"Limits: {known}.",
            f"YUNFAN_SYNC_QUOTAS 的格式应为 requests.tenant=60/3000（每秒/瞬时），不能是 {text!r}。"
            f"可设置的限额：{known}。",
        )
    return (match[1], match[2]), Limit(float(match[3]), int(match[4]))


def _factor(text: str) -> tuple[UUID, float]:
    match = _FACTOR.fullmatch(text)
    try:
        if match is None or float(match[2]) <= 0:
            raise ValueError
        return UUID(match[1]), float(match[2])
    except ValueError:
        raise SettingsError(
            f"YUNFAN_SYNC_TENANT_FACTORS must look like <tenant id>=2.5, not {text!r}.",
            f"YUNFAN_SYNC_TENANT_FACTORS 的格式应为 <租户编号>=2.5，不能是 {text!r}。",
        ) from None
