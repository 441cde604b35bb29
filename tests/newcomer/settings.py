"""The settings of the registry, with the application of a newcomer."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

#: What the newcomer's types need is declared before the surfaces read it.
_REGISTRY = _APPS.index("registry")
INSTALLED_APPS = [
    *_APPS[: _REGISTRY + 1],
    "tests.newcomer.reviews.apps.ReviewsConfig",
    *_APPS[_REGISTRY + 1 :],
]
