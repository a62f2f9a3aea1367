"""The bench's meter of bytes: what this process's sockets carried to one port, nothing else."""

from __future__ import annotations

import os
import socket

import pytest

from infra.bench.meters import Parts, bytes_told, spending


def _pair(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    ours = socket.create_connection(listener.getsockname())
    return ours, listener.accept()[0]


@pytest.fixture
def listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_bytes_of_old_and_new_connections_to_the_port(listener: socket.socket) -> None:
    with listener, socket.create_server(("127.0.0.1", 0)) as another:
        old, far = _pair(listener)
        stray, far_stray = _pair(another)
        old.sendall(b"x" * 5_000)
        far.recv(8_000)
        with spending(Parts(os.getpid(), None, listener.getsockname()[1])) as spent:
            new, far_new = _pair(listener)
            for near, other in ((old, far), (new, far_new), (stray, far_stray)):
                near.sendall(b"y" * 1_000)
                assert len(other.recv(8_000)) == 1_000
                other.sendall(b"z" * 300)
                assert len(near.recv(8_000)) == 300
        for open_one in (old, far, new, far_new, stray, far_stray):
            open_one.close()
    assert spent.received == 600
    assert 2_000 <= spent.sent <= 2_002  # Linux counts the opening of a connection as a byte that arrived
    assert bytes_told(spent) == "0.6 kB received, 2.0 kB sent"
