import redis
from celery import shared_task
from django.conf import settings

REPLY_TTL_MS = 10_000


def reply_key(ping: str) -> str:
    return f"health:reply:{ping}"


@shared_task(acks_late=False)
def answer_ping(ping: str) -> None:
    """Answers a round trip. Taken off the queue at once: a ping is not worth doing twice."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)
    with client, client.pipeline() as pipeline:
        pipeline.lpush(reply_key(ping), settings.REVISION).pexpire(reply_key(ping), REPLY_TTL_MS).execute()
