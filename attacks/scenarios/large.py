"""Large bodies with little content."""

from __future__ import annotations

import secrets

from attacks.client import Answer, Client
from attacks.findings import Finding, megabytes
from attacks.scenarios.concurrency import ServerWatch, run_concurrently, watch_server
from attacks.target import Target

#: Maximum growth of the server's memory in bytes while it rejects three such bodies.
MAX_GROWTH = 2**30
_EMPTY = 63 * 2**20 // 3


def empty_objects(target: Target) -> list[Finding]:
    """Send 22 million empty JSON objects, three times at once."""
    body = b"[" + b"{}," * (_EMPTY - 2) + b"{}]"

    def post(number: int) -> Answer:
        return _send_body(target, "/api/object/", body, "application/json")

    with watch_server(target) as watched:
        answers = run_concurrently(3, post)
    return _build_findings("63 MB of empty objects, three times", answers, watched)


def multipart_to_the_token_endpoint(target: Target) -> list[Finding]:
    """Send a form with a file of 60 MB to a view that reads a few short fields."""
    boundary = secrets.token_hex(16)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        'filename="a"\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    body = head.encode() + bytes(60 * 2**20) + f"\r\n--{boundary}--\r\n".encode()

    def post(number: int) -> Answer:
        form = f"multipart/form-data; boundary={boundary}"
        return _send_body(target, "/o/token", body, form, signed_in=False)

    with watch_server(target) as watched:
        answers = run_concurrently(3, post)
    return _build_findings("a file of 60 MB to /o/token, three times", answers, watched)


def _send_body(
    target: Target, path: str, body: bytes, content_type: str, *, signed_in: bool = True
) -> Answer:
    """Return the response; 413 if the server closed before all was sent."""
    headers = {"Content-Type": content_type}
    try:
        with Client(target, signed_in=signed_in) as client:
            return client.send("POST", path, body, headers)
    except (BrokenPipeError, ConnectionResetError):
        return Answer(413, b"")


def _build_findings(
    name: str, answers: list[Answer], watched: ServerWatch
) -> list[Finding]:
    statuses = sorted(answer.status for answer in answers)
    refused = all(400 <= status < 500 or status == 503 for status in statuses)
    growth = f"{megabytes(watched.grown)} more memory"
    return [
        Finding(f"rejected: {name}", refused, str(statuses)),
        Finding(f"little memory: {name}", watched.grown < MAX_GROWTH, growth),
        _livez_finding(name, watched),
    ]


def _livez_finding(name: str, watched: ServerWatch) -> Finding:
    seen = f"{watched.missed} of {watched.asked} missed"
    return Finding(f"/livez responds during: {name}", not watched.missed, seen)
