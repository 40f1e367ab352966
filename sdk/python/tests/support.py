"""What the tests share."""

import unittest
from typing import Any, Optional

from sentinel_agents import Delivery, GuardSettings, Sentinel

from .scripted_server import KEY, ScriptedServer

#: A run's budget as it travels.
BUDGET: "dict[str, Any]" = {"id": "b", "measure": "usd", "limit": 2, "at_limit": "stop", "more": {}}
QUICK = {"flush_ms": 5, "retry_min_ms": 5, "retry_max_ms": 20}


class WithServer(unittest.TestCase):
    def setUp(self) -> None:
        self.server = ScriptedServer()
        self.addCleanup(self.server.stop)
        self.made: list[Any] = []
        self.addCleanup(lambda: [thing.close(0.01) for thing in self.made])

    def watch(
        self, agent_id: str = "a", delivery: Optional[dict] = None, base_url: Optional[str] = None, **more: Any
    ) -> Sentinel:
        names = {name: more.pop(name) for name in list(more) if name in GuardSettings.__dataclass_fields__}
        sentinel = Sentinel(
            base_url or self.server.url,
            agent_id=agent_id,
            api_key=KEY,
            settings=GuardSettings(**names),
            delivery=Delivery(**{**QUICK, **(delivery or {})}),
            **more,
        )
        self.made.append(sentinel)
        return sentinel
