"""The agent can be downloaded from the registry, with its checksum."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_agent_has_the_checksum_that_is_beside_it(client: Client) -> None:
    program = client.get("/agent/registry-agent.pyz")
    checksum = client.get("/agent/registry-agent.pyz.sha256")
    digest = hashlib.sha256(program.content).hexdigest()
    assert checksum.content.decode() == f"{digest}  registry-agent.pyz\n"
    assert 'filename="registry-agent.pyz"' in program["Content-Disposition"]
    names = zipfile.ZipFile(io.BytesIO(program.content)).namelist()
    assert {"__main__.py", "registry/agent/agent.py"} <= set(names)


def test_the_agent_is_sent_again_only_if_it_has_changed(client: Client) -> None:
    etag = client.get("/agent/registry-agent.pyz")["ETag"]
    again = client.get("/agent/registry-agent.pyz", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["", ".sha256"])
def test_the_agent_cannot_be_changed(client: Client, path: str) -> None:
    assert client.post(f"/agent/registry-agent.pyz{path}").status_code == 405
