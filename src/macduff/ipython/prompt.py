"""The prompt in a terminal says where one is connected, and when the connection is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pygments.token import Token

from macduff.client import Client, ConnectionState

from .session import Session, Undo

if TYPE_CHECKING:
    from IPython.terminal.prompts import Prompts

__all__ = ["install", "where"]

_NOTHING = "{line!s:.0}"
"""Shows nothing, as the empty text does, for which IPython would ask for the prompt once and draw that for ever."""


def where(session: Session) -> tuple[str, bool]:
    """What the prompt begins with, and whether all is well: "127.0.0.1:8008", "127.0.0.1:8008 away"."""
    if not session.address:
        return "not connected", False
    place = session.address.partition("://")[2]
    return (place, True) if session.connected else (f"{place} away", False)


def install(session: Session) -> Undo:
    """Put it before the terminal's own prompt, and draw it anew when the connection changes; elsewhere nothing."""
    shell: Any = session.shell
    plain = getattr(shell, "prompts", None)
    if plain is None:  # a notebook has none
        return _nothing
    shell.prompts = _prompts(session, plain)
    numbers = shell.prompt_line_number_format
    if not numbers:
        shell.prompt_line_number_format = _NOTHING
    ends: list[Undo] = []

    def forget() -> None:
        while ends:
            ends.pop()()

    def switched(client: Client | None) -> None:
        forget()
        if client is not None:
            ends.append(client.on_state(redraw))

    def redraw(state: ConnectionState, reason: str) -> None:
        application = getattr(shell, "pt_app", None)
        if application is not None:
            application.app.invalidate()  # from any thread

    unlisten = session.on_switch(switched)

    def undo() -> None:
        unlisten()
        forget()
        shell.prompts, shell.prompt_line_number_format = plain, numbers

    return undo


def _prompts(session: Session, plain: Any) -> Prompts:
    from IPython.terminal.prompts import Prompts

    class Connected(Prompts):
        """The prompts that were there before, with the server in front."""

        def in_prompt_tokens(self) -> list[tuple[Any, str]]:
            text, well = where(session)
            return [(Token.OutPrompt if not well else Token.Prompt, f"{text} "), *plain.in_prompt_tokens()]

    shell: Any = session.shell  # a terminal's, for it has prompts
    prompts: Any = Connected(shell)
    prompts.out_prompt_tokens = plain.out_prompt_tokens
    prompts.continuation_prompt_tokens = plain.continuation_prompt_tokens  # itself: IPython looks at what it takes
    found: Prompts = prompts
    return found


def _nothing() -> None:
    """Nothing was done, nothing is taken back."""
