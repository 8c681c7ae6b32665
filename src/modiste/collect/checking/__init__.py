"""Checking the pictures and labels of a data set, and cleaning it."""

from modiste.collect.checking.cleaning import CHANGE_SCHEMA, Cleaned, CleanOptions, clean_manifest
from modiste.collect.checking.examination import Examination, examine_pictures
from modiste.collect.checking.findings import CHECKS, FINDING_SCHEMA, Check, find_check
from modiste.collect.checking.near_copies import NearLimits
from modiste.collect.checking.running import CheckOptions, CheckResult, Evidence, check_manifest

__all__ = [
    "CHANGE_SCHEMA",
    "CHECKS",
    "FINDING_SCHEMA",
    "Check",
    "CheckOptions",
    "CheckResult",
    "CleanOptions",
    "Cleaned",
    "Evidence",
    "Examination",
    "NearLimits",
    "check_manifest",
    "clean_manifest",
    "examine_pictures",
    "find_check",
]
