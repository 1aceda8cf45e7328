"""What may be forgotten: the port, and the adapter in memory. `service.cache.redis` is imported where it is chosen."""

from service.cache.memory import MemoryCache
from service.cache.port import Cache, Codec, UnreadableValueError

__all__ = ["Cache", "Codec", "MemoryCache", "UnreadableValueError"]
