"""A web server with a certificate that only we know, and answers as told."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Told:
    """What the server answers: contents by path, and before these a status, or where to go instead."""

    contents: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpsServer:
    url: str
    certificate: Path
    told: Told


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing of a client that does not trust us."""


@contextmanager
def https_server(folder: Path) -> Iterator[HttpsServer]:
    certificate, key = _certificate(folder)
    told = Told()
    server = _Server(("127.0.0.1", 0), _handler(told))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield HttpsServer(f"https://localhost:{server.server_port}", certificate, told)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(told: Told) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path in told.leads:
                self._answer(302, b"", told.leads[self.path])
            elif self.path in told.statuses:
                self._answer(told.statuses[self.path], b"")
            elif self.path in told.contents:
                self._answer(200, told.contents[self.path])
            else:
                self._answer(404, b"")

        def _answer(self, status, content, leads=None):
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if leads is not None:
                self.send_header("Location", leads)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            """Say nothing."""

    return Handler


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *kind))
    return certificate, secret
