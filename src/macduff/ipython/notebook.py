"""Devices, attributes and methods in a notebook: HTML that takes the notebook's own colours, light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from macduff.values import Severity
from macduff.values.text import ICONS

from .reprs_rows import DeviceShown, Fact, Row

__all__ = ["attribute_html", "badge", "device_html", "method_html", "table_html"]

# Only inline styles stay in a notebook that is not trusted. Badges have a colour of text and one behind it, which go
# together on any page; all else is as the page has it.
_CELL = "text-align:left;padding:1px 10px 1px 0;border:0;background:none;vertical-align:top"
_NUMBER = "text-align:right;padding:1px 4px 1px 0;border:0;background:none;white-space:nowrap;vertical-align:top"
_NUMBER += ";font-variant-numeric:tabular-nums"
_DIM = ";opacity:0.7"
_BADGES = {
    Severity.NONE: "border:1px solid currentColor",
    Severity.MINOR: "background:#8a5a00;color:#fff",
    Severity.MAJOR: "background:#b3261e;color:#fff",
    Severity.INVALID: "background:#7b1fa2;color:#fff",
}


def badge(text: str, severity: Severity = Severity.NONE) -> str:
    """A short text in a frame, filled where something is wrong."""
    icon = f"{ICONS[severity]} " if ICONS[severity] else ""
    shape = "display:inline-block;border-radius:4px;padding:0 6px;margin:1px 0"
    return f'<span style="{_BADGES[severity]};{shape}">{icon}{escape(text)}</span>'


def _cell(html: str, style: str = _CELL) -> str:
    return f'<td style="{style}">{html}</td>'


def table_html(rows: Iterable[str]) -> str:
    """Rows of cells."""
    body = "".join(f'<tr style="background:none">{row}</tr>' for row in rows)
    return f'<table style="border-collapse:collapse;border:0;margin:4px 0">{body}</table>'


def device_html(device: DeviceShown) -> str:
    """The device's name, state and health; then its attributes in a table; then its methods."""
    parts = [f"<strong>{escape(device.name)}</strong>"]
    if device.state:
        parts.append(badge(device.state))
    if device.health:
        parts.append(badge(device.health, device.severity))
    if device.status and device.status != device.state:
        parts.append(escape(device.status))
    html = f"<div>{' '.join(parts)}</div>"
    if device.description:
        html += f'<div style="opacity:0.7">{escape(device.description)}</div>'
    if device.reason:
        html += f"<div>{badge(device.reason, Severity.INVALID)}</div>"
    if device.rows:
        html += table_html(map(_row, device.rows))
    if device.methods:
        methods = ", ".join(f"<code>{escape(method)}</code>" for method in device.methods)
        html += f"<div>methods: {methods}</div>"
    return f"<div>{html}</div>"


def _row(row: Row) -> str:
    alarm = badge(row.alarm, row.severity) if row.alarm else ""
    return "".join(
        [
            _cell(escape(row.name)),
            _cell(escape(row.value), _NUMBER if row.number else _CELL),
            _cell(escape(row.units)),
            _cell(escape(row.access), _CELL + _DIM),
            _cell(alarm),
            _cell(escape(row.description), _CELL + _DIM),
        ]
    )


def attribute_html(path: str, value: str, severity: Severity, facts: Sequence[Fact]) -> str:
    """An attribute: its value first, then a row for each fact."""
    shown = badge(value, severity) if severity else f"<strong>{escape(value)}</strong>"
    return f"<div><div>{escape(path)} {shown}</div>{table_html(map(_fact, facts))}</div>"


def method_html(signature: str, facts: Sequence[Fact]) -> str:
    """A method: how it is called, then its docstring."""
    lines = "\n".join(fact.text for fact in facts)
    text = f'<div style="white-space:pre-wrap;margin:4px 0">{escape(lines)}</div>'
    return f"<div><strong><code>{escape(signature)}</code></strong>{text}</div>"


def _fact(fact: Fact) -> str:
    text = badge(fact.text, fact.severity) if fact.severity else escape(fact.text)
    return _cell(escape(fact.name), _CELL + _DIM) + _cell(text)
