"""Code that must not run in pool threads: thread-bound SDKs and asyncio-only drivers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import MacduffError
from ..primitives import Queue
from .call import Outcome
from .waiting import released

if TYPE_CHECKING:
    from .device import Device

__all__ = ["OwnThread", "own_thread", "wait_async"]

T = TypeVar("T")


class _Failed(MacduffError):
    """Carries an exception of the other thread; it is unwrapped before anybody sees it."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(repr(error))
        self.error = error


class OwnThread:
    """One thread that does what it is told, in order."""

    def __init__(self, device: Device, name: str) -> None:
        backend = device._backend_needed()
        self._queue: Queue[tuple[Callable[[], Any], Callable[[Outcome], None]] | None] = Queue(backend)
        self._task = backend.service(self._run, name)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            function, done = item
            try:
                outcome = Outcome(function())
            except BaseException as error:
                if type(error).__name__ == "GreenletExit":
                    raise
                outcome = Outcome(None, _Failed(error))
            done(outcome)

    def call(self, device: Device, what: str, function: Callable[[], T]) -> T:
        """Run it there and wait, the device's lock released."""
        try:
            result: T = released(device, what, lambda done: self._queue.put((function, done)))
        except _Failed as failed:
            raise failed.error from None
        return result

    def close(self) -> None:
        self._queue.put(None)


class _Proxy:
    """Stands for an object of another thread; its methods run there."""

    def __init__(self, device: Device, thread: OwnThread, target: Any) -> None:
        self.__dict__.update(_device=device, _thread=thread, _target=target)

    def __getattr__(self, name: str) -> Any:
        device, thread, target = self.__dict__["_device"], self.__dict__["_thread"], self.__dict__["_target"]
        what = f"{type(target).__name__}.{name} in its own thread"
        value = thread.call(device, what, lambda: getattr(target, name))
        if not callable(value):
            return value
        return lambda *args, **kwargs: thread.call(device, what, lambda: value(*args, **kwargs))

    def __setattr__(self, name: str, value: Any) -> None:
        device, thread, target = self.__dict__["_device"], self.__dict__["_thread"], self.__dict__["_target"]
        thread.call(device, f"{type(target).__name__}.{name} in its own thread", lambda: setattr(target, name, value))


def own_thread(device: Device, open: Callable[[], T]) -> T:
    """`Device.own_thread`."""
    thread = OwnThread(device, f"{device.name} own thread")
    try:
        target = thread.call(device, f"{device.name} opens {open!r}", open)
    except BaseException:
        thread.close()  # the next attempt makes one of its own
        raise
    device._helpers.append(thread)
    proxy: Any = _Proxy(device, thread, target)
    return proxy  # type: ignore[no-any-return]  # it answers as T does


def wait_async(device: Device, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
    """`Device.wait_async`."""
    cancel: Callable[[], None] = coroutine.close  # as long as nobody runs it

    def begin(done: Callable[[Outcome], None]) -> None:
        def ended(value: Any, error: BaseException | None) -> None:
            if error is None:
                done(Outcome(value))
            else:
                done(Outcome(None, _Failed(error)))

        nonlocal cancel
        cancel = device._process_needed()._joining.coroutines.run(coroutine, ended)

    try:
        result: T = released(device, f"a coroutine of {device.name}", begin, timeout)
    except _Failed as failed:
        raise failed.error from None
    finally:
        cancel()  # nobody waits for it any more; harmless when it has ended
    return result
