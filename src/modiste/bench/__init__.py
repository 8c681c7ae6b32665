"""Measurements: the acceptance runs that write tables to ``results/``."""

from modiste.bench.accept import RUNS, AcceptanceRun, Setting, accept, add_facts, find_run
from modiste.bench.machine import describe_command, describe_machine

__all__ = [
    "RUNS",
    "AcceptanceRun",
    "Setting",
    "accept",
    "add_facts",
    "describe_command",
    "describe_machine",
    "find_run",
]
