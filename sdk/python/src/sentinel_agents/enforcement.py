"""What a guard does with directives: obeys them, and says truthfully whether they hold here."""

import threading
from typing import Any, Callable, Optional

from .directive import DirectiveState
from .gate import Gate
from .hashing import hash_text
from .prompts import HeldPrompt, HeldPrompts
from .queued import Queue, Waiting
from .quiet import LOG, quietly
from .runs import Run, Runs
from .settings import MAX_HELD_PROMPTS, GuardSettings
from .unknown import UnknownOutcomes
from .wire import Directive, Event


class Enforcement:
    """The directive of one agent instance, its gate, and what is told to Sentinel about both.

    `emit(event, urgent)` takes heartbeats; their acknowledgement is the proof that nothing gets past the gate.
    """

    def __init__(
        self,
        settings: GuardSettings,
        runs: Runs,
        now: Callable[[], float],
        emit: Callable[[Event, bool], None],
    ) -> None:
        self.state = DirectiveState(settings.when_unreachable, now)
        self.gate = Gate(self.state, now, settings.tool_grace_ms / 1000)
        self.queue = Queue(settings.on_queued, settings.on_hand_over, lambda event: emit(event, False))
        self.unknown = UnknownOutcomes()
        #: When a hold on new runs came.
        self._held_since = 0.0
        self._now = now
        self.prompts = HeldPrompts(min(settings.held_prompts, MAX_HELD_PROMPTS))
        self.refused_runs = 0
        #: Whether a directive has been received, or is not waited for any more.
        self.known = False
        #: Whether the host sends the prompt that a call gives it; some frameworks leave no way to.
        self.prompt_seat = True
        #: How many events were dropped before they could be sent.
        self.dropped: Callable[[], int] = lambda: 0
        self._settings = settings
        self._runs = runs
        self._emit = emit
        self._confirmed = -1
        self._told_of_unpriced = False
        self._successors: dict[str, str] = {}
        for text in settings.known_prompts:
            self.prompts.see(hash_text(text), None, text)

    def receive(self, directive: Directive) -> None:
        with self.gate.changed:
            before = self.state.latest
            newer = self.state.receive(directive)
            self.known = True
            why = _ends_runs(directive, before) if newer else None
            if why:
                for run in self._runs.all():
                    run.condemned = run.condemned or why
                self.gate.condemn(0.0 if directive.level == "kill" else None)
            if newer and _holds_new_only(directive) and not (before and _holds_new_only(before)):
                self._held_since = self._now()
            waiting = list(self.queue.waiting)
        # Budgets may have grown without a new version.
        self.gate.wake()
        if newer:
            if directive.status == "retired" and directive.successor is not None:
                self._start_successor(directive.successor)
            if _hands_over(directive) and not (before and _hands_over(before) == _hands_over(directive)):
                self._hand_over(directive, waiting)
            self.heartbeat(urgent=True)

    def under_way(self, run: Optional[Run]) -> bool:
        """Whether a run was in progress when a hold on new runs came, or belongs to one that was."""
        while run is not None:
            if run.started_at <= self._held_since:
                return True
            run = self._runs.get(run.parent_run_id or "")
        return False

    def in_force(self) -> Optional[Directive]:
        held = self.state.in_force()
        return held if isinstance(held, Directive) else None

    def unpriced(self) -> None:
        """A model call has ended whose cost nobody knows: said once, where a budget in USD is to be held."""
        if not self._told_of_unpriced and any(budget.measure == "usd" for budget in self.state.budgets):
            self._told_of_unpriced = True
            LOG.warning(
                "a budget in USD cannot count calls of unknown cost: set `prices` for the model, or record `cost`"
            )

    def rollback(self) -> Optional[HeldPrompt]:
        """The prompt to use instead of the host's own; None to use the host's, also where the wanted one is not held."""
        directive = self.in_force()
        wanted = directive.rollback_to if directive and self.prompt_seat else None
        return self.prompts.get(wanted) if wanted else None

    def held_prompts(self) -> "list[str]":
        """Hashes of the prompts that the agent can go back to."""
        return self.prompts.hashes() if self.prompt_seat else []

    def namespace(self, epoch: int) -> Optional[str]:
        with quietly():
            return self._settings.memory(epoch) if self._settings.memory else None
        return None

    def heartbeat(self, urgent: bool) -> None:
        with self.gate.changed:
            directive = self.state.latest
            lacks = self._cannot(directive) if directive else []
            holds = directive is not None and self._enforced(directive)
            if directive and holds:
                self._confirmed = directive.version
            tools, longest = self.gate.open_tools()
            attributes: dict[str, Any] = {"in_flight": self.gate.in_flight(), "dropped": self.dropped()}
        if tools:
            attributes.update(open_tools=",".join(tools), open_tool_ms=round(longest * 1000))
        if self.refused_runs:
            attributes["refused_runs"] = self.refused_runs
        if lacks:
            attributes["cannot"] = ",".join(lacks)
        self._emit({"kind": "heartbeat", "attributes": attributes, "enforced": True if holds else None}, urgent)

    def confirm(self) -> None:
        """Says once that the directive is enforced, as soon as it is."""
        with self.gate.changed:
            directive = self.state.latest
            news = directive is not None and directive.version != self._confirmed and self._enforced(directive)
        if news:
            self.heartbeat(urgent=True)

    def after_fork(self, runs: Runs) -> None:
        self.gate.after_fork()
        self._runs = runs
        self._confirmed = -1
        self.refused_runs = 0
        self.queue.waiting = set()

    def _cannot(self, directive: Directive) -> list[str]:
        """What the directive asks for and this instance cannot do."""
        lacks = []
        if directive.rollback_to and not (self.prompt_seat and self.prompts.get(directive.rollback_to)):
            lacks.append("rollback_prompt")
        if directive.memory_epoch > 0 and self.namespace(directive.memory_epoch) is None:
            lacks.append("reset_memory")
        successor = directive.successor
        if successor is not None and (not self._settings.clone or self._successors.get(successor) == "failed"):
            lacks.append("clone_agent")
        return lacks

    def _enforced(self, directive: Directive) -> bool:
        """Whether this instance holds the directive: closed and nobody past the gate, or all restrictions on every call in flight."""
        if self.in_force() is None or self._cannot(directive):
            return False
        if directive.successor is not None and self._successors.get(directive.successor) != "started":
            return False
        # Runs in progress may go on, and nothing else gets past the gate.
        if _holds_new_only(directive):
            return True
        return self.gate.in_flight(directive.version if directive.status == "run" else None) == 0

    def _hand_over(self, directive: Directive, waiting: "list[Waiting]") -> None:
        """Host code, so in a thread of its own."""
        if self._settings.on_hand_over is None:
            return

        def hand() -> None:
            self.queue.hand_over(directive, waiting)
            self.gate.wake()

        threading.Thread(target=hand, name="sentinel-hand-over", daemon=True).start()

    def _start_successor(self, successor: str) -> None:
        """Once for each: host code, so in a thread of its own."""
        clone = self._settings.clone
        if clone is None or successor in self._successors:
            return
        self._successors[successor] = "starting"

        def start() -> None:
            self._successors[successor] = "failed"
            with quietly():
                clone(successor)
                self._successors[successor] = "started"
            self.heartbeat(urgent=True)

        threading.Thread(target=start, name="sentinel-successor", daemon=True).start()


def _holds_new_only(directive: Directive) -> bool:
    return directive.status == "quarantined" and directive.level == "hold_new"


def _hands_over(directive: Directive) -> "Optional[tuple[Optional[str]]]":
    """To whom; None where nothing is handed over."""
    handing = directive.status == "quarantined" and directive.level == "hand_over"
    return (directive.hand_over_to,) if handing else None


def _ends_runs(directive: Directive, before: Optional[Directive]) -> Optional[tuple[str, str]]:
    """Why runs under way must end. A quarantine ends them even when it is lifted before they meet the gate: what they
    have read is what made the agent ill. So does a fresh memory: they began with the old one."""
    if _holds_new_only(directive):
        return None
    if directive.status == "quarantined":
        return "ended", "this agent was quarantined during this run"
    if directive.status == "retired":
        return "ended", "this agent was retired during this run"
    if directive.memory_epoch != (before.memory_epoch if before else 0):
        return "ended", "this agent's memory was reset during this run"
    return None
