"""Run nginx with the configuration of the guide in front of a test's registry."""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.clients.guide import blocks
from tests.plugins.server import PATIENCE, end_with_parent, free_port

#: The host that the guide names.
HOST = "registry.example.org"
#: The account that nginx runs under where the tests run as root.
NOBODY = "nobody"

#: What Debian's nginx.conf has around the file of the guide, without its paths.
FRAME = """\
daemon off;
pid {folder}/pid;
worker_processes 1;
error_log {folder}/error.log warn;
events {{ worker_connections 768; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/registry.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running proxy; its clients trust `certificate`."""

    url: str
    certificate: Path
    folder: Path

    @property
    def log(self) -> str:
        """The warnings in its error log so far."""
        return (self.folder / "error.log").read_text(encoding="utf-8")


def documented() -> str:
    """Return nginx's configuration from the guide."""
    [text] = [one.text for one in blocks("running.md") if one.language == "nginx"]
    return text


@contextmanager
def served_by_nginx(upstream: str) -> Iterator[Proxy]:
    """Run nginx in front of a registry; skip the test if it is not installed."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed: scripts/system_packages.sh")
    # not below the folders of pytest, which only their owner may enter
    folder = Path(tempfile.mkdtemp(prefix="registry-nginx-"))
    try:
        proxy = _configured(folder, upstream)
        with _running(program, folder):
            yield proxy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configured(folder: Path, upstream: str) -> Proxy:
    port = free_port()
    certificate, key = _certificate(folder)
    text = _replaced(
        documented(),
        {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "server 127.0.0.1:8000;": f"server {urlsplit(upstream).netloc};",
            "/etc/ssl/registry.pem": str(certificate),
            "/etc/ssl/registry.key": str(key),
        },
    )
    (folder / "registry.conf").write_text(text, encoding="utf-8")
    frame = FRAME.format(folder=folder)
    (folder / "nginx.conf").write_text(frame, encoding="utf-8")
    return Proxy(f"https://127.0.0.1:{port}", certificate, folder)


def _replaced(text: str, places: dict[str, str]) -> str:
    """Replace values that differ on this machine; all must occur in the guide."""
    for documented_text, ours in places.items():
        assert text.count(documented_text) == 1, f"the guide has no {documented_text!r}"
        text = text.replace(documented_text, ours)
    return text


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Create a key and a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    hosts = [x509.DNSName(HOST), x509.IPAddress(ip_address("127.0.0.1"))]
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "registry.pem", folder / "registry.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


@contextmanager
def _running(program: str, folder: Path) -> Iterator[None]:
    """Run nginx, never as root, until the block ends."""
    user = NOBODY if os.geteuid() == 0 else None
    if user is not None:
        folder.chmod(0o755)
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
    log = folder / "error.log"
    process = subprocess.Popen(
        [program, "-p", folder, "-c", folder / "nginx.conf", "-e", log],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user,
        preexec_fn=end_with_parent,  # noqa: PLW1509
    )
    try:
        _wait(process, folder)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until nginx has written its process id, which is after it listens."""
    deadline = time.monotonic() + PATIENCE
    while not (folder / "pid").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"nginx does not start:\n{(folder / 'error.log').read_text()}")
        time.sleep(0.02)
