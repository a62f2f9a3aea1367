"""Where blobs are kept when not on this machine's disk: a bucket of an S3-compatible store."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from infra.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """A bucket and a folder in it. What is None is found as the AWS tools do: role of the machine or the container."""

    bucket: str
    prefix: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)


def s3_settings(values: Mapping[str, str]) -> S3Settings | None:
    """What YUNFAN_BLOBS_URL and the usual AWS_* variables say; None without the former. Raises SettingsError."""
    url = values.get("YUNFAN_BLOBS_URL", "").strip()
    if not url:
        return None
    match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_.-]+)*)/?", url)
    if match is None or {".", ".."} & set(match[2].split("/")):
        raise SettingsError(
            "YUNFAN_BLOBS_URL must look like s3://bucket/prefix.", "YUNFAN_BLOBS_URL 的格式应为 s3://存储桶/前缀。"
        )

    def given(*names: str) -> str | None:
        return next((text for name in names if (text := values.get(name, "").strip())), None)

    endpoint = given("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    if endpoint is not None and not (urlsplit(endpoint).scheme in ("http", "https") and urlsplit(endpoint).netloc):
        raise SettingsError(
            "AWS_ENDPOINT_URL must be a URL beginning with http:// or https://.",
            "AWS_ENDPOINT_URL 必须是以 http:// 或 https:// 开头的地址。",
        )
    return S3Settings(
        bucket=match[1],
        prefix=match[2].strip("/"),
        endpoint=endpoint,
        region=given("AWS_REGION", "AWS_DEFAULT_REGION") or "us-east-1",
        access_key_id=given("AWS_ACCESS_KEY_ID"),
        secret_access_key=given("AWS_SECRET_ACCESS_KEY"),
        session_token=given("AWS_SESSION_TOKEN"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """How large one attachment may be, and all of a company's together."""

    file_bytes: int
    tenant_bytes: int


def file_limits(values: Mapping[str, str]) -> FileLimits:
    """What YUNFAN_FILE_MB and YUNFAN_FILES_GB say. Raises SettingsError."""
    return FileLimits(
        file_bytes=_whole(values, "YUNFAN_FILE_MB", 25, most=2048) * 1024**2,
        tenant_bytes=_whole(values, "YUNFAN_FILES_GB", 10, most=1_000_000) * 1024**3,
    )


def _whole(values: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = values.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise SettingsError(f"{name} must be a number from 1 to {most}.", f"{name} 必须是 1 到 {most} 之间的整数。")
    return int(text)
