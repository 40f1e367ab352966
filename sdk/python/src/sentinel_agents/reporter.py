"""One line for a script."""

from typing import Any, Mapping, Optional, Sequence

from .client import Stats
from .sentinel import Sentinel
from .settings import Delivery


class ImmuneReporter:
    """Reports for an agent, and only watches: it shows as "not enforceable", and is never held.

    Raises ValueError for an address or an agent id that cannot be right; after that nothing throws or blocks.
    """

    def __init__(
        self,
        base_url: str,
        *,
        agent_id: str,
        agent_type: Optional[str] = None,
        model: Optional[str] = None,
        mcp_servers: Optional[Sequence[str]] = None,
        api_key: Optional[str] = None,
        environment: Optional[str] = None,
        version: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        delivery: Optional[Delivery] = None,
    ) -> None:
        self._sentinel = Sentinel(
            base_url,
            agent_id=agent_id,
            agent_type=agent_type,
            model=model,
            mcp_servers=mcp_servers,
            api_key=api_key,
            environment=environment,
            version=version,
            labels=labels,
            enforce=False,
            delivery=delivery,
        )

    def __repr__(self) -> str:
        return f"<ImmuneReporter agent_id={self._sentinel.guard.agent_id!r}>"

    def report(
        self,
        *,
        latency_ms: Optional[float] = None,
        token_count: Optional[float] = None,
        input_tokens: Optional[float] = None,
        output_tokens: Optional[float] = None,
        tool_calls: Optional[int] = None,
        retries: Optional[int] = None,
        success: Optional[bool] = None,
        cost: Optional[float] = None,
        error_type: Optional[str] = None,
        prompt_hash: Optional[str] = None,
        **more: Any,
    ) -> None:
        """Queues one event and returns at once; leave out what you do not know. `more`: other fields of `docs/api.md`,
        such as `kind` (else "model_call"), `run_id`, `tool`, `model` or `attributes`."""
        self._sentinel.guard.report(
            {
                "kind": "model_call",
                "latency_ms": latency_ms,
                "token_count": token_count,
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "tool_calls": tool_calls,
                "retries": retries,
                "success": success,
                "cost": cost,
                "error_type": error_type,
                "prompt_hash": prompt_hash,
                **more,
            }
        )

    def flush(self, timeout: float = 5.0) -> bool:
        """True when everything was delivered (or refused for good), False after `timeout` seconds."""
        return self._sentinel.flush(timeout)

    def stats(self) -> Stats:
        return self._sentinel.stats()

    def close(self, timeout: float = 5.0) -> None:
        self._sentinel.close(timeout)

    def __enter__(self) -> "ImmuneReporter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
