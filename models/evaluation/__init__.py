"""Measuring what an encoder finds: metrics, the starter suite and its report. Runs bundles, never trains."""

from models.evaluation.report import Floor, Report, Section
from models.evaluation.starter_suite import run_starter_suite

__all__ = ["Floor", "Report", "Section", "run_starter_suite"]
