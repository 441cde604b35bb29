"""The WSGI application that gunicorn serves."""

import gc
import os
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_answer = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer a request; the scheme is what a proxy says only where there is one.

    gunicorn believes X-Forwarded-Proto of every program on the same machine.
    """
    if not settings.PROXIES:
        environ["wsgi.url_scheme"] = "http"
    return _answer(environ, start_response)


# All that is loaded now stays for good; to look through it for garbage again and again
# took a third of the time of a lineage of thousands of records
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
