"""What the host meets when Sentinel, or a limit of its own, does not let a call go ahead."""


class SentinelHold(Exception):
    """Raised at the seat, before the call is made, and only by an agent that enforces (`enforce=True`).

    `kind` is one word: `quarantined`, `paused` (longer than the run may wait), `retired`, `ended` (the run began before
    a quarantine or a memory reset), `unreachable` (and the host asked for no work without Sentinel), `revoked` (this
    tool), `capped` (the calls, tokens, cost or time that a run may use are spent) , `loop` (identical calls)
    or `unknown_outcome` (a tool call that was cut off before, in the same thread, without an idempotency key).
    `reason` says it in words that may be shown to a person or a model. `ends_run` is False where the run may go on
    without this one call: tell the model `reason` as the tool's answer.
    """

    def __init__(self, kind: str, reason: str, ends_run: bool = True) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.ends_run = ends_run

    def __reduce__(self) -> "tuple[type[SentinelHold], tuple[str, str, bool]]":
        return (type(self), (self.kind, self.reason, self.ends_run))
