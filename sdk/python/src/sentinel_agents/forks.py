"""A forked child is another instance: it has none of its parent's threads, runs or unsent events."""

import os
import weakref
from typing import Any

_known: "weakref.WeakSet[Any]" = weakref.WeakSet()


def renew_in_children(thing: Any) -> None:
    """Calls `thing.after_fork()` in every forked child, while `thing` lives."""
    _known.add(thing)


def _in_child() -> None:
    for thing in list(_known):
        thing.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
