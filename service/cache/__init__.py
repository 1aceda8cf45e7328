"""What may be forgotten: the port and the adapter in memory. Step 2 adds Redis behind the same port."""

from service.cache.memory import MemoryCache
from service.cache.port import Cache

__all__ = ["Cache", "MemoryCache"]
