"""Runners around a real child process with an encoder that knows how to die."""

import msgspec

from service.encoders import EncoderPlan
from service.processes import ChildSpec
from service.processes.quarantine import Quarantine
from service.processes.supervised import SupervisedProcess
from service.queue.child_runner import ChildRunner

ROLE = "tests.fakes.crashing_encoder:CrashingRole"
START_S = 60.0


def child_runner(limit_s: float = 60.0, ttl_s: float = 3600.0, channels: int = 2) -> ChildRunner:
    told = msgspec.msgpack.encode(EncoderPlan(()))
    encoder = SupervisedProcess(ChildSpec("encoder", ROLE, told, channels))
    canary = SupervisedProcess(ChildSpec("canary", ROLE, told), idle_s=60.0)
    for process in (encoder, canary):
        process.start()
    return ChildRunner(encoder, canary, Quarantine(ttl_s), start_s=START_S, limit_s=limit_s, wait_s=START_S)
