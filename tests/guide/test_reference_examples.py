"""Four scripts that people used with an earlier registry still run.

They are unchanged, including their `assert`s. Only the parts that depend on the
registry are replaced: the host, the token, and the id of an object.
"""

# the scripts are printed as they are
from __future__ import annotations

import subprocess
import sys

import pytest
import requests

from tests.plugins.server import LiveRegistry

# one registry for all four, which is that of the guides
pytestmark = pytest.mark.xdist_group("guides")

PRINTED_HOST = "https://data.scrc.uk"
PRINTED_TOKEN = "<TOKEN>"
PRINTED_OBJECT = "object/31946/"

A_LIST = """\
import requests
r = requests.get('https://data.scrc.uk/api/object/')

# 200 is successful request
assert(r.status_code == 200)

# The returned data is in JSON format
data = r.json()

# The data is paginated, with the total number of objects given in count
print(data["count"])

# The next page can be obtained by using the link give in next
if data["next"]:
    r = requests.get(data["next"])

# The returned objects are given in results
objects = data["results"]

# Objects are returned a list of dictionaries
print(objects[0]["url"])
print(objects[0]["description"])
"""

ONE_OBJECT = """\
import requests
r = requests.get('https://data.scrc.uk/api/object/31946/')

# 200 is successful request
assert(r.status_code == 200)

# The returned data is in JSON format
data = r.json()

# The returned JSON is a dictionary of the object requested
print(data.keys())
print(data["description"])
"""

OPTIONS = """\
import requests

# To get full options we need to authenticate.
# This is done by sending our API token in the request header (<TOKEN> should be repleaced
# with the API token generated from the web page).
headers = {
    'Authorization': 'token <TOKEN>'
}
r = requests.options('https://data.scrc.uk/api/object/31946/', headers=headers)

# 200 is successful request
assert(r.status_code == 200)

# The returned data is in JSON format
data = r.json()

# Documentation for the endpoint is given in the description element:
print(data['description'])

# Details about how to construct a POST request is given in the actions element.
for el in data['actions']['POST'].items():
    # Each element has the name of the field and details about its type, whether
    # it is required, etc.
    print(el)
"""

PUTTING = """\
import requests

# To PUT and object you need to be authenticated.
# This is done by sending our API token in the request header (<TOKEN> should be repleaced
# with the API token generated from the web page).
headers = {
    'Authorization': 'token <TOKEN>'
}

# You also need a dictionary of the data you want to put. To see what needs to go into this
# dictionary you can visit the API endpoint web-page by viewing the API endpoint in a browser
# or query the API endpoint using an OPTIONS request (see above).
data = {
    "path": "path/to/file",
    "hash": "dae8dd8b2837e2f33979da109109244f0f9e273f",
    "storage_root": "https://data.scrc.uk/api/storage_root/1/"
}
r = requests.put('https://data.scrc.uk/api/object/31946/', data, headers=headers)

# 201 is successful create
assert(r.status_code == 201)

# You will also receive back the object you just created, like if you had done a GET for
# an individual object (see above)
data = r.json()
# The url entry contains the url of the new object
print(data['url'])
"""


@pytest.fixture(scope="module")
def an_object(registry: LiveRegistry, token: str) -> str:
    """Return the address of an object without a storage location."""
    address = f"{registry.url}/api/object/"
    answer = requests.post(
        address,
        json={"description": "An object without a place"},
        headers={"Authorization": f"token {token}"},
        timeout=60,
    )
    assert answer.status_code == 201
    return str(answer.json()["url"])


def run(script: str, registry: LiveRegistry, token: str, address: str) -> str:
    """Run a script with this registry's host, token and object; return its output."""
    found = script.replace(PRINTED_OBJECT, address.partition("/api/")[2])
    text = found.replace(PRINTED_HOST, registry.url).replace(PRINTED_TOKEN, token)
    done = subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_getting_a_list(registry: LiveRegistry, token: str, an_object: str) -> None:
    count, address, description = run(A_LIST, registry, token, an_object).splitlines()
    assert int(count) > 1
    assert address == an_object
    assert description == "An object without a place"


def test_getting_one_object(registry: LiveRegistry, token: str, an_object: str) -> None:
    printed = run(ONE_OBJECT, registry, token, an_object)
    assert printed.startswith("dict_keys(['url', 'last_updated', 'updated_by',")
    assert printed.endswith("An object without a place\n")


def test_asking_for_options(registry: LiveRegistry, token: str, an_object: str) -> None:
    printed = run(OPTIONS, registry, token, an_object)
    assert printed.startswith("A file, a folder or another thing")
    assert "('storage_location', {'type': 'field', 'required': False," in printed


def test_putting_an_object(registry: LiveRegistry, token: str, an_object: str) -> None:
    assert run(PUTTING, registry, token, an_object) == f"{an_object}\n"
    place = requests.get(an_object, timeout=60).json()["storage_location"]
    location = requests.get(place, timeout=60).json()
    assert location["path"] == "path/to/file"
    assert location["storage_root"] == f"{registry.url}/api/storage_root/1/"
