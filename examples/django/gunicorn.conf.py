"""gunicorn on Cloud Run: one process, threads for the concurrency, and time to finish when told to stop."""

import os

bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "16"))
# Cloud Run limits a request's time itself.
timeout = 0
# SIGTERM comes ten seconds before the kill.
graceful_timeout = 9
# Longer than the proxy in front keeps a connection (600 s).
keepalive = 620
# Heartbeats are written to a file: not to a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "botbalance.logs.JsonFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    # Cloud Run logs every request itself.
    "loggers": {"gunicorn.error": {"level": "INFO", "propagate": True}, "gunicorn.access": {"level": "CRITICAL"}},
}
