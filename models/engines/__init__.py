"""Engines that run the graphs of a bundle, behind one port, and the measured choice among them.

`load` puts a bundle into an engine; `choose` finds the engine. Importing this package loads no runtime.
"""

from models.engines.choice import EngineChoice, Trial
from models.engines.choose import AUTO, choose, choose_unmeasured
from models.engines.load import load
from models.engines.port import Engine, Resources
from models.engines.precision import PRECISIONS, pin
from models.engines.processor import Processor, this_processor
from models.engines.registry import ENGINES, REFERENCE, installed

__all__ = [
    "AUTO",
    "ENGINES",
    "PRECISIONS",
    "REFERENCE",
    "Engine",
    "EngineChoice",
    "Processor",
    "Resources",
    "Trial",
    "choose",
    "choose_unmeasured",
    "installed",
    "load",
    "pin",
    "this_processor",
]
