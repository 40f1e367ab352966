"""A call that is admitted when its `with` begins."""

from types import TracebackType
from typing import TYPE_CHECKING, Callable, Generic, Optional, TypeVar

from .calls import ModelCall, ToolCall

if TYPE_CHECKING:
    from .guard import Guard

C = TypeVar("C", ModelCall, ToolCall)


class Seat(Generic[C]):
    def __init__(self, guard: "Guard", make: Callable[[], C]) -> None:
        self._guard = guard
        self._make: Callable[[], C] = make
        self._call: Optional[C] = None

    def __enter__(self) -> C:
        self._call = self._guard.admit(self._make())
        return self._call

    async def __aenter__(self) -> C:
        self._call = await self._guard.admit_async(self._make())
        return self._call

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._call is not None:
            self._call.finish(error)

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._call is not None:
            self._call.finish(error)
