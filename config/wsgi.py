"""The WSGI application that the HTTP front calls."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Everything that is loaded now stays for good. Scanning it for garbage again and again
# took a third of the time of a lineage of thousands of records
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
