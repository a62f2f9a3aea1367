"""The embedded services: private, durable, and started again after any way of dying."""

import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from infra import postgres, redis_server
from infra.errors import ServiceError
from infra.services import open_services
from infra.settings import Settings
from tests.infra_services import start_services


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where everything else is tested on a server that was given."""
    monkeypatch.delenv("YUNFAN_TEST_ADMIN_URL", raising=False)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # not tmp_path: its parents are closed to the user that the services run as when we are root
    with tempfile.TemporaryDirectory(prefix="yunfan-") as directory:
        yield Path(directory)


def test_postgres_refuses_a_wrong_password_and_listens_on_loopback_alone(data_dir: Path):
    server = postgres.start(data_dir)
    try:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres")
        with psycopg.connect(server.admin_url) as connection:
            shown = connection.execute(
                """SELECT current_setting('listen_addresses'), current_setting('fsync'),
                          current_setting('server_encoding')"""
            ).fetchone()
        assert shown == ("127.0.0.1", "on", "UTF8")
        assert server.password not in repr(server)
    finally:
        server.stop()
    assert not server.is_running()


def test_postgres_killed_hard_starts_again_with_its_data(data_dir: Path):
    server = postgres.start(data_dir)
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (42)")
    os.kill(server.process.pid, signal.SIGKILL)
    again = postgres.start(data_dir)
    try:
        assert again.process != server.process
        with psycopg.connect(again.admin_url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (42,)
    finally:
        again.stop()


def test_a_running_postgres_is_adopted(data_dir: Path):
    first = postgres.start(data_dir, durable=False)
    try:
        second = postgres.start(data_dir, durable=False)
        assert second.adopted
        assert second.process == first.process
    finally:
        first.stop()


def test_a_lock_file_whose_process_id_now_belongs_to_a_stranger_is_no_obstacle(data_dir: Path):
    server = postgres.start(data_dir, durable=False)
    lock_file = server.directory / "postmaster.pid"
    lines = lock_file.read_text().splitlines()
    server.stop()
    lock_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = postgres.start(data_dir, durable=False)
    try:
        assert again.is_running()
    finally:
        again.stop()


def test_a_taken_port_is_replaced(data_dir: Path):
    server = postgres.start(data_dir, durable=False)
    server.stop()
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", server.port))
        taker.listen()
        again = postgres.start(data_dir, durable=False)
    try:
        assert again.port != server.port
    finally:
        again.stop()


def test_data_of_another_postgres_are_refused_in_one_sentence(data_dir: Path):
    server = postgres.start(data_dir, durable=False)
    server.stop()
    (server.directory / "PG_VERSION").write_text("14\n")
    with pytest.raises(ServiceError, match="PostgreSQL 14"):
        postgres.start(data_dir)


def test_redis_asks_for_its_password(data_dir: Path):
    server = redis_server.start(data_dir)
    try:
        client = redis.Redis(port=server.port)
        with pytest.raises(redis.AuthenticationError):
            client.ping()
        client.close()
        assert server.password not in repr(server)
    finally:
        server.stop()


def test_redis_killed_hard_starts_again_with_its_data(data_dir: Path):
    server = redis_server.start(data_dir)
    client = redis.Redis.from_url(server.url)
    client.set("kept", "42")
    client.close()
    time.sleep(1.1)  # the append-only file is flushed every second
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait_until_ended(5)
    again = redis_server.start(data_dir)
    try:
        client = redis.Redis.from_url(again.url)
        assert client.get("kept") == b"42"
        client.close()
        assert redis_server.start(data_dir).adopted
    finally:
        again.stop()


def test_an_unreachable_redis_is_told_in_one_sentence(data_dir: Path):
    with pytest.raises(ServiceError, match="REDIS_URL") as refused:
        redis_server.require_reachable("redis://:topsecret@127.0.0.1:1/0")
    assert "topsecret" not in refused.value.en
    assert "\n" not in refused.value.en


def test_the_last_user_stops_the_services_and_nobody_before(data_dir: Path):
    services = start_services(data_dir)
    try:
        with open_services(Settings.from_env({"YUNFAN_DATA": str(data_dir)})) as shared:
            assert shared.postgres is not None
            assert shared.postgres.adopted
        assert shared.postgres.is_running()
    finally:
        services.stop()
    assert not shared.postgres.is_running()


def test_secrets_are_private(data_dir: Path):
    services = start_services(data_dir)
    try:
        secrets = list((data_dir / "secrets").iterdir())
        assert {path.name for path in secrets} >= {"postgres_admin", "redis", "yunfan_app", "yunfan_platform"}
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in secrets)
        passwords = [path.read_text().strip() for path in secrets]
        logs = "".join(path.read_text() for path in (data_dir / "logs").iterdir())
        assert not any(password in logs for password in passwords)
        assert not any(password in repr(services) for password in passwords)
    finally:
        services.stop()
