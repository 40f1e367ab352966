"""Watches Python agents, and enforces what Sentinel decides about them."""

from .client import Stats
from .guard import Guard
from .hashing import hash_action, hash_text, hash_tools, hash_value
from .hold import SentinelHold
from .limits import Limits
from .prices import Price
from .reporter import ImmuneReporter
from .runs import Run, current_run
from .sentinel import Sentinel
from .settings import Delivery, GuardSettings
from .version import VERSION as __version__
from .wire import Directive

__all__ = [
    "Delivery",
    "Directive",
    "Guard",
    "GuardSettings",
    "ImmuneReporter",
    "Limits",
    "Price",
    "Run",
    "Sentinel",
    "SentinelHold",
    "Stats",
    "__version__",
    "current_run",
    "hash_action",
    "hash_text",
    "hash_tools",
    "hash_value",
]
