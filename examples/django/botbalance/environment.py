"""What the environment's variables mean. Pure: nothing here reads the environment or connects to anything.

Messages never repeat a value: it may be a secret.
"""

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit


class Invalid(ValueError):
    """A variable whose value cannot be used; its text says what it must be."""


SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def database_settings(url: str, host_override: str = "") -> dict:
    """Django's settings for a `postgresql://user:password@host:5432/database` URL.

    Cloud SQL's socket is given as `?host=/cloudsql/project:region:instance`, or by `host_override` (DATABASE_HOST),
    which wins over both hosts of the URL.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("postgres", "postgresql"):
        raise Invalid("must be a URL such as postgresql://user:password@host:5432/database")
    parameters = dict(parse_qsl(parts.query))
    unknown = sorted(set(parameters) - {"host", "port", "sslmode"})
    if unknown:
        raise Invalid(f"has the parameter {unknown[0]!r}; known are host, port, sslmode")
    name = unquote(parts.path.lstrip("/"))
    if not parts.username or not name:
        raise Invalid("must name a user and a database")
    mode = parameters.get("sslmode")
    if mode is not None and mode not in SSL_MODES:
        raise Invalid(f"has an sslmode that is none of {', '.join(SSL_MODES)}")
    try:
        port = int(parameters.get("port") or parts.port or 5432)
    except ValueError:
        raise Invalid("has a port that is not a number") from None
    host = host_override or parameters.get("host") or unquote(parts.hostname or "localhost")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": host,
        "PORT": port,
        "NAME": name,
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or ""),
        "OPTIONS": {
            "connect_timeout": 2,
            "options": "-c statement_timeout=4000",
            **({"sslmode": mode} if mode and not host.startswith("/") else {}),
        },
    }


# Celery and redis-py spell the same three choices differently, and each refuses the other's spelling.
CELERY_SPELLING = {"required": "CERT_REQUIRED", "optional": "CERT_OPTIONAL", "none": "CERT_NONE"}
REDIS_PY_SPELLING = {celery: redis_py for redis_py, celery in CELERY_SPELLING.items()}


def celery_redis_url(url: str) -> str:
    """For a `rediss://` URL Celery wants `ssl_cert_reqs` to be there, as CERT_REQUIRED."""
    return _with_verification(url, CELERY_SPELLING)


def redis_py_url(url: str) -> str:
    """For a `rediss://` URL redis-py wants `ssl_cert_reqs`, where it is there, as required."""
    return _with_verification(url, REDIS_PY_SPELLING)


def _with_verification(url: str, spelling: dict) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise Invalid("must be a URL such as redis://user:password@host:6379/0, or rediss://… for TLS")
    if parts.scheme == "redis":
        return url.strip()
    parameters = dict(parse_qsl(parts.query))
    given = parameters.get("ssl_cert_reqs", "required")
    wanted = spelling.get(given, given)
    if wanted not in spelling.values():
        raise Invalid(f"has an ssl_cert_reqs that is none of {', '.join([*spelling, *spelling.values()])}")
    parameters["ssl_cert_reqs"] = wanted
    return urlunsplit(parts._replace(query=urlencode(parameters)))


def origins(text: str) -> list:
    """Origins, separated by commas. Of an address with a path only the origin counts: it is all that a browser sends."""
    found = []
    for word in words(text):
        parts = urlsplit(word)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise Invalid("must be origins such as https://app.example.com, separated by commas; * is not allowed")
        found.append(f"{parts.scheme}://{parts.netloc}")
    return found


def hosts(text: str) -> list:
    """Host names, separated by commas, without their ports: Django compares them so."""
    found = [re.sub(r":\d+$", "", word).lower() for word in words(text)]
    if any(not re.fullmatch(r"[a-z0-9.-]+", host) for host in found):
        raise Invalid("must be host names such as api.example.com, separated by commas; * is not allowed")
    return found


def words(text: str) -> list:
    return [word.strip() for word in text.split(",") if word.strip()]


def canonical_host(host: str, service: str, allowed: list) -> str:
    """The name that ALLOWED_HOSTS knows, for any other address of the same service; any other host as it is.

    A Cloud Run service answers on `SERVICE-PROJECTNUMBER.REGION.run.app` and `SERVICE-HASH-REGIONCODE.a.run.app`, and each
    traffic tag adds `TAG---` before either. None of them is a subdomain of another, so that ALLOWED_HOSTS alone would
    need them all, tags that do not exist yet included. Google's front end routes by that name: a request for another
    service's name does not come here.
    """
    name, port = re.fullmatch(r"(.*?)((?::\d+)?)", host.lower(), re.DOTALL).groups()
    untagged = re.sub(r"^[a-z0-9-]+?---", "", name)
    if untagged in allowed:
        return untagged + port
    own = rf"{re.escape(service)}-(\d+\.[a-z0-9-]+\.run\.app|[a-z0-9]+-[a-z]+\.a\.run\.app)"
    if service and allowed and re.fullmatch(own, untagged):
        return allowed[0] + port
    return host
