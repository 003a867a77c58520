"""Errors in one form, wherever they arise: `{"error": {"code": …, "message": …}}`."""

from django.http import JsonResponse
from rest_framework.views import exception_handler


def body(code: str, message: str) -> dict:
    return {"error": {"code": code, "message": message}}


def bad_request(_request, exception):  # Django passes it by this name
    message = "the request cannot be understood, or names a host that is not this service's"
    return JsonResponse(body("invalid-request", message), status=400)


def not_found(_request, exception):
    return JsonResponse(body("not-found", "there is nothing at this path"), status=404)


def failed(_request):
    return JsonResponse(body("internal", "the request failed; the reason is in the service's log"), status=500)


def api_error(error, context):
    """What Django REST framework refuses: a body that is not JSON, a field that is wrong, a caller who is too quick."""
    response = exception_handler(error, context)
    if response is not None:
        code = getattr(error, "default_code", "invalid-request").replace("_", "-")
        response.data = body(code, _sentence(getattr(error, "detail", str(error))))
    return response


def _sentence(detail) -> str:
    """`{"nonce": ["Too long.", "Odd."]}` → `nonce: Too long. Odd.`"""
    if isinstance(detail, dict):
        return " ".join(f"{field}: {_sentence(value)}" for field, value in detail.items())
    return " ".join(_sentence(item) for item in detail) if isinstance(detail, list) else str(detail)
