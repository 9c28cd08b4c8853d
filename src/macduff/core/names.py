"""The names that the framework keeps for itself (rule 34)."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["RESERVED", "check_device_name", "check_member_names"]

RESERVED = frozenset(
    """
    meta health state status typeid attributes methods fields children name label description tags wire log id path
    abort reset validate configure run pause rewind resume total_steps completed_steps
    update put wait wait_for wait_all watch start report_wait checkpoint shielded snapshot add_child own_thread
    wait_async add_attribute remove_attribute set_child to_dict read_attribute write_attribute
    handle_event do_connect do_close do_configure do_run do_rewind do_stop do_abort do_reset
    clock abort_grace configure_on_put value alarm timeStamp blocks pvi
    """.split()
)
FRAMEWORK_MODULE = "macduff.core"


def check_member_names(owner: str, names: Iterable[str], known: Iterable[str] = ()) -> None:
    """TypeError for a member name that some protocol or the framework cannot bear; told where the class is defined."""
    seen = {name.lower(): name for name in known}
    for name in names:
        where = f"{owner}.{name}"
        if name in RESERVED or name.upper() == "PVI":
            raise TypeError(f"{where}: expected a name of its own, got one that macduff keeps for itself; rename it")
        if name.upper().endswith("_RBV"):
            raise TypeError(f"{where}: expected a name that does not end in _RBV, which EPICS keeps for readbacks")
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise TypeError(f"{where}: expected names that differ in more than case, got {other} too")


def check_device_name(name: str) -> None:
    """ValueError for a device name that no protocol could carry."""
    allowed = name.replace(":", "").replace("_", "").replace("-", "")
    if not name or not allowed.isascii() or not allowed.isalnum() or name.startswith(":") or name.endswith(":"):
        raise ValueError(
            f"device name: expected letters, digits, _, - and : between them, such as BL01:X, got {name!r}"
        )
