"""A script that uses provenaclient to send requests to the registry, on demand.

    python script_of_provena.py REGISTRY device
    python script_of_provena.py REGISTRY offline FILE

It runs in an environment of its own. For each line on standard input, it requests its
user name and prints the outcome as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import httpx
from provenaclient.auth import DeviceFlow, OfflineFlow
from provenaclient.utils.config import APIOverrides, Config


def tell(**values: Any) -> None:
    sys.stdout.write(f"\n{json.dumps(values)}\n")
    sys.stdout.flush()


def main() -> None:
    registry, kind, *file = sys.argv[1:]
    overrides = APIOverrides(
        keycloak_endpoint_override=f"{registry}/auth/realms/registry"
    )
    config = Config(
        domain="registry.invalid", realm_name="registry", api_overrides=overrides
    )
    auth: DeviceFlow | OfflineFlow
    if kind == "device":
        auth = DeviceFlow(config, "client-tools")
    else:
        auth = OfflineFlow(config, "automated-access", offline_token_file=file[0])
    tell(ready=True)
    for line in sys.stdin:
        if line.strip() == "renew" and isinstance(auth, OfflineFlow):
            auth.force_refresh()
        answer = httpx.get(f"{registry}/api/username/", auth=auth.get_auth())
        tell(status=answer.status_code, **answer.json())


if __name__ == "__main__":
    main()
