"""How each component is asked whether it is well."""

import time
import uuid
from functools import lru_cache

import redis
from django.conf import settings
from django.db import connection

from botbalance.health.component import Component, Observer, ProbeFailure
from botbalance.health.tasks import answer_ping, reply_key

ROUND_TRIP_S = 2


@lru_cache(maxsize=1)
def redis_client() -> redis.Redis:
    """One pool a process. It waits for an answer a little longer than a round trip may take."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=ROUND_TRIP_S + 1)


def probe_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def probe_redis() -> None:
    redis_client().ping()


def probe_worker() -> None:
    """By a task's way through the queue and back: a worker can live and not consume."""
    ping = str(uuid.uuid4())
    # While no worker takes them, pings must not pile up: the newest few stay, and a worker drops those that are too old.
    redis_client().ltrim("health", 0, 9)
    answer_ping.apply_async((ping,), retry=False, expires=time.time() + ROUND_TRIP_S)
    if redis_client().blpop([reply_key(ping)], timeout=ROUND_TRIP_S) is None:
        raise ProbeFailure("no worker took the task in time")


has_redis = bool(settings.REDIS_URL)
database = Observer(
    Component("database", "datastore", True, "DATABASE_URL", probe_database if settings.HAS_DATABASE else None, 1, 1)
)
redis_server = Observer(Component("redis", "datastore", False, "REDIS_URL", probe_redis if has_redis else None, 1, 1))
worker = Observer(Component("worker", "component", False, "REDIS_URL", probe_worker if has_redis else None, 5, 2))
