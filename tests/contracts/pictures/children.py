"""A pool of real decoder processes that know how to die."""

import msgspec

from models.pictures import PictureLimits
from service.decode.pool import DecodePool
from service.processes import ChildSpec
from service.processes.quarantine import Quarantine
from service.processes.supervised import SupervisedProcess

ROLE = "tests.fakes.crashing_decoder:CrashingDecodeRole"
LIMITS = PictureLimits(max_bytes=5_000_000, max_pixels=1_000_000)


def decode_pool(count: int = 1, limit_s: float = 60.0, max_data_bytes: int | None = None) -> DecodePool:
    spec = ChildSpec("decode", ROLE, msgspec.msgpack.encode(LIMITS), max_data_bytes=max_data_bytes)
    processes = [SupervisedProcess(spec) for _ in range(count)]
    for process in processes:
        process.start()
    return DecodePool(processes, Quarantine(3600.0), limit_s)
