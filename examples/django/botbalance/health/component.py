"""One component of the service, looked at: from a probe that returns or raises to a check of the health format."""

import logging
import threading
import time
from datetime import datetime, timezone
from typing import Callable, NamedTuple, Optional

logger = logging.getLogger(__name__)


class Component(NamedTuple):
    id: str
    type: str
    critical: bool
    # The variable without which there is no such component.
    configured_by: str
    # Raises when the component is not well; None where it is not configured. Has its own time limits.
    probe: Optional[Callable[[], None]]
    pass_ttl: float
    fail_ttl: float


class ProbeFailure(Exception):
    """A failure whose text may be shown to anyone. Drivers' texts name hosts, users and databases: they go to the log."""


class Observer:
    """Looks at a component when asked, not more often than its time to live, never twice at once."""

    def __init__(self, component: Component, clock: Callable[[], float] = time.monotonic):
        self._component = component
        self._clock = clock
        self._lock = threading.Lock()
        self._check = None
        self._good_until = 0.0

    def observe(self) -> dict:
        with self._lock:
            if self._check is None or self._clock() >= self._good_until:
                self._check = self._look()
                well = self._check["status"] == "pass"
                self._good_until = self._clock() + (self._component.pass_ttl if well else self._component.fail_ttl)
            return self._check

    def _look(self) -> dict:
        component = self._component
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if component.probe is None:
            status = "fail" if component.critical else "warn"
            output = f"not configured: {component.configured_by} is not set"
            return _check(component, status, at, 0, "not configured", "state", output)
        start = self._clock()
        output = _failure_of(component)
        latency = round(1000 * (self._clock() - start), 1)
        return _check(component, "fail" if output else "pass", at, latency, latency, "ms", output)


def _failure_of(component: Component) -> Optional[str]:
    try:
        component.probe()
        return None
    except ProbeFailure as failure:
        return str(failure)
    except Exception as error:  # whatever a driver raises is this component's failure, not the request's
        logger.warning("%s is not well: %s", component.id, type(error).__name__, exc_info=True)
        return f"unreachable ({type(error).__name__})"


def _check(component: Component, status, at, latency, value, unit, output) -> dict:
    return {
        "componentId": component.id,
        "componentType": component.type,
        "status": status,
        "critical": component.critical,
        "latency_ms": latency,
        "observedValue": value,
        "observedUnit": unit,
        "time": at,
        **({"output": output} if output else {}),
    }
