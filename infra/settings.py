"""Everything an operator can set, read once from the environment and frozen. Nothing else reads the environment."""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from infra.blob_settings import FileLimits, S3Settings, file_limits, s3_settings
from infra.errors import SettingsError
from infra.quota_settings import QuotaSettings, quota_settings
from infra.secret_files import read_or_create_private

Environment = Literal["development", "production"]

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_CLOCK_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where mail goes. `tls` is TLS from the first byte (smtps), `starttls` an upgrade of a plain connection."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = False
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key of the ring: exactly 32 bytes, named so that what it signed tells which key to use."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation's settings. URLs may hold passwords, so none of them is shown by `repr`.

    `keys`: the first one signs and encrypts, all of them verify and decrypt. `clock_offset_seconds` is never other
    than 0 in production.
    """

    data_dir: Path
    host: str
    port: int
    environment: Environment
    public_url: str
    log_level: str
    clock_offset_seconds: int
    keys: tuple[SigningKey, ...] = field(repr=False)
    database_url: str | None = field(default=None, repr=False)
    database_platform_url: str | None = field(default=None, repr=False)
    database_provision_url: str | None = field(default=None, repr=False)
    database_admin_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    sentry_dsn: str | None = field(default=None, repr=False)
    smtp: SmtpSettings | None = None
    smtp_url: str | None = field(default=None, repr=False)  # as given; `smtp` is the same, read
    mail_from: str
    sms_url: str | None = field(default=None, repr=False)
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    metrics_token: str | None = field(default=None, repr=False)
    files: FileLimits
    quotas: QuotaSettings = field(default_factory=QuotaSettings)
    demo_in_production: bool = False
    s3: S3Settings | None = None  # None: blobs lie on this machine's disk
    web_dir: Path | None = None  # the built web client; None: a page tells what answers here
    web_unkeep: bool = False  # devices let go of the app that they keep
    run: str | None = None  # given by `yunfan up` to its server, which says it: another one on this port does not

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def secrets_dir(self) -> Path:
        return self.data_dir / "secrets"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def outbox_dir(self) -> Path:
        """Where mail and text messages land when no SMTP server or SMS gateway is set."""
        return self.data_dir / "outbox"

    def with_databases(
        self, *, app: str, platform: str, provision: str, admin: str | None, redis_url: str
    ) -> "Settings":
        """The same settings, bound to the services that were started or found."""
        return replace(
            self,
            database_url=app,
            database_platform_url=platform,
            database_provision_url=provision,
            database_admin_url=admin,
            redis_url=redis_url,
        )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check all settings. Raises SettingsError with one sentence about the first that is wrong.

        In development without YUNFAN_KEYS a random key is made once and kept in `data_dir/keys` (mode 0600).
        """
        values = os.environ if environ is None else environ
        environment = _environment(values)
        data_dir = Path(_text(values, "YUNFAN_DATA") or ".yunfan").expanduser().absolute()
        port = _port(values)
        smtp_url = _text(values, "SMTP_URL")
        clock_offset_seconds = _clock(values, environment)
        return cls(
            data_dir=data_dir,
            host=_text(values, "YUNFAN_HOST") or "127.0.0.1",
            port=port,
            environment=environment,
            public_url=_web_url(values, "YUNFAN_PUBLIC_URL", f"http://127.0.0.1:{port}"),
            log_level=_log_level(values),
            clock_offset_seconds=clock_offset_seconds,
            database_url=_database_url(values, "DATABASE_URL"),
            database_platform_url=_database_url(values, "DATABASE_PLATFORM_URL"),
            database_provision_url=_database_url(values, "DATABASE_PROVISION_URL"),
            database_admin_url=_database_url(values, "DATABASE_ADMIN_URL"),
            redis_url=_url(values, "REDIS_URL", ("redis", "rediss", "unix")),
            sentry_dsn=_url(values, "SENTRY_DSN", ("http", "https")),
            smtp=_smtp(smtp_url) if smtp_url else None,
            smtp_url=smtp_url,
            mail_from=_text(values, "MAIL_FROM") or "Yunfan <no-reply@localhost>",
            sms_url=_url(values, "SMS_URL", ("http", "https")),
            trusted_proxies=_networks(values, "YUNFAN_TRUSTED_PROXIES"),
            metrics_token=_metrics_token(values),
            demo_in_production=_text(values, "YUNFAN_DEMO") == "1",
            s3=s3_settings(values),
            web_dir=_web_dir(values),
            web_unkeep=_text(values, "YUNFAN_WEB_UNKEEP") == "1",
            run=_text(values, "YUNFAN_RUN"),
            files=file_limits(values),
            quotas=quota_settings(values),
            keys=_keys(values, environment, data_dir),
        )


