"""A registry works behind nginx, configured as the guide says."""

from __future__ import annotations

import hashlib
import os
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from attacks.attackers import ATTACKER_TYPES
from attacks.client import Client, require_status
from attacks.event_loops import run_coroutine
from attacks.runner import AttackRunner
from attacks.sample_data import SamplePaths, register_samples, upload_path
from attacks.target import Target
from tests.attacks.proxy import HOST, Proxy
from tests.attacks.test_attackers import ATTACKERS, GENEROUS
from tests.plugins.server import LiveRegistry

# nginx is the same whatever the database
pytestmark = [pytest.mark.once, pytest.mark.xdist_group("attacks")]

MEGABYTE = 2**20
#: The address that attackers come from: nginx counts the connections of each.
ATTACKERS_ADDRESS = "127.0.0.2"


def get(target: Target, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    """Send a request with the registry's public host name, as a browser does."""
    connection = target.connect()
    try:
        connection.request("GET", path, headers={"Host": HOST, **headers})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_pages_and_the_api_are_served(behind: Target) -> None:
    page, text = get(behind, "/")
    assert page.status == 200
    assert b"<html" in text
    assert page.headers["Strict-Transport-Security"]
    root, text = get(behind, "/api/", Accept="application/json")
    assert root.status == 200
    assert f'"https://{HOST}/api/object/"'.encode() in text
    assert get(behind, "/sign-in")[0].status == 200


def test_redirects_lead_to_the_public_url(behind: Target) -> None:
    answer, _ = get(behind, "/api/object", Accept="application/json")
    assert answer.status in {301, 308}
    location = urlsplit(answer.headers["Location"])
    assert (location.scheme or "https", location.netloc or HOST) == ("https", HOST)
    assert location.path == "/api/object/"


@pytest.fixture(scope="module")
def large(behind: Target) -> tuple[str, bytes]:
    """Upload 50 MB; return the checksum and the bytes."""
    data = os.urandom(50 * MEGABYTE)
    checksum = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    with Client(behind) as client:
        path = upload_path(client, checksum)
        require_status(client.send("PUT", path, data), 201)
    return checksum, data


def test_a_large_file_is_uploaded_and_downloaded(
    behind: Target, large: tuple[str, bytes]
) -> None:
    checksum, data = large
    answer, received = get(behind, f"/data/{checksum}")
    assert answer.status == 200
    assert answer.headers["Content-Length"] == str(len(data))
    assert received == data


def test_the_proxy_streams_a_large_file_without_storing_it(
    behind: Target, proxy: Proxy, large: tuple[str, bytes]
) -> None:
    assert "client request body is buffered" not in proxy.log
    with Client(behind) as client:
        client.post("/api/object/", {"description": "x" * MEGABYTE})
    # so that the line is known to be there when a body is kept
    assert "client request body is buffered" in proxy.log


def test_a_range_of_a_file_is_sent(behind: Target, large: tuple[str, bytes]) -> None:
    checksum, data = large
    answer, received = get(behind, f"/data/{checksum}", Range="bytes=1000-1999")
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes 1000-1999/{len(data)}"
    assert received == data[1000:2000]


def test_a_rejected_upload_gets_the_reason(behind: Target) -> None:
    data = os.urandom(8 * MEGABYTE)
    with Client(behind) as client:
        path = upload_path(client, hashlib.sha1(data).hexdigest())  # noqa: S324
        assert client.send("PUT", f"{path}x", data).status == 403
        assert client.send("PUT", path, data[:-1]).status == 400
        assert client.send("PUT", path, data).status == 201


def test_other_bodies_are_limited(behind: Target) -> None:
    connection = behind.connect()
    try:
        connection.putrequest("POST", "/api/object/")
        connection.putheader("Content-Length", str(65 * MEGABYTE))
        connection.endheaders()
        assert connection.getresponse().status == 413
    finally:
        connection.close()


def test_clients_are_identified_by_the_address_that_the_proxy_saw(
    behind: Target, proxied: LiveRegistry
) -> None:
    one, other = behind.from_address("127.0.0.9"), behind.from_address("127.0.0.10")
    forged = {"X-Forwarded-For": "198.51.100.7, 127.0.0.1"}
    statuses = [
        get(one, "/api/", **forged, **{"X-Request-Id": f"asked-{turn}"})[0].status
        for turn in range(6)
    ]
    assert statuses == [200] * 5 + [429]
    assert get(other, "/api/")[0].status == 200
    lines = [x for x in proxied.log.splitlines() if "asked-" in x]
    assert len(lines) == 6
    assert all(line.endswith(" address=127.0.0.9") for line in lines)


@pytest.fixture(scope="module")
def samples_behind(behind: Target) -> SamplePaths:
    """Return the paths of sample data behind the proxy."""
    return register_samples(behind)


#: One of each sort: nginx treats all that is not streamed alike.
SORTS = (
    "headers: unfinished",
    "idle connections",
    "body: JSON with a token",
    "body: crate without a token",
    "body: PUT badly signed",
    "body: signed PUT",
    "body: slow chunks, signed PUT",
    "readers: slow download",
    "readers: slow CSV",
    "readers: slow crate",
    "readers: pipelined and unread",
    "flood: reconnecting at once",
)


@pytest.mark.parametrize("name", SORTS)
def test_honest_clients_are_served_during_attacks(
    name: str, behind: Target, samples_behind: SamplePaths
) -> None:
    [kind] = [kind for kind in ATTACKER_TYPES if kind.name == name]
    runner = AttackRunner(behind, samples_behind, ATTACKERS, ATTACKERS_ADDRESS)
    report, _ = run_coroutine(
        runner.measure_during(
            kind,
            seconds=1,
            head_start=0.3,
            answer_within=GENEROUS,
            live_within=GENEROUS,
            uploads=False,
        )
    )
    assert report.failures == {}
    assert report.milliseconds
    assert report.live_misses == 0
