"""The settings of the registry, with the application of a newcomer."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.newcomer.node_type.reviews.apps.ReviewsConfig"]
