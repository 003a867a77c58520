"""`manage.py migrate`, one run at a time: Django itself takes no lock."""

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

# Any number that nothing else in this database locks.
LOCK_ID = 4_117_203_556
LOCK_TIMEOUT = "240s"
# A migration that waits longer for a table would hold up every query behind it.
TABLE_LOCK_TIMEOUT = "10s"
STATEMENT_TIMEOUT = "300s"


class Command(migrate.Command):
    def handle(self, *args, **options):
        with connections[options["database"]].cursor() as cursor:
            self._lock(cursor)
        try:
            return super().handle(*args, **options)
        finally:
            # Ending the session gives the lock back, whatever state the session is in.
            connections[options["database"]].close()

    def _lock(self, cursor) -> None:
        """In the session that migrates: were it lost, so would be the lock."""
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_ID])
        if not cursor.fetchone()[0]:
            self.stdout.write(f"another migration is running; waiting for it, at most {LOCK_TIMEOUT}")
            self.stdout.flush()
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
            try:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_ID])
            except OperationalError as error:
                raise CommandError("another migration did not end in time; run again when it has", returncode=5) from error
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [TABLE_LOCK_TIMEOUT])
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [STATEMENT_TIMEOUT])
