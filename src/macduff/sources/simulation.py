"""The twin in memory of a source, used when a configuration says `simulate: true`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, cast

from ..core import SourceContext
from ..errors import MacduffError
from ..primitives import Flag, Task

__all__ = ["Behaviour", "Simulated", "Simulation", "SimulationEnded"]


class SimulationEnded(BaseException):
    """Raised in a behaviour whose device is gone; it need not be caught."""


class Simulation:
    """What a behaviour acts on: one simulated attribute, and through `of` the others of its device.

    A behaviour is a function `behave(sim)` that runs in a task of its own while the device is there:
    `while True: sim.wait(0.1); sim.update(sim.value + 1)`. Without one a put is what the value becomes; with one,
    what the behaviour makes of `sim.next_put()`.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._puts: deque[Any] = deque(maxlen=1000)
        self._closed = False
        self._flag: Flag | None = None
        self.value: Any = context.vtype.zero()

    def update(self, value: Any) -> None:
        """What the hardware would say now."""
        self.value = value
        self._context.update(value)

    def invalid(self, reason: str) -> None:
        """As if the connection were lost; the next `update` heals it."""
        self._context.invalid(reason)

    def of(self, name: str) -> Simulation:
        """The simulation of another attribute of the same device."""
        attribute = self._context.target._device.attributes.get(name)
        binding = attribute._binding if attribute is not None else None
        if not isinstance(binding, SimulatedBinding):
            raise LookupError(f"{self._context.device}.{name}: expected a simulated attribute, got none of that name")
        return binding.simulation

    def wait(self, seconds: float) -> None:
        """So many seconds of the backend's clock."""
        clock = self._context.clock
        end = clock.monotonic() + seconds
        while (left := end - clock.monotonic()) > 0:
            self._wait(left)

    def next_put(self, timeout: float | None = None) -> Any:
        """The oldest value that was put and not taken yet; None when `timeout` seconds went by first."""
        clock = self._context.clock
        end = None if timeout is None else clock.monotonic() + timeout
        while not self._puts:
            left = None if end is None else end - clock.monotonic()
            if left is not None and left <= 0:
                return None
            self._wait(left)
        return self._puts.popleft()

    def _wait(self, timeout: float | None) -> None:
        flag = self._flag
        if flag is None:
            raise RuntimeError("Simulation: expected to wait in its own behaviour, got a wait elsewhere")
        if not self._closed:
            flag.wait(timeout)
            flag.clear()
        if self._closed:
            raise SimulationEnded(f"{self._context.device} is gone")


Behaviour = Callable[[Simulation], None]


class Simulated:
    """A source in memory.

    initial: a value, a Behaviour, or None for the type's zero.
    """

    def __init__(self, writable: bool, initial: Any = None) -> None:
        self.writable = writable
        self.behaviour: Behaviour | None = cast("Behaviour", initial) if callable(initial) else None
        self.initial: Any = None if callable(initial) else initial

    def bind(self, context: SourceContext) -> SimulatedBinding:
        return SimulatedBinding(self, context)

    def simulated(self) -> Simulated:
        return self

    def __repr__(self) -> str:
        return "a simulated source"


class SimulatedBinding:
    """A simulated source of one attribute."""

    def __init__(self, source: Simulated, context: SourceContext) -> None:
        self._source = source
        self._context = context
        self._task: Task | None = None
        self.simulation = Simulation(context)

    def start(self) -> None:
        simulation, source = self.simulation, self._source
        if simulation._closed:
            return
        simulation.update(simulation.value if source.initial is None else source.initial)
        if source.behaviour is not None:
            backend = self._context.target._device._backend_needed()
            simulation._flag = backend.flag()
            simulation._flag.reason = f"a put of the simulated {self._context.device}.{self._context.attribute}"
            name = f"simulated {self._context.device}.{self._context.attribute}"
            self._task = backend.service(self._behave, name)

    def _behave(self) -> None:
        behaviour = self._source.behaviour
        try:
            if behaviour is not None:
                behaviour(self.simulation)
        except SimulationEnded:
            pass
        except Exception as error:
            self._context.invalid(f"the simulation failed: {type(error).__name__}: {error}")

    def put(self, value: Any, done: Callable[[MacduffError | None], None]) -> None:
        simulation = self.simulation
        if simulation._flag is None:
            simulation.update(value)
        else:  # the behaviour says what becomes of it
            simulation._puts.append(value)
            simulation._flag.set()
        done(None)

    def close(self) -> None:
        self.simulation._closed = True
        if self.simulation._flag is not None:
            self.simulation._flag.set()