def _text(values: Mapping[str, str], name: str) -> str | None:
    """An empty variable counts as unset: that is how shells and compose files switch one off."""
    return values.get(name, "").strip() or None


def _environment(values: Mapping[str, str]) -> Environment:
    text = _text(values, "YUNFAN_ENV") or "development"
    if text == "development":
        return "development"
    if text == "production":
        return "production"
    raise SettingsError(
        f"YUNFAN_ENV must be development or production, not {text!r}.",
        f"YUNFAN_ENV 只能是 development 或 production，不能是 {text!r}。",
    )


def _port(values: Mapping[str, str]) -> int:
    text = _text(values, "YUNFAN_PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise SettingsError(
            f"YUNFAN_PORT must be a number from 1 to 65535, not {text!r}.",
            f"YUNFAN_PORT 必须是 1 到 65535 之间的数字，不能是 {text!r}。",
        )
    return int(text)


def _log_level(values: Mapping[str, str]) -> str:
    text = (_text(values, "YUNFAN_LOG_LEVEL") or "INFO").upper()
    if text not in _LOG_LEVELS:
        raise SettingsError(
            f"YUNFAN_LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}, not {text!r}.",
            f"YUNFAN_LOG_LEVEL 只能是 {'、'.join(_LOG_LEVELS)} 之一，不能是 {text!r}。",
        )
    return text


def _clock(values: Mapping[str, str], environment: Environment) -> int:
    text = _text(values, "YUNFAN_CLOCK")
    if text is None:
        return 0
    if environment == "production":
        raise SettingsError(
            "YUNFAN_CLOCK moves the clock for trying things out and is refused in production: unset it.",
            "YUNFAN_CLOCK 仅供开发环境调整时钟，生产环境不允许使用，请取消该设置。",
        )
    return parse_clock_offset(text)


def parse_clock_offset(text: str) -> int:
    """Seconds of an offset like "+16d", "-3h", "90m" or "1d12h" (units s, m, h, d, w). Raises SettingsError."""
    match = re.fullmatch(r"([+-]?)((?:\d{1,6}[smhdw])+)", text, re.ASCII)
    if match is None:
        raise SettingsError(
            f"YUNFAN_CLOCK must be an offset like +16d, -3h or 90m, not {text!r}.",
            f"YUNFAN_CLOCK 必须是 +16d、-3h、90m 这样的偏移量，不能是 {text!r}。",
        )
    seconds = sum(int(count) * _CLOCK_UNITS[unit] for count, unit in re.findall(r"(\d+)([smhdw])", match[2]))
    return -seconds if match[1] == "-" else seconds


