"""A script that uses wipac-rest-tools to send requests to the registry, on demand.

    python script_of_rest_tools.py REGISTRY KIND [NAME=VALUE …]

KIND is `device`, `saved` or `service`; the names are arguments of the client's own
functions. For each line `sync` or `async` on standard input, it requests its user name
and prints the outcome as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import jwt
import requests
from rest_tools.client import (
    ClientCredentialsAuth,
    DeviceGrantAuth,
    RestClient,
    SavedDeviceGrantAuth,
)
from rest_tools.utils import OpenIDAuth

KINDS: dict[str, Any] = {
    "device": DeviceGrantAuth,
    "saved": SavedDeviceGrantAuth,
    "service": ClientCredentialsAuth,
}


def tell(**values: Any) -> None:
    sys.stdout.write(f"{json.dumps(values)}\n")
    sys.stdout.flush()


def ask(client: RestClient, how: str) -> dict[str, Any]:
    if how == "async":
        answer = asyncio.run(client.request("GET", "/username/"))
    else:
        answer = client.request_seq("GET", "/username/")
    return dict(answer)


def about_token(client: RestClient, token_url: str) -> dict[str, Any]:
    token = client.access_token
    assert token is not None
    verifier: Any = OpenIDAuth(token_url)
    claims = verifier.validate(str(token))
    assert claims == jwt.decode(token, options={"verify_signature": False})
    return {"jti": claims["jti"]}


def main() -> None:
    registry, kind, *given = sys.argv[1:]
    options = dict(one.split("=", 1) for one in given)
    token_url = options.pop("token_url", f"{registry}/o")
    try:
        client = KINDS[kind](f"{registry}/api", token_url, **options)
    except RuntimeError as error:
        tell(failed=str(error))
        return
    tell(ready=True)
    for line in sys.stdin:
        try:
            answer = ask(client, line.strip())
        except requests.HTTPError as error:
            tell(refused=error.response.status_code)
        except Exception as error:  # noqa: BLE001 (the client raises nothing narrower)
            tell(failed=str(error))
        else:
            tell(**answer, **about_token(client, token_url))


if __name__ == "__main__":
    main()
