from django.conf import settings

from botbalance.environment import canonical_host

# Probes look at the process, and name the host as they please.
PROBE_PATH = "/api/live"


def host(get_response):
    """Lets Django's ALLOWED_HOSTS decide on every request, whichever of the service's addresses it came by."""

    def middleware(request):
        named = request.META.get("HTTP_HOST")
        if named:
            request.META["HTTP_HOST"] = canonical_host(named, settings.SERVICE, settings.ALLOWED_HOSTS)
        if request.path != PROBE_PATH:
            request.get_host()  # raises DisallowedHost, which Django answers with 400
        response = get_response(request)
        response["X-Revision"] = settings.REVISION
        return response

    return middleware


def expose_timing(get_response):
    """Pages of the app's origin may read how long an answer took: https://www.w3.org/TR/resource-timing/"""

    def middleware(request):
        response = get_response(request)
        origin = request.META.get("HTTP_ORIGIN")
        if origin in settings.CORS_ALLOWED_ORIGINS:
            response["Timing-Allow-Origin"] = origin
        return response

    return middleware
