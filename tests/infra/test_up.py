"""`yunfan up`: what it refuses, what it prints, and that nothing is left when it is killed."""

import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.errors import ServiceError
from infra.processes import ProcessIdentity, identify
from infra.settings import Settings
from server.child import start_child
from server.up import is_ready, operators_token, run_up, welcome

ROOT = Path(__file__).parents[2]
FOREVER = [sys.executable, "-c", "import time\nwhile True: time.sleep(1)"]


@dataclass(frozen=True)
class SignIn:
    tenant: str
    who: str
    identifier: str
    password: str
    role_zh: str
    role_en: str


def settings_for(data_dir: Path, **environ: str) -> Settings:
    return Settings.from_env({"YUNFAN_DATA": str(data_dir), **environ})


def test_a_taken_port_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]
        assert run_up(settings_for(tmp_path, YUNFAN_PORT=str(port)), io.StringIO()) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(port) in said
    assert "YUNFAN_PORT" in said
    assert not (tmp_path / "postgres").exists()


def test_another_server_that_took_the_port_is_not_ours(tmp_path: Path):
    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the library's
            self.send_response(200)
            if self.server.run is not None:  # type: ignore[attr-defined]
                self.send_header("X-Yunfan-Run", self.server.run)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Nothing is told."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ours = settings_for(tmp_path, YUNFAN_PORT=str(server.server_port), YUNFAN_RUN="ours")
        found = []
        for run in (None, "theirs", "ours"):
            server.run = run  # type: ignore[attr-defined]
            found.append(is_ready(ours))
        server.shutdown()
    assert found == [False, False, True]


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code = (
        "import json, os, sys, fcntl, time; from infra.processes import identify\n"
        "lock = open(sys.argv[1], 'a'); fcntl.flock(lock, fcntl.LOCK_EX); me = identify(os.getpid())\n"
        "lock.write(json.dumps({'pid': me.pid, 'started': me.started})); lock.flush(); print('held', flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "up.lock")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        assert run_up(settings_for(tmp_path), io.StringIO()) == 1
        first.kill()
    said = capsys.readouterr().err
    assert "already runs" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("locale", ["zh_CN.UTF-8", "C.UTF-8"])
def test_a_sentence_comes_in_the_terminals_language(locale: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LC_ALL", locale)
    assert ServiceError("english", "中文").sentence() == ("中文" if locale.startswith("zh") else "english")


def test_a_child_that_dies_is_told_with_the_end_of_its_log(tmp_path: Path):
    child = start_child("worker", ["/bin/sh", "-c", "echo the reason; exit 3"], dict(os.environ), tmp_path / "log")
    child.process.wait()
    with pytest.raises(ServiceError, match=r"(?s)worker .*code 3.*the reason"):
        child.raise_if_dead()


def test_errors_of_a_child_reach_the_console_once(tmp_path: Path):
    log = tmp_path / "log"
    line = '{"event": "job.failed", "level": "error"}'
    child = start_child("worker", ["/bin/sh", "-c", f"echo '{line}'; echo fine"], dict(os.environ), log)
    child.process.wait()
    assert list(child.new_errors()) == [line]
    assert list(child.new_errors()) == []


def test_a_child_is_stopped_with_all_that_it_started(tmp_path: Path):
    script = "trap '' TERM; sleep 60 & echo $!; wait; wait"
    child = start_child("server", ["/bin/sh", "-c", script], dict(os.environ), tmp_path / "log")
    grandchild = _eventually(lambda: identify(int((tmp_path / "log").read_text() or 0)))
    child.stop(lambda: True)
    assert child.process.returncode is not None
    assert grandchild.wait_until_ended(5)


def test_the_watchdog_clears_up_when_its_pipe_breaks(tmp_path: Path):
    watched = subprocess.Popen(FOREVER, start_new_session=True)
    process = identify(watched.pid)
    assert process is not None
    _run_watchdog(tmp_path, {"name": "server", "pid": process.pid, "started": process.started})
    assert process.wait_until_ended(5)
    watched.wait()


@pytest.mark.parametrize("why", ["dismissed", "a stranger has the process id"])
def test_the_watchdog_leaves_alone(why: str, tmp_path: Path):
    watched = subprocess.Popen(FOREVER, start_new_session=True)
    process = identify(watched.pid)
    assert process is not None
    if why == "dismissed":
        _run_watchdog(tmp_path, {"name": "server", "pid": process.pid, "started": process.started}, {"done": True})
    else:
        _run_watchdog(tmp_path, {"name": "server", "pid": process.pid, "started": "long ago"})
    assert process.is_running()
    watched.kill()
    watched.wait()


def test_the_welcome_lines_up(tmp_path: Path):
    people = [
        SignIn("远帆贸易", "张敏", "zhang@example.com", "p-1", "管理员", "admin"),
        SignIn("Harbour Ltd", "Li", "13800000000", "p-22", "业务员", "salesperson"),
    ]
    text = welcome(settings_for(tmp_path, YUNFAN_PORT="8123"), people)
    assert "http://127.0.0.1:8123" in text
    table = [line for line in text.splitlines() if re.search(r"密码 password|p-1$|p-22$", line)]
    starts = {_columns(line[: re.search(r"\S+( password)?$", line).start()]) for line in table}  # type: ignore[union-attr]
    assert len(table) == 3
    assert len(starts) == 1


def test_the_operators_token_is_told_where_up_made_it_and_nobody_else_reads_it(tmp_path: Path):
    settings = settings_for(tmp_path, YUNFAN_PORT="8123")
    token = operators_token(settings)
    assert operators_token(settings) == token
    assert len(token) >= 16
    assert (tmp_path / "status-token").stat().st_mode & 0o777 == 0o600
    assert "/ops" not in welcome(settings, [])
    told = welcome(settings, [], token).splitlines()
    assert "服务状态 Server status: http://127.0.0.1:8123/ops" in told
    assert f"令牌 token: {token}" in told


def test_the_lock_file_names_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert not re.search(r"^\s*(-i|--index|--extra-index|--find-links|--trusted-host)", lock, re.MULTILINE)
    assert not re.search(r"(^|[\s=])/", lock)
    pins = [line for line in lock.splitlines() if line and line[0] not in " #"]
    assert pins
    assert all("==" in line for line in pins)
    assert lock.count("--hash=sha256:") >= len(pins)


def _run_watchdog(data_dir: Path, *messages: dict[str, object]) -> None:
    text = "".join(json.dumps(message) + "\n" for message in messages)
    command = [sys.executable, "-m", "server.watchdog", str(data_dir)]
    subprocess.run(command, input=text, text=True, cwd=ROOT, check=True, timeout=30)


def _eventually(find: Callable[[], ProcessIdentity | None]) -> ProcessIdentity:
    for _ in range(200):
        found = find()
        if found is not None:
            return found
        subprocess.run(["sleep", "0.02"], check=True)
    raise AssertionError("it never came")


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
