"""The state machine as a table: which event is allowed from where, and what it may end in (rule 16)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["ALL", "LEGAL", "TRANSITIONS", "DState", "StateChanged", "StateException", "Transition"]


class DState(Enum):
    """The states of a device. A plain Device knows Idle, Running, Aborting, Fault and Resetting."""

    Idle = "Idle"
    Running = "Running"
    Configuring = "Configuring"
    Ready = "Ready"
    Rewinding = "Rewinding"
    Paused = "Paused"
    Aborting = "Aborting"
    Aborted = "Aborted"
    Resetting = "Resetting"
    Fault = "Fault"


class StateException(BaseException):
    """Base of what ends a call from outside. Not an Exception, so that `except Exception` does not eat it (rule 19)."""


class StateChanged(StateException):
    """This call was ended: by abort, a replacing call, its parent's end, a pause, quarantine or removal.

    `kind` says which: Aborted, Superseded, Ended, Paused, Removed or Quarantined.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Transition:
    """One event: allowed from `sources`, in `doing` while it lasts, ending in one of `finals`, the first by default."""

    sources: frozenset[DState]
    doing: DState
    finals: tuple[DState, ...]


ALL = frozenset(DState)
_S = DState

TRANSITIONS: dict[str, Transition] = {
    "configure": Transition(frozenset({_S.Idle, _S.Ready}), _S.Configuring, (_S.Ready, _S.Idle)),
    "run": Transition(frozenset({_S.Ready}), _S.Running, (_S.Ready, _S.Idle)),
    "pause": Transition(frozenset({_S.Running}), _S.Rewinding, (_S.Paused,)),
    "rewind": Transition(frozenset({_S.Ready, _S.Paused}), _S.Rewinding, (_S.Ready, _S.Paused)),
    "resume": Transition(frozenset({_S.Paused}), _S.Running, (_S.Ready, _S.Idle)),
    "abort": Transition(ALL, _S.Aborting, (_S.Aborted, _S.Idle)),
    "reset": Transition(frozenset({_S.Ready, _S.Aborted, _S.Fault}), _S.Resetting, (_S.Idle,)),
}


def _legal() -> frozenset[tuple[DState, DState]]:
    pairs = {(source, _S.Aborting) for source in ALL - {_S.Aborting}} | {(source, _S.Fault) for source in ALL}
    for step in TRANSITIONS.values():
        pairs |= {(source, step.doing) for source in step.sources if source is not step.doing}
        pairs |= {(step.doing, final) for final in step.finals}
    pairs |= {(_S.Idle, _S.Running), (_S.Running, _S.Idle)}  # a plain device, while an exclusive method runs
    return frozenset(pairs)


LEGAL = _legal()
"""Every pair (from, to) that a device may be seen to take; the tests hold all runs against it."""
