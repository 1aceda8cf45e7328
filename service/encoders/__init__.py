"""Encoders as a process loads them, and the child process around them. Reads no settings, knows no queue."""

from service.encoders.load import EncoderPlan, load, manifests, measure, remembered

__all__ = ["EncoderPlan", "load", "manifests", "measure", "remembered"]
