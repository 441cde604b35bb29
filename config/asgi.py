"""The ASGI application that gunicorn serves: the HTTP front with Django behind it."""

from django.conf import settings

from config.wsgi import application as wsgi_application
from registry.front.addresses import network_of
from registry.front.application import Front, Limits
from registry.front.transfer_timeouts import TransferTimeout
from registry.http.addresses import address_from_environ
from registry.http.bodies import SMALL_BODY_BYTES

application = Front(
    wsgi_application,
    Limits(
        threads=settings.THREADS,
        body=SMALL_BODY_BYTES,
        bodies=settings.ARRIVING_BODIES_BYTES,
        transfer_timeout=TransferTimeout(settings.IDLE_SECONDS, settings.SLOWEST_RATE),
        urgent=frozenset({"/livez", "/readyz"}),
    ),
    address_of=lambda environ: network_of(address_from_environ(environ)),
)
