"""The loaded models: which there are, how busy they are, whether they answer."""

from collections.abc import Sequence

from service.types import Deadline, ModelInfo, Readiness


class Models:
    """The bundles that this process serves."""

    def describe(self) -> Sequence[ModelInfo]:
        """Every loaded model, the default one first."""
        raise NotImplementedError

    async def ready(self, deadline: Deadline) -> Readiness:
        """Each model encodes a probe and each collection opens."""
        raise NotImplementedError
