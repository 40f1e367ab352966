"""The last events before a process ends."""

import atexit
import os
import sys
import time
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import Client

_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()
_pid = 0
_flushed = 0


def flush_at_exit(client: "Client") -> None:
    """All clients together get one short chance each process to send what waits."""
    global _pid
    _clients.add(client)
    if _pid != os.getpid():
        if _pid == 0:
            atexit.register(_flush)
        _pid = os.getpid()
        # Children of multiprocessing end without atexit, by finalizers of their own, which they clear after the fork.
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            util.Finalize(None, _flush, exitpriority=0)


def _flush() -> None:
    global _flushed
    if _flushed == os.getpid():
        return
    _flushed = os.getpid()
    until = None
    for client in list(_clients):
        if client.closed:
            continue
        until = until or time.monotonic() + client.delivery.exit_budget_ms / 1000
        client.flush(max(0.0, until - time.monotonic()))
