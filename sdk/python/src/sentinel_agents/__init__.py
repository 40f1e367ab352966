"""Monitors Python agents and enforces Sentinel's directives."""

from .client import Stats
from .guard import Guard
from .hashing import hash_action, hash_text, hash_tools, hash_value
from .hold import SentinelHold
from .limits import Limits
from .prices import Price
from .queued import Decided, HandOver, QueuedTask
from .reporter import ImmuneReporter
from .runs import Run, current_run
from .sentinel import Sentinel
from .settings import Delivery, GuardSettings
from .version import VERSION as __version__
from .wire import Directive

__all__ = [
    "Decided",
    "Delivery",
    "Directive",
    "Guard",
    "GuardSettings",
    "HandOver",
    "ImmuneReporter",
    "Limits",
    "Price",
    "QueuedTask",
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
