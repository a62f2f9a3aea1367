"""Real services for the whole suite, in a directory that goes away. Durability is off here and nowhere else."""

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from infra.roles import DatabaseUrls
from infra.services import open_services
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Running PostgreSQL and Redis: one URL per database role, and Redis' URL. `settings` is bound to them."""

    urls: DatabaseUrls
    redis_url: str = field(repr=False)
    settings: Settings
    stop: Callable[[], None]


def start_services(data_dir: Path, *, durable: bool = False, **environ: str) -> Services:
    """Start both in `data_dir` (as root best one made by tempfile.mkdtemp); `stop()` ends them and removes all files.

    Further keyword arguments are environment variables for the settings, e.g. YUNFAN_CLOCK="+16d". With
    YUNFAN_TEST_ADMIN_URL (a superuser on an empty server, PostgreSQL 15 to 18) that server is tested instead of the
    embedded one; by one worker at a time, because roles belong to the whole server.
    """
    stack = ExitStack()
    if given := os.environ.get("YUNFAN_TEST_ADMIN_URL"):
        environ.setdefault("DATABASE_ADMIN_URL", given)
    settings = Settings.from_env({"YUNFAN_DATA": str(data_dir), **environ})
    running = stack.enter_context(open_services(settings, durable=durable))

    def stop() -> None:
        stack.close()
        for service in (running.postgres, running.redis):
            if service is not None and not service.directory.is_relative_to(data_dir):
                shutil.rmtree(service.directory, ignore_errors=True)  # root's fall-back outside the data directory
        shutil.rmtree(data_dir, ignore_errors=True)

    return Services(running.urls, running.redis_url, running.bind(settings), stop)
