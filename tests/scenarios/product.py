"""The product as a new user has it: `yunfan up` in a fresh directory, spoken to over HTTP."""

from __future__ import annotations

import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

_READY_SECONDS = 240  # the first time on a busy machine it builds the client too


class Refused(AssertionError):
    """GraphQL answered with errors; `codes` are their extensions' codes."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.errors = errors
        self.codes = [error.get("extensions", {}).get("code") for error in errors]
        super().__init__(str(errors))


class Product:
    """A running server and the directory it keeps its data in."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir, self.port = data_dir, port
        self.url = f"http://127.0.0.1:{port}"

    def graphql(self, document: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """The answer's `data`. Raises Refused when it has errors."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(
            f"{self.url}/graphql", json={"query": document, "variables": variables}, headers=headers, timeout=60
        ).json()
        if answer.get("errors"):
            raise Refused(answer["errors"])
        return dict(answer["data"])

    def letter_to(self, address: str) -> str:
        """The text of the newest mail to `address` in the outbox folder; waits for it."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for path in sorted(self.data_dir.glob("outbox/*.eml"), reverse=True):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if message["To"] == address:
                    body = message.get_body(("plain",))
                    return str(body.get_content()) if body else ""
            time.sleep(0.1)
        raise AssertionError(f"no mail to {address}")

    def link_token(self, address: str) -> str:
        """The single-use token of the link in that mail."""
        found = re.search(r"#token=([^\s>\"]+)", self.letter_to(address))
        assert found is not None
        return found[1]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`yunfan …` beside the running server, on the same data."""
        return subprocess.run(
            [_yunfan(), *words], env=_environment(self.data_dir, self.port), capture_output=True, text=True, timeout=120
        )


@contextmanager
def running(data_dir: Path, **environ: str) -> Iterator[Product]:
    """`yunfan up`, ready; stopped as Ctrl-C does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = data_dir / "up.log"  # a pipe that nobody reads would stop it when it is full
    with said.open("a") as log:
        process = subprocess.Popen(
            [_yunfan(), "up"], env=_environment(data_dir, port) | environ, stdout=log, stderr=subprocess.STDOUT
        )
    product = Product(data_dir, port)
    try:
        _wait_until_ready(process, product, said)
        yield product
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], product: Product, said: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(said.read_text())
        try:
            if httpx.get(f"{product.url}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.1)
    raise AssertionError("yunfan up did not become ready")


def _yunfan() -> str:
    return str(Path(sys.executable).parent / "yunfan")


def _environment(data_dir: Path, port: int) -> dict[str, str]:
    ours = ("DATABASE_", "REDIS_", "YUNFAN_", "SENTRY_", "SMTP_", "SMS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"YUNFAN_DATA": str(data_dir), "YUNFAN_PORT": str(port)}
