"""Which part an attribute plays in documents: told by its tags, else by what it is."""

from __future__ import annotations

from ...client.model import AttributeInfo
from ...values import VArray, VBool, VDouble, VFloat, VInt
from .datatypes import datatype_of

__all__ = ["CONFIG", "HINTED", "OTHER", "READ", "TAG", "role_of"]

TAG = "bluesky:"
"""Tags that say it: bluesky:hinted, bluesky:read, bluesky:config, bluesky:other."""
HINTED, READ, CONFIG, OTHER = "hinted", "read", "config", "other"
_OWN = frozenset({"health", "state", "status", "total_steps", "completed_steps"})


def role_of(info: AttributeInfo) -> str:
    """hinted, read (in events, not drawn), config (once a run), or other (a signal, in no document).

    Without a tag: what clients can put and what `configure` takes is config, other numbers are hinted, text, labels
    and lists are read, and pictures and what every device has are other.
    """
    for tag in info.tags:
        if tag.startswith(TAG) and tag.removeprefix(TAG) in (HINTED, READ, CONFIG, OTHER):
            return tag.removeprefix(TAG)
    vtype = info.vtype
    if info.name in _OWN or datatype_of(vtype) is None or (isinstance(vtype, VArray) and vtype.ndim != 1):
        return OTHER
    if info.parameter or info.writable:
        return CONFIG
    return HINTED if isinstance(vtype, VInt | VFloat | VDouble | VBool) else READ
