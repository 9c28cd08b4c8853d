"""Children of a device: other devices that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from .device import Device

__all__ = ["Child"]

D = TypeVar("D", bound="Device")


class Child(Generic[D]):
    """`motor = Child(Motor)`: a device of that class, named in the configuration or given to the constructor."""

    def __init__(self, cls: type[D], description: str = "") -> None:
        self.cls = cls
        self.description = description
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Child[D]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> D: ...
    def __get__(self, instance: Any, owner: type) -> Child[D] | D:
        if instance is None:
            return self
        raise AttributeError(
            f"{instance.name}.{self.name}: expected a {self.cls.__name__} to be given, got none yet; "
            f"name it in the configuration ({self.name}: NAME) or in the constructor ({self.name}=device)"
        )
