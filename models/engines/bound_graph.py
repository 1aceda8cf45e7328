"""A graph of ONNX Runtime on a GPU: inputs and output are bound, so that one copy goes each way."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.arrays import Vectors
from models.encoder import Tensor
from models.engines.port import OUTPUT


class BoundGraph:
    """Adapter of `Graph`. Each run has a binding of its own: threads share the session only."""

    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def provider(self) -> str:
        return str(self._session.get_providers()[0])

    def run(self, inputs: Mapping[str, Tensor]) -> Vectors:
        binding = self._session.io_binding()
        for name, array in inputs.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(array))
        binding.bind_output(OUTPUT, "cpu")
        self._session.run_with_iobinding(binding)
        (vectors,) = binding.copy_outputs_to_cpu()
        return np.asarray(vectors, dtype=np.float32)
