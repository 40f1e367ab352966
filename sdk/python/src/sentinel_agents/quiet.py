"""Watching must never hurt what is watched: whatever the SDK's own code throws ends here."""

import logging
from contextlib import contextmanager
from typing import Iterator, Optional

LOG = logging.getLogger("sentinel_agents")
LOG.addHandler(logging.NullHandler())


@contextmanager
def quietly() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Only the kind: the message may quote the conversation.
        LOG.debug("ignored %s inside the SDK", type(error).__name__)


def read_error(error: BaseException) -> "tuple[str, Optional[int]]":
    """An error as its kind and HTTP status. Never its message, which may quote the conversation."""
    response = getattr(error, "response", None)
    candidates = (
        getattr(error, "status_code", None),
        getattr(error, "status", None),
        getattr(error, "code", None),
        getattr(response, "status_code", None),
    )
    status = next((c for c in candidates if isinstance(c, int) and 100 <= c < 600), None)
    return type(error).__name__, status
