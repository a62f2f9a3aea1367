"""The services one process needs, embedded or given by URL, shared safely between `yunfan up` and other commands.

Everybody who uses the embedded services holds a shared lock; whoever starts them holds it alone for that moment; and
the last one to leave, who can get it alone again, stops them. So `yunfan tenant export` beside a running `yunfan up`
neither starts a second PostgreSQL nor stops the first, and on its own it brings its own and takes it away again.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from infra import postgres, redis_server
from infra.postgres import EmbeddedPostgres
from infra.redis_server import EmbeddedRedis
from infra.roles import DatabaseUrls, connect_database
from infra.settings import Settings

# names of the two lock files in the data directory
_CHANGING_LOCK = "services.changing"
_USERS_LOCK = "services.users"


@dataclass(frozen=True, slots=True)
class Services:
    """What is running: `postgres` and `redis` are None where a URL was given instead."""

    urls: DatabaseUrls
    redis_url: str = field(repr=False)
    postgres: EmbeddedPostgres | None
    redis: EmbeddedRedis | None

    def bind(self, settings: Settings) -> Settings:
        """The settings with every URL filled in."""
        return settings.with_databases(
            app=self.urls.app,
            platform=self.urls.platform,
            provision=self.urls.provision,
            admin=self.urls.admin,
            redis_url=self.redis_url,
        )


@contextmanager
def open_services(settings: Settings, *, durable: bool = True) -> Iterator[Services]:
    """Databases with their roles, and Redis, for as long as the block runs. Raises ServiceError.

    A URL that is set is used as it is; what is not set is embedded, adopted when it runs already.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _changing(settings.data_dir):
            users = held.enter_context((settings.data_dir / _USERS_LOCK).open("a"))
            fcntl.flock(users, fcntl.LOCK_SH)
            started = ExitStack()
            held.callback(_leave, settings.data_dir, users, started.close)
            services = _start(settings, started, durable=durable)
        yield services


def _start(settings: Settings, started: ExitStack, *, durable: bool) -> Services:
    postgres_server: EmbeddedPostgres | None = None
    redis: EmbeddedRedis | None = None
    if settings.database_url is None and settings.database_admin_url is None:
        postgres_server = postgres.start(settings.data_dir, durable=durable)
        started.callback(postgres_server.stop)
    if settings.redis_url is None:
        redis = redis_server.start(settings.data_dir, durable=durable)
        started.callback(redis.stop)
        redis_url = redis.url
    else:
        redis_url = redis_server.require_reachable(settings.redis_url)
    urls = connect_database(settings, postgres_server.admin_url if postgres_server else None)
    return Services(urls, redis_url, postgres_server, redis)


@contextmanager
def _changing(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops the services."""
    with (data_dir / _CHANGING_LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(data_dir: Path, users: IO[str], stop: Callable[[], None]) -> None:
    """Stop what runs, unless somebody else uses it."""
    with _changing(data_dir):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop()


def stop_unless_used(data_dir: Path, stop: Callable[[], None]) -> None:
    """Call `stop` unless a process uses the embedded services: for who clears up after one that was killed."""
    with (data_dir / _USERS_LOCK).open("a") as users:
        _leave(data_dir, users, stop)