def _url(values: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    text = _text(values, name)
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        well_formed = parts.scheme in schemes and (parts.port or 1) > 0
    except ValueError:
        well_formed = False
    if not well_formed:
        # the value itself is not repeated: it may hold a password
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise SettingsError(f"{name} must be a URL beginning with {wanted}.", f"{name} 必须是以 {wanted} 开头的地址。")
    return text


def _database_url(values: Mapping[str, str], name: str) -> str | None:
    return _url(values, name, ("postgresql", "postgres"))


def _web_url(values: Mapping[str, str], name: str, default: str) -> str:
    text = _url(values, name, ("http", "https")) or default
    if not urlsplit(text).hostname:
        raise SettingsError(f"{name} must name a host, like https://crm.example.com.", f"{name} 必须包含主机名。")
    return text.rstrip("/")


def _networks(values: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses or networks separated by commas, like "10.0.0.0/8, ::1"."""
    try:
        return tuple(ip_network(part.strip()) for part in (_text(values, name) or "").split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(
            f"{name} must list addresses or networks like 127.0.0.1,10.0.0.0/8.",
            f"{name} 必须是以逗号分隔的地址或网段，例如 127.0.0.1,10.0.0.0/8。",
        ) from error


def _web_dir(values: Mapping[str, str]) -> Path | None:
    text = _text(values, "YUNFAN_WEB")
    if text is not None and not (Path(text) / "index.html").is_file():
        raise SettingsError(
            f"YUNFAN_WEB must be the folder of a built web client; {text!r} has no index.html.",
            f"YUNFAN_WEB 必须是已构建的网页客户端目录，{text!r} 中没有 index.html。",
        )
    return None if text is None else Path(text).absolute()


def _metrics_token(values: Mapping[str, str]) -> str | None:
    text = _text(values, "YUNFAN_METRICS_TOKEN")
    if text is not None and (len(text) < 16 or not text.isascii()):
        raise SettingsError(
            "YUNFAN_METRICS_TOKEN must have 16 ASCII characters or more.",
            "YUNFAN_METRICS_TOKEN 至少需要 16 个 ASCII 字符。",
        )
    return text


def _smtp(url: str) -> SmtpSettings:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingsError(
            "SMTP_URL must look like smtp://user:password@host:587?starttls=1 or smtps://user:password@host:465.",
            "SMTP_URL 的格式应为 smtp://用户:密码@主机:587?starttls=1 或 smtps://用户:密码@主机:465。",
        )
    tls = parts.scheme == "smtps"
    starttls = parse_qs(parts.query).get("starttls", ["0"])[-1].lower() in ("1", "true", "yes")
    if tls and starttls:
        raise SettingsError(
            "SMTP_URL must use either smtps:// or starttls=1, not both.",
            "SMTP_URL 只能在 smtps:// 与 starttls=1 中选一种。",
        )
    return SmtpSettings(
        host=parts.hostname,
        port=port or (465 if tls else 587 if starttls else 25),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        starttls=starttls,
        tls=tls,
    )


def _keys(values: Mapping[str, str], environment: Environment, data_dir: Path) -> tuple[SigningKey, ...]:
    text = _text(values, "YUNFAN_KEYS")
    source = "YUNFAN_KEYS"
    if text is None:
        if environment == "production":
            raise SettingsError(
                "In production YUNFAN_KEYS must be set to the key ring, like 2026a:BASE64 of 32 random bytes.",
                "生产环境必须设置密钥环 YUNFAN_KEYS，格式为 2026a:32 字节随机数的 BASE64。",
            )
        source = str(data_dir / "keys")
        try:
            text = read_or_create_private(data_dir / "keys", _new_key)
        except OSError as error:
            raise SettingsError(
                f"YUNFAN_DATA must be a directory that Yunfan may write to; {data_dir} is not ({error.strerror}).",
                f"YUNFAN_DATA 必须是可写目录，{data_dir} 不可写（{error.strerror}）。",
            ) from error
    return parse_keys(text, source)


def _new_key() -> str:
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"


def parse_keys(text: str, source: str = "YUNFAN_KEYS") -> tuple[SigningKey, ...]:
    """The ring "id:base64,id2:base64", newest first. Raises SettingsError without repeating any of it."""
    ring: list[SigningKey] = []
    for entry in text.split(","):
        key_id, _, encoded = entry.strip().partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id) is None or len(secret) != _KEY_BYTES:
            raise SettingsError(
                f"{source} must hold keys like id:BASE64 separated by commas, each of exactly {_KEY_BYTES} bytes.",
                f"{source} 必须是以逗号分隔的 id:BASE64，每个密钥必须是 {_KEY_BYTES} 字节。",
            )
        if any(key.id == key_id for key in ring):
            raise SettingsError(f"{source} names the key {key_id!r} twice.", f"{source} 中密钥 {key_id!r} 重复。")
        ring.append(SigningKey(id=key_id, secret=secret))
    return tuple(ring)
