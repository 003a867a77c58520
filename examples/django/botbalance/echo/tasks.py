from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from botbalance.echo.models import Echo


@shared_task(autoretry_for=(OperationalError,), max_retries=6, retry_backoff=1, retry_jitter=False)
def write_echo(nonce: str) -> None:
    """Writes a nonce once, and takes old ones away: the table serves as a proof, not as an archive."""
    Echo.objects.filter(written_at__lt=timezone.now() - timedelta(hours=1)).delete()
    Echo.objects.get_or_create(nonce=nonce, defaults={"written_by": settings.REVISION or "worker"})
