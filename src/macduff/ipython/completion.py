"""Tab: from what is known of the devices here, without a request to the server."""

from __future__ import annotations

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from .proposals import proposals
from .session import Session, Undo
from .words import words

__all__ = ["install"]

_FIRST = 1_000.0
"""The priority of our matcher, so that the variables are true when others look at them."""


def install(session: Session) -> Undo:
    """Complete devices, attributes, methods, parameters and labels.

    Jedi is switched off meanwhile: to complete `X.` it reads every attribute of X, each a request to the server, and
    one that hangs makes the prompt hang. What IPython itself does instead runs nothing of ours.
    """
    completer = session.shell.Completer
    jedi = completer.use_jedi
    completer.use_jedi = False

    @context_matcher(identifier="macduff", priority=_FIRST)  # type: ignore[untyped-decorator]  # IPython has no types for it
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        for prepare in session.before_names:
            prepare()
        lines = context.full_text.split("\n")
        source = "\n".join([*lines[: context.cursor_line], context.text_until_cursor])
        after = context.line_with_cursor[context.cursor_position :]
        found = words(source, session) or proposals(source, after, session.shell.user_ns, session.inventory)
        if found is None:
            return SimpleMatcherResult(completions=[])
        return SimpleMatcherResult(
            completions=[SimpleCompletion(each.text, type=each.kind) for each in found.found],
            matched_fragment=found.typed,
            ordered=True,
            suppress=found.alone,
        )

    completer.custom_matchers.insert(0, matcher)

    def undo() -> None:
        completer.custom_matchers.remove(matcher)
        completer.use_jedi = jedi

    return undo
