"""What every environment has in common, read from its variables once; every problem is told at once."""

import os

import django
from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue

from botbalance import environment
from botbalance.environment import Invalid

_problems = []


def read(name, parse, default):
    """The parsed variable; the default where it is absent or empty; what is wrong with it is collected."""
    text = os.environ.get(name, "")
    if not text:
        return default
    try:
        return parse(text)
    except Invalid as problem:
        _problems.append(f"{name}: {problem}")
        return default


def refuse_problems(*missing: str) -> None:
    """Raises with every problem, the variables of `missing` that are absent included."""
    absent = [f"{name}: is missing" for name in missing if not os.environ.get(name)]
    problems = list(dict.fromkeys(absent + _problems))
    if problems:
        raise ImproperlyConfigured("the configuration is not usable:\n  " + "\n  ".join(problems))


# What runs, as Cloud Run and the deploy name it.
SERVICE = os.environ.get("K_SERVICE", "")
REVISION = os.environ.get("K_REVISION") or os.environ.get("CLOUD_RUN_WORKER_POOL_REVISION", "")
COMMIT = os.environ.get("COMMIT_SHA") or "unknown"
RELEASE_ID = os.environ.get("RELEASE_ID", "")

INSTALLED_APPS = ["corsheaders", "botbalance", "botbalance.health", "botbalance.echo"]
MIDDLEWARE = [
    "botbalance.middleware.host",
    "botbalance.middleware.expose_timing",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "botbalance.urls"
WSGI_APPLICATION = "botbalance.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = []
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024

ALLOWED_HOSTS = read("ALLOWED_HOSTS", environment.hosts, [])

# --- Database ---------------------------------------------------------------------------------------------------------
_database = read(
    "DATABASE_URL", lambda url: environment.database_settings(url, os.environ.get("DATABASE_HOST", "")), None
)
HAS_DATABASE = _database is not None
DATABASES = {"default": _database} if _database else {}
if _database:
    # A connection that the database dropped must not fail the next request. Django looks before it reuses one since 4.1;
    # before that each request has its own, which over a socket is a few milliseconds.
    _database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True} if django.VERSION >= (4, 1) else {"CONN_MAX_AGE": 0}

# --- Queue ------------------------------------------------------------------------------------------------------------
REDIS_URL = read("REDIS_URL", environment.redis_py_url, "")
CELERY_BROKER_URL = read("REDIS_URL", environment.celery_redis_url, "")
# Pings do not queue up behind the work: they ask whether a worker works, not how long the queue is. A worker consumes both.
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in ("celery", "health")]
CELERY_TASK_ROUTES = {"botbalance.health.tasks.*": {"queue": "health"}}
CELERY_TASK_IGNORE_RESULT = True
# Taken off the queue when done, not when begun: what a killed worker had in hand is done by the next one. Tasks must bear it.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than any task may take, or it is done twice.
    "visibility_timeout": 120,
    # A broker that hangs is left and connected to anew.
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "socket_keepalive": True,
    "health_check_interval": 15,
}
# SIGTERM comes ten seconds before the kill. Celery 5.5 stops softly within this time where REMAP_SIGTERM=SIGQUIT is set in
# the environment; an older one knows no such setting, and finishes what it has in hand (docs/django.md).
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 8

# --- Browsers ---------------------------------------------------------------------------------------------------------
CORS_ALLOWED_ORIGINS = read("CORS_ALLOWED_ORIGINS", environment.origins, [])
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST"]
CORS_ALLOW_HEADERS = ["content-type"]
CORS_EXPOSE_HEADERS = ["Date", "ETag", "Retry-After", "Server-Timing", "X-Revision"]
CORS_PREFLIGHT_MAX_AGE = 600

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "botbalance.errors.api_error",
    "DEFAULT_THROTTLE_RATES": {"echo-write": "60/min", "echo-read": "600/min"},
    # Cloud Run's front end appends the caller's address; what stands before it is the caller's word.
    "NUM_PROXIES": 1 if SERVICE else 0,
}

# --- Logs: one JSON object a line, as Cloud Logging reads them ---------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "botbalance.logs.JsonFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    # Cloud Run logs every request itself.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "ERROR"}},
}
