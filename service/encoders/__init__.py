"""Encoders as a process loads them, and the child process around them. Reads no settings, knows no queue."""

from service.encoders.load import EncoderPlan, load

__all__ = ["EncoderPlan", "load"]
