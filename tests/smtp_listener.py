"""A small real SMTP server on loopback for tests: EHLO, STARTTLS or implicit TLS, AUTH PLAIN, chosen refusals."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class SmtpListener:
    """What the server has seen. `answers` replaces the reply to a command, e.g. {"RCPT": "550 no such user"}.

    A key may also be a whole line: {"RCPT TO:<gone@example.com>": "550 no such user"} refuses one address.
    """

    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    account: tuple[str, str] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    port: int = 0
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secured = self.implicit_tls
        try:
            await _say(writer, "220 test ESMTP")
            while line := (await reader.readline()).decode().strip():
                self.commands.append(line)
                verb = line.split(" ")[0].upper()
                if line in self.answers or verb in self.answers:
                    await _say(writer, self.answers.get(line) or self.answers[verb])
                elif verb == "EHLO":
                    await _say(writer, *self._features(secured))
                elif verb == "STARTTLS" and self.tls:
                    await _say(writer, "220 go ahead")
                    await writer.start_tls(self.tls)
                    secured = True
                elif verb == "AUTH":
                    await _say(writer, "235 ok" if self._known(line) else "535 not you")
                elif verb == "DATA":
                    await _say(writer, "354 end with .")
                    self.messages.append((await reader.readuntil(b"\r\n.\r\n"))[:-3])
                    self.encrypted.append(secured)
                    await _say(writer, "250 queued")
                elif verb == "QUIT":
                    await _say(writer, "221 bye")
                    break
                else:
                    await _say(writer, "250 ok")
        except (OSError, asyncio.IncompleteReadError):
            self.commands.append("(connection broken)")
        finally:
            writer.close()

    def _features(self, secured: bool) -> list[str]:
        features = ["250-test", "250-8BITMIME"]
        if self.tls and not secured:
            features.append("250-STARTTLS")
        if self.account:
            features.append("250-AUTH PLAIN")
        return [*features, "250 SIZE 10000000"]

    def _known(self, line: str) -> bool:
        given = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        return self.account is not None and (given[1], given[2]) == self.account


async def _say(writer: asyncio.StreamWriter, *lines: str) -> None:
    writer.write(("\r\n".join(lines) + "\r\n").encode())
    await writer.drain()


@asynccontextmanager
async def smtp_listener(listener: SmtpListener) -> AsyncIterator[SmtpListener]:
    tls = listener.tls if listener.implicit_tls else None
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0, ssl=tls)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await server.wait_closed()


def self_signed(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server context for 127.0.0.1 and a client context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=str(pem))
    return server, client
