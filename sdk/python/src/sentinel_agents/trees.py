"""Trees: a run with all its descendants, as far as they run in this process. What those in other processes use is not known
here."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Optional

from .forks import renew_in_children

#: Trees and places kept at most, for each server and key: those that nothing was heard of for the longest go first, and
#: what they had used is forgotten. A tree outlives its open runs, since its next descendant may start later.
MAX_TREES = 1_000
MAX_PLACES = 10_000


@dataclass(eq=False)
class Tree:
    """What was used so far. Sums are None until the first known value: unknown is not 0."""

    root_run_id: str
    started_at: float
    descendants: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: Optional[float] = None
    output_tokens: Optional[float] = None
    tokens: Optional[float] = None
    cost: Optional[float] = None


@dataclass(frozen=True, eq=False)
class Place:
    """Of a run in its tree. `depth`: levels below the root; `ordinal`: 1 for the first descendant that began. Both are 0
    for the root."""

    tree: Tree
    depth: int
    ordinal: int


class Trees:
    """Safe for threads: whoever reads or adds to a tree does so under `lock`. Guards take it after their own, never before."""

    def __init__(self) -> None:
        self.lock: Any = threading.RLock()
        self._trees: "OrderedDict[str, Tree]" = OrderedDict()
        self._places: "OrderedDict[str, Place]" = OrderedDict()
        renew_in_children(self)

    def join(self, run_id: str, parent_run_id: Optional[str], root_run_id: Optional[str], at: float) -> Place:
        """Gives a run its place, and its tree where that is new. A run whose parent is known belongs to its parent's root.
        `at`: monotonic seconds."""
        with self.lock:
            root = self._root_of(parent_run_id, root_run_id) or run_id
            tree = self._trees.get(root) or Tree(root, at)
            _keep(self._trees, root, tree, MAX_TREES)
            known = self._places.get(run_id)
            if known is not None and known.tree is tree:
                return known
            if root == run_id:
                place = Place(tree, 0, 0)
            else:
                tree.descendants += 1
                place = Place(tree, self._depth_of(parent_run_id, root), tree.descendants)
            _keep(self._places, run_id, place, MAX_PLACES)
            return place

    def look(
        self, run_id: Optional[str] = None, parent_run_id: Optional[str] = None, root_run_id: Optional[str] = None
    ) -> Optional[Place]:
        """The place that a run has or would get; None where it would begin a tree."""
        with self.lock:
            root = self._root_of(parent_run_id, root_run_id) or run_id
            tree = self._trees.get(root or "")
            known = self._places.get(run_id or "")
            if known is not None and known.tree is tree:
                return known
            if tree is None or root is None or root == run_id:
                return None
            return Place(tree, self._depth_of(parent_run_id, root), tree.descendants + 1)

    def touch(self, run_id: str, place: Place) -> None:
        """A run is at work: its place and its tree are the last to be forgotten."""
        tree = place.tree
        with self.lock:
            # One that was forgotten and has begun anew is not put back in the place of the new one.
            if self._trees.get(tree.root_run_id, tree) is tree:
                _keep(self._trees, tree.root_run_id, tree, MAX_TREES)
            if self._places.get(run_id, place).tree is tree:
                _keep(self._places, run_id, place, MAX_PLACES)

    def after_fork(self) -> None:
        """A child knows what its trees had used until then; another thread of the parent may have held the lock."""
        self.lock = threading.RLock()

    def _root_of(self, parent_run_id: Optional[str], root_run_id: Optional[str]) -> Optional[str]:
        above = self._places.get(parent_run_id or "")
        return root_run_id or (above.tree.root_run_id if above else parent_run_id) or None

    def _depth_of(self, parent_run_id: Optional[str], root: str) -> int:
        above = self._places.get(parent_run_id or "")
        return 1 + (above.depth if above is not None and above.tree.root_run_id == root else 0)


def _keep(kept: "OrderedDict[str, Any]", key: str, value: Any, most: int) -> None:
    """Puts an entry last; the first go beyond `most`."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


_shared: "dict[str, Trees]" = {}
_sharing = threading.Lock()


def trees_of(realm: str) -> Trees:
    """Of this process: guards of several agents share the trees in which their runs meet. `realm`: the server and the key,
    within which a run's id means one run."""
    with _sharing:
        return _shared.setdefault(realm, Trees())
