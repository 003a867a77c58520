"""The proof that the parts work together: a nonce goes in over HTTP, through the queue to a worker, into PostgreSQL, and
is read there."""

import logging

from django.conf import settings
from django.db import DatabaseError
from kombu.exceptions import OperationalError as BrokerError
from redis import RedisError
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from botbalance import errors
from botbalance.echo.models import Echo
from botbalance.echo.tasks import write_echo
from botbalance.health.probes import redis_client

logger = logging.getLogger(__name__)

MAX_WAITING = 1000


class NonceSerializer(serializers.Serializer):
    nonce = serializers.RegexField(r"\A[A-Za-z0-9_-]{8,64}\Z")


def unavailable(code: str, message: str, retry_after_s: int) -> Response:
    return Response(errors.body(code, message), status=503, headers={"Retry-After": str(retry_after_s)})


class EchoesView(APIView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "echo-write"

    def post(self, request):
        serializer = NonceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        nonce = serializer.validated_data["nonce"]
        if not settings.REDIS_URL:
            return unavailable("no-queue", "the queue is not configured", 60)
        try:
            # `celery` is the list in which Celery's default queue waits.
            if redis_client().llen("celery") >= MAX_WAITING:
                return unavailable("queue-full", "too many tasks are waiting", 30)
            write_echo.apply_async((nonce,), retry=False)
        except (BrokerError, OSError, RedisError) as error:
            logger.warning("a task was not enqueued: %s", type(error).__name__)
            return unavailable("queue-unavailable", "the queue does not answer", 5)
        return Response({"nonce": nonce, "status": "queued"}, status=202, headers={"Location": f"/api/echo/{nonce}"})


class EchoView(APIView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "echo-read"

    def get(self, _request, nonce):
        NonceSerializer(data={"nonce": nonce}).is_valid(raise_exception=True)
        try:
            echo = Echo.objects.filter(nonce=nonce).first()
        except DatabaseError as error:
            logger.warning("a nonce could not be read: %s", type(error).__name__)
            return unavailable("database-unavailable", "the database does not answer", 5)
        headers = {"Cache-Control": "no-store"}
        if echo is None:
            return Response(errors.body("not-found", "this nonce was not written (yet)"), status=404, headers=headers)
        body = {"nonce": echo.nonce, "writtenAt": echo.written_at, "writtenBy": echo.written_by}
        return Response(body, headers=headers)
