"""Cloud Run, and whatever else speaks its contract."""

import os

from botbalance.settings.base import *  # noqa: F403
from botbalance.settings.base import REVISION, refuse_problems

DEBUG = False
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "")
refuse_problems("DJANGO_SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL")

# TLS ends at Google's front end, which says so in this header and redirects http itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
CSRF_COOKIE_SECURE = True
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # no redirect to https here: the front end makes it, and probes come by http
    "security.W005",  # this host does not speak for its subdomains
    "security.W021",  # nor is it for the browsers' preload list
]

if os.environ.get("SENTRY_DSN"):
    import sentry_sdk

    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], release=os.environ.get("RELEASE_ID"), server_name=REVISION)
