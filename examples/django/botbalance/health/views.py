"""Health as draft-inadarei-api-health-check-06 has it, with `critical`, `latency_ms`, `revision` and `commit` beside its
fields: the form that the dashboard and the deploy's gate read.

Plain views: Django REST framework would answer 406 to who accepts `application/health+json`.
"""

import hashlib
import json

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from botbalance.health import probes

CONTENT_TYPE = "application/health+json; charset=utf-8"
RETRY_AFTER_S = 5


@require_safe
def live(_request):
    """The process alone, for startup and liveness probes: restarting every instance mends no database."""
    body = json.dumps({"status": "pass", "revision": settings.REVISION})
    return HttpResponse(body, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@require_safe
def health(request):
    return _answer(request, "database and Redis", [probes.database.observe(), probes.redis_server.observe()])


@require_safe
def detailed(request):
    observers = (probes.database, probes.redis_server, probes.worker)
    return _answer(request, "every component", [observer.observe() for observer in observers])


def overall_status(checks: list) -> str:
    """A failed critical check fails the service; whatever else is not well is a warning."""
    if any(check["status"] == "fail" and check["critical"] for check in checks):
        return "fail"
    return "pass" if all(check["status"] == "pass" for check in checks) else "warn"


def _answer(request, description: str, checks: list) -> HttpResponse:
    status = overall_status(checks)
    unwell = [check["componentId"] for check in checks if check["status"] != "pass"]
    body = json.dumps(
        {
            "status": status,
            **({"releaseId": settings.RELEASE_ID} if settings.RELEASE_ID else {}),
            "revision": settings.REVISION,
            "commit": settings.COMMIT,
            **({"serviceId": settings.SERVICE} if settings.SERVICE else {}),
            "description": description,
            **({"output": f"not well: {', '.join(unwell)}"} if unwell else {}),
            "checks": {f"{check['componentId']}:responseTime": [check] for check in checks},
            "links": {"self": "/api/health", "detailed": "/api/health/detailed"},
        }
    )
    headers = {
        "Cache-Control": "no-cache",
        "ETag": f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"',
        "Server-Timing": ", ".join(f"{check['componentId']};dur={check['latency_ms']}" for check in checks),
    }
    if status == "fail":
        headers["Retry-After"] = str(RETRY_AFTER_S)
        return HttpResponse(body, status=503, content_type=CONTENT_TYPE, headers=headers)
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type=CONTENT_TYPE, headers=headers)
