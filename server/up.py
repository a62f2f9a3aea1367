"""`yunfan up`: the whole product on one machine, started, watched and stopped in order.

PostgreSQL and Redis (embedded, or those of the URLs), roles, migrations, the demo world when the database is empty,
then the server and the worker as processes of their own. Whatever ends it, nothing is left behind: see server.watchdog.
"""

import asyncio
import contextlib
import fcntl
import http.client
import importlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import IO, Protocol, TextIO

from infra.embedded import port_is_free
from infra.errors import InfraError, ServiceError
from infra.processes import ProcessIdentity, identify
from infra.secret_files import read_or_create_private
from infra.services import Services, open_services
from infra.settings import Settings
from infra.web_build import built_web
from server.child import RUN_HEADER, Child, start_child

_READY_SECONDS = 90.0
_FORMER_RUN_SECONDS = 45.0
_POLL_SECONDS = 0.2


class SignIn(Protocol):
    """One demo person who can sign in, as `server.demo` tells them."""

    @property
    def tenant(self) -> str: ...
    @property
    def who(self) -> str: ...
    @property
    def identifier(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def role_zh(self) -> str: ...
    @property
    def role_en(self) -> str: ...


@dataclass(slots=True)
class StopSignals:
    """How often we were asked to stop. The first request interrupts; a second one ends the patience."""

    count: int = 0

    def receive(self, _signal_number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            raise KeyboardInterrupt

    @property
    def is_impatient(self) -> bool:
        return self.count > 1


def run_up(settings: Settings, out: TextIO = sys.stdout) -> int:
    """Run Yunfan until it is told to stop (Ctrl-C, SIGTERM, SIGHUP) or a part of it dies.

    Returns the exit code: 0 after an orderly stop, 1 when it could not start or a part died; the sentence that says
    why is written to standard error.
    """
    signals = StopSignals()
    try:
        with _stopped_by(signals), _only_one(settings) as lock:
            if not port_is_free(settings.host, settings.port):
                raise ServiceError(
                    f"Port {settings.port} is taken by another program: set YUNFAN_PORT to a free one, "
                    f"for example YUNFAN_PORT={settings.port % 65_535 + 1} make run.",
                    f"端口 {settings.port} 已被其他程序占用：请将 YUNFAN_PORT 设为空闲端口，"
                    f"例如 YUNFAN_PORT={settings.port % 65_535 + 1} make run。",
                )
            _run(settings, lock, signals, out)
    except KeyboardInterrupt:
        out.write("Yunfan has stopped. 云帆已停止。\n")
        return 0
    except InfraError as error:
        sys.stderr.write(f"{error.sentence()}\n")
        return 1
    return 0


def _run(settings: Settings, lock: IO[str], signals: StopSignals, out: TextIO) -> None:
    with ExitStack() as running:
        watchdog = running.enter_context(_watchdog(settings.data_dir, lock))
        # Loaded here, so that a taken port or a running Yunfan is told at once and not after the whole application;
        # and beside the services' start, which waits for disks more than for processors.
        loading = threading.Thread(target=_load_application, daemon=True)
        loading.start()
        building = running.enter_context(ThreadPoolExecutor(1)).submit(_web_of, settings)
        services = running.enter_context(open_services(settings))
        loading.join()
        from server.demo import fill_if_empty
        from server.migrate import migrate

        if services.postgres is not None:
            watchdog.tell("postgres", services.postgres.process)
        if services.redis is not None:
            watchdog.tell("redis", services.redis.process)
        migrate(services.urls.admin)
        bound = services.bind(settings)
        sign_ins = asyncio.run(fill_if_empty(bound))
        token = settings.metrics_token or operators_token(settings)
        settings = replace(settings, run=secrets.token_hex(8))
        environment = _child_environment(
            replace(bound, web_dir=building.result(), run=settings.run, metrics_token=token)
        )
        # the stack unwinds backwards: the server stops first, then the worker, then Redis and PostgreSQL
        children: list[Child] = []
        for name, command, admin_url in (("worker", "worker", services.urls.admin), ("server", "serve", "")):
            child = start_child(
                name,
                [str(Path(sys.executable).with_name("yunfan")), command],
                {**environment, "DATABASE_ADMIN_URL": admin_url},  # who serves requests holds no owner's key
                settings.logs_dir / f"{name}.log",
            )
            running.callback(child.stop, lambda: signals.is_impatient)
            children.append(child)
            if child.identity is not None:
                watchdog.tell(name, child.identity)
        _wait_until_ready(settings, children, services)
        out.write(welcome(settings, sign_ins, None if settings.metrics_token else token))
        out.flush()
        while True:
            _check(children, services)
            time.sleep(_POLL_SECONDS)


def operators_token(settings: Settings) -> str:
    """Of whoever started all of this, who is its operator: made once, kept in the data directory."""
    return read_or_create_private(settings.data_dir / "status-token", lambda: secrets.token_urlsafe(24))


def _web_of(settings: Settings) -> Path | None:
    """The folder of the web client, which `make run` builds when its sources changed. Raises ServiceError."""
    return settings.web_dir or built_web(settings.logs_dir / "web-build.log")


def _load_application() -> None:
    with contextlib.suppress(ImportError):  # told by the import that follows, where it ends the start
        importlib.import_module("server.demo")
        importlib.import_module("server.migrate")


def _child_environment(bound: Settings) -> Mapping[str, str]:
    return {
        **os.environ,
        "YUNFAN_DATA": str(bound.data_dir),
        "DATABASE_URL": bound.database_url or "",
        "DATABASE_PLATFORM_URL": bound.database_platform_url or "",
        "DATABASE_PROVISION_URL": bound.database_provision_url or "",
        "REDIS_URL": bound.redis_url or "",
        "YUNFAN_WEB": str(bound.web_dir or ""),
        "YUNFAN_RUN": bound.run or "",
        "YUNFAN_METRICS_TOKEN": bound.metrics_token or "",
        "PYTHONUNBUFFERED": "1",
    }


def _check(children: Sequence[Child], services: Services) -> None:
    """Raise ServiceError when a part has died; pass on what the children report as errors."""
    for child in children:
        for line in child.new_errors():
            sys.stderr.write(f"{child.name}: {line}\n")
        child.raise_if_dead()
    for name, service in (("PostgreSQL", services.postgres), ("Redis", services.redis)):
        if service is not None and not service.is_running():
            raise ServiceError(
                f"The embedded {name} has ended unexpectedly: start Yunfan again; the log is in the data directory.",
                f"内置 {name} 意外退出：请重新启动云帆，日志位于数据目录中。",
            )


def _wait_until_ready(settings: Settings, children: Sequence[Child], services: Services) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not is_ready(settings):
        _check(children, services)
        if time.monotonic() > deadline:
            raise ServiceError(
                f"The server did not become ready within {_READY_SECONDS:.0f} s: see {settings.logs_dir}.",
                f"服务未能在 {_READY_SECONDS:.0f} 秒内就绪：请查看 {settings.logs_dir}。",
            )
        time.sleep(0.1)


def is_ready(settings: Settings) -> bool:
    """Whether GET /health/ready says 200: database, Redis and migrations are in order; and it is our server that says
    so, not one that took the port after we had looked."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - asked, not bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        return answer.status == 200 and answer.getheader(RUN_HEADER) == settings.run
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _stopped_by(signals: StopSignals) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP ask to stop while the block runs; afterwards they mean what they meant."""
    before = {
        number: signal.signal(number, signals.receive) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _only_one(settings: Settings) -> Iterator[IO[str]]:
    """The lock on the data directory. After a hard kill its watchdog holds it a moment longer: that is waited for."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (settings.data_dir / "up.lock").open("a+")
    except OSError as error:
        raise ServiceError(
            f"YUNFAN_DATA must be a directory that Yunfan may write to; {settings.data_dir} is not ({error.strerror}).",
            f"YUNFAN_DATA 必须是可写目录，{settings.data_dir} 不可写（{error.strerror}）。",
        ) from error
    with lock:
        deadline = time.monotonic() + _FORMER_RUN_SECONDS
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            holder = _holder(lock)
            if holder is not None or time.monotonic() > deadline:
                raise ServiceError(
                    f"Yunfan already runs on {settings.data_dir}: stop it first, or set YUNFAN_DATA to another one.",
                    f"云帆已在 {settings.data_dir} 上运行：请先停止，或将 YUNFAN_DATA 设为其他目录。",
                )
            time.sleep(_POLL_SECONDS)
        lock.truncate(0)
        mine = identify(os.getpid())
        lock.write(json.dumps({"pid": os.getpid(), "started": mine.started if mine else ""}))
        lock.flush()
        yield lock


def _holder(lock: IO[str]) -> ProcessIdentity | None:
    """The `up` that noted itself in the lock, None when it is dead (and its watchdog is clearing up)."""
    lock.seek(0)
    try:
        noted = json.loads(lock.read())
        holder = ProcessIdentity(int(noted["pid"]), str(noted["started"]))
    except (ValueError, KeyError, TypeError):
        return None
    return holder if holder.is_running() else None


@dataclass(frozen=True, slots=True)
class Watchdog:
    """The end of the pipe that we write into."""

    pipe: IO[str]

    def tell(self, name: str, process: ProcessIdentity) -> None:
        self._write({"name": name, "pid": process.pid, "started": process.started})

    def dismiss(self) -> None:
        self._write({"done": True})

    def _write(self, message: Mapping[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError):  # somebody killed it: what is left is an ordinary run
            self.pipe.write(json.dumps(message) + "\n")
            self.pipe.flush()


@contextmanager
def _watchdog(data_dir: Path, lock: IO[str]) -> Iterator[Watchdog]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "server.watchdog", str(data_dir)],
        stdin=subprocess.PIPE,
        text=True,
        pass_fds=[lock.fileno()],
        start_new_session=True,
    )
    if process.stdin is None:
        raise RuntimeError("Popen was told to make a pipe")
    watchdog = Watchdog(process.stdin)
    try:
        yield watchdog
    finally:
        watchdog.dismiss()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def welcome(settings: Settings, sign_ins: Sequence[SignIn], status_token: str | None = None) -> str:
    """The address and the demo sign-ins, Chinese and English, as a table that lines up in a terminal. `status_token`:
    with which the server's status opens, where no other was set."""
    lines = ["", f"云帆已就绪 Yunfan is ready: {settings.public_url}"]
    if settings.clock_offset_seconds:
        lines.append(f"时钟偏移 clock offset: {settings.clock_offset_seconds:+d} s")
    if sign_ins:
        rows = [("租户 tenant", "姓名 who", "角色 role", "登录 sign in as", "密码 password")]
        rows += [(s.tenant, s.who, f"{s.role_zh} {s.role_en}", s.identifier, s.password) for s in sign_ins]
        widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
        lines += ["", "演示账号 Demo sign-ins"]
        lines += ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]
    if status_token is not None:
        lines += ["", f"服务状态 Server status: {settings.public_url}/ops", f"令牌 token: {status_token}"]
    lines += ["", "按 Ctrl-C 停止 Press Ctrl-C to stop", ""]
    return "\n".join(lines)


def _columns(text: str) -> int:
    """How many terminal columns the text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))
