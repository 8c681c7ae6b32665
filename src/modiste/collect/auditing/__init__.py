"""Auditing a product line: what a shop states, against what the look-alikes of each product say."""

from modiste.collect.auditing.anomalies import Anomaly
from modiste.collect.auditing.queue import QUEUE_SCHEMA, AuditOptions, AuditResult, audit_manifest

__all__ = ["QUEUE_SCHEMA", "Anomaly", "AuditOptions", "AuditResult", "audit_manifest"]
