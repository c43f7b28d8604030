"""TLS for tests: an authority of our own, and a server in front of one that does not speak TLS."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest


@dataclass(frozen=True)
class Certificates:
    """The files of an authority and of a server, in one folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def for_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def made_in(folder: Path, host: str = "127.0.0.1") -> Certificates:
    """A new authority, and the certificate of the server at *host* that it has signed."""
    x509 = pytest.importorskip("cryptography.x509", reason="certificates are made with cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def named(name: str) -> x509.Name:  # type: ignore[name-defined]
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    now = datetime.datetime.now(datetime.UTC)
    keys = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def signed(name: str, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType) -> bytes:  # type: ignore[name-defined]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(named(name)).issuer_name(named("authority")).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )  # fmt: skip
        for extension in extensions:
            certificate = certificate.add_extension(extension, critical=False)
        pem: bytes = certificate.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return pem

    address = [x509.IPAddress(ipaddress.ip_address(host))]
    files = Certificates(folder)
    files.authority.write_bytes(
        signed("authority", keys[0], x509.BasicConstraints(ca=True, path_length=None))
    )
    files.certificate.write_bytes(signed("server", keys[1], x509.SubjectAlternativeName(address)))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files.key.write_bytes(keys[1].private_bytes(*form))
    return files


@contextmanager
def in_front_of(port: int, certificates: Certificates) -> Iterator[int]:
    """The port of a server that decrypts what comes and gives it to the server at *port*."""
    context = certificates.for_server
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                Thread(target=serve, args=(connection,), daemon=True).start()

        def serve(plain: socket.socket) -> None:
            with (
                suppress(OSError),
                context.wrap_socket(plain, server_side=True) as outside,
                socket.create_connection(("127.0.0.1", port)) as inside,
            ):
                back = Thread(target=pump, args=(inside, outside), daemon=True)
                back.start()
                pump(outside, inside)
                back.join()

        Thread(target=accept, daemon=True).start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Give on what comes until it ends, then end the other side."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
