"""What Prometheus is told: requests, times, pictures, what was refused."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["Metrics"]

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The numbers of a process; of all processes together where there are several."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        own, name = self._registry, "modiste"
        self.requests = Counter(
            "requests", "Requests that were answered.", ["method", "route", "status"], namespace=name, registry=own
        )
        self.seconds = Histogram(
            "request_seconds", "How long they took.", ["route"], namespace=name, registry=own, buckets=_SECONDS
        )
        self.running = Gauge(
            "requests_running", "Requests under way.", namespace=name, registry=own, multiprocess_mode="livesum"
        )
        self.received = Counter("received_bytes", "Bytes of bodies.", namespace=name, registry=own)
        self.pictures = Counter("pictures", "Pictures that the network saw.", namespace=name, registry=own)
        self.runs = Counter("network_runs", "Runs of the network.", namespace=name, registry=own)

    def write(self) -> bytes:
        """Return all numbers in Prometheus's text format."""
        if _FOLDER not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
