"""Checks a collection's files: the truth, and what is derived from it; repairs the derived side."""

from index.checking.check import CheckOrder, CheckReport, check
from index.checking.finding import Finding

__all__ = ["CheckOrder", "CheckReport", "Finding", "check"]
