"""A developer's machine: what is not configured is reported so by the health views, not refused."""

from botbalance.settings.base import *  # noqa: F403
from botbalance.settings.base import ALLOWED_HOSTS, refuse_problems

refuse_problems()

DEBUG = True
SECRET_KEY = "for-development-only"
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1"]
