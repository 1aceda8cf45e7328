"""Names of the arrays that cross the borders of this package. Owns no behaviour."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""float32 [n, d], rows of unit length (L2) unless the name says otherwise."""

Vector: TypeAlias = NDArray[np.float32]
"""float32 [d], of unit length (L2) unless the name says otherwise."""

Pixels: TypeAlias = NDArray[np.uint8]
"""uint8 [n, size, size, 3], RGB; the graph of a bundle normalises."""
