"""What both embedded services share: where their files live, as whom they run, and on which port.

PostgreSQL refuses to run as root, and Redis should not. So for root they run as a user of their own, and when that user
cannot reach the data directory or the programs (a checkout under /root), both are kept under /var/lib/yunfan instead;
no permission of a directory that is not ours is ever widened.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.errors import ServiceError
from infra.processes import ProcessIdentity, identify

LOOPBACK = "127.0.0.1"

_SERVICE_USER = "yunfan-data"
_SYSTEM_HOME = Path("/var/lib/yunfan")
_LOG_LIMIT_BYTES = 20_000_000
_NOT_PROGRAMS = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class RunAs:
    """The operating system user that a service runs as; `uid` None means ourselves."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def run(self, command: Sequence[str], *, cwd: Path) -> "subprocess.CompletedProcess[str]":
        """Run to the end as that user, with nothing of our environment."""
        return subprocess.run(  # noqa: S603 - programs of our own wheels
            command,
            cwd=cwd,
            env=clean_environment(),
            capture_output=True,
            text=True,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            check=False,
        )

    def spawn(self, command: Sequence[str], *, cwd: Path, log: Path) -> ProcessIdentity:
        """Start in a session of its own, so that Ctrl-C at the terminal does not reach it before we say so."""
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603 - programs of our own wheels
                command,
                cwd=cwd,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                start_new_session=True,
            )
        identity = identify(child.pid)
        child.returncode = 0  # it is known by its identity from here on; Popen must not warn that nobody did
        return identity or ProcessIdentity(child.pid, "ended")


@dataclass(frozen=True, slots=True)
class ServiceHome:
    """One service's place: `directory` (owned by `run_as`, mode 0700) and the programs that user can run."""

    directory: Path
    programs: Path
    run_as: RunAs


def clean_environment() -> Mapping[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def prepare_home(data_dir: Path, name: str, package: str, programs: str, probe: str) -> ServiceHome:
    """Find or make the home of the service `name`.

    `programs` is the directory inside the wheel `package` that holds the program `probe`. Raises ServiceError when the
    wheel is not installed.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    installed = _installed_programs(package, programs, probe)
    run_as = _run_as()
    if run_as.uid is None:
        return ServiceHome(_own_directory(data_dir / name, run_as), installed, run_as)
    data_dir.chmod(data_dir.stat().st_mode | 0o011)  # our own directory: others may pass through, not list
    if not _can_run(run_as, installed / probe, cwd=Path("/")):
        installed = _copy_programs(installed, package)
    moved = data_dir / f"{name}.location"
    if moved.exists():
        return ServiceHome(_own_directory(Path(moved.read_text().strip()), run_as), installed, run_as)
    directory = _own_directory(data_dir / name, run_as)
    if not _can_enter(run_as, directory):
        directory.rmdir()
        directory = _own_directory(_system_home() / f"{name}-{secrets.token_hex(4)}", run_as)
        moved.write_text(f"{directory}\n")
    return ServiceHome(directory, installed, run_as)


def _installed_programs(package: str, programs: str, probe: str) -> Path:
    # the package is located and not imported: importing these wheels starts locks, warnings and exit hooks
    spec = importlib.util.find_spec(package)
    if spec is not None and spec.submodule_search_locations:
        directory = Path(next(iter(spec.submodule_search_locations))) / programs
        if (directory / probe).exists():
            return directory
    raise ServiceError(
        "To run without DATABASE_URL and REDIS_URL install the embedded ones: pip install yunfan[embedded].",
        "未设置 DATABASE_URL 和 REDIS_URL 时，需要先安装内置服务：pip install yunfan[embedded]。",
    )


def _run_as() -> RunAs:
    if os.geteuid() != 0:
        return RunAs()
    try:
        entry = pwd.getpwnam(_SERVICE_USER)
    except KeyError:
        entry = _create_service_user()
    return RunAs(entry.pw_uid, entry.pw_gid)


def _create_service_user() -> pwd.struct_passwd:
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", _SERVICE_USER],
        ["adduser", "-S", "-D", "-H", _SERVICE_USER],  # busybox
    ):
        if shutil.which(command[0]) is None:
            continue
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - fixed arguments
        try:
            return pwd.getpwnam(_SERVICE_USER)
        except KeyError:
            continue
    return pwd.getpwnam("nobody")  # an image without user tools: better a shared name than root


def _own_directory(directory: Path, run_as: RunAs) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    run_as.own(directory)
    return directory


def _can_run(run_as: RunAs, program: Path, *, cwd: Path) -> bool:
    try:
        return run_as.run([str(program), "--version"], cwd=cwd).returncode == 0
    except OSError:
        return False


def _can_enter(run_as: RunAs, directory: Path) -> bool:
    try:
        return run_as.run(["/bin/sh", "-c", 'cd "$0" && [ -w . ]', str(directory)], cwd=Path("/")).returncode == 0
    except OSError:
        return False


def _system_home() -> Path:
    _SYSTEM_HOME.mkdir(parents=True, exist_ok=True)
    _SYSTEM_HOME.chmod(0o755)
    return _SYSTEM_HOME


def _copy_programs(installed: Path, package: str) -> Path:
    """A copy of the programs with their libraries where the service user can run them; made once per version.

    The layout stays: programs find their libraries by relative paths, some of them in `<package>.libs` beside it.
    """
    tree = installed.parent
    site = next(parent for parent in (tree, *tree.parents) if (parent / package).is_dir())
    stamp = f"{package}-{importlib.metadata.version(package)}"
    target = _system_home() / "programs" / stamp
    if not target.exists():
        building = target.with_name(f".{stamp}.{os.getpid()}")
        for source in (tree, site / f"{package}.libs"):
            if source.exists():
                shutil.copytree(source, building / source.relative_to(site), symlinks=True, ignore=_NOT_PROGRAMS)
        for path in (building.parent, building, *building.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
        building.rename(target)
    return target / installed.relative_to(site)


def choose_port(remembered: Path) -> int:
    """The port noted in the file `remembered` while it is free, else a free one, which is noted there."""
    try:
        port = int(remembered.read_text())
    except (FileNotFoundError, ValueError):
        port = 0
    if port == 0 or not port_is_free(LOOPBACK, port):
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = probe.getsockname()[1]
        remembered.write_text(f"{port}\n")
    return port


def port_is_free(host: str, port: int) -> bool:
    """Whether `host:port` can be listened on now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT of a former run is no obstacle
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def open_log(path: Path) -> Path:
    """`path`, ready to be appended to; what a former run left is moved to `.1` when it has grown large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path


def last_lines(log: Path, count: int = 12, start_bytes: int = 0) -> str:
    """The last lines of a log, for the operator; only what was written after `start_bytes`."""
    try:
        with log.open("rb") as file:
            file.seek(max(start_bytes, log.stat().st_size - 20_000))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""


def wait_for(ready: Callable[[], bool], process: ProcessIdentity, timeout_seconds: float) -> bool:
    """Ask `ready` until it says yes; False when the process ended or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if not process.is_running():
            return False
        time.sleep(0.04)
    return False
