"""Names of a device's members beside those that Bluesky and ophyd-async have for themselves."""

from __future__ import annotations

from typing import Any

__all__ = ["member_name"]

VERBS = frozenset(
    "name parent read describe read_configuration describe_configuration configure trigger prepare set locate stop "
    "check_value stage unstage pause resume kickoff complete collect describe_collect collect_pages get_index "
    "collect_asset_docs subscribe clear_sub hints".split()
)


def member_name(cls: type[Any], name: str) -> str:
    """The name under which a member is on the device: with `_` behind it where the name is taken."""
    return f"{name}_" if name in VERBS or hasattr(cls, name) else name
