"""Stubs are made from descriptions alone; that checkers accept them is for tests/system/client/test_stubs.py."""

from __future__ import annotations

import ast

from macduff.client import Client, DeviceInfo, stubs
from macduff.client.stubs import stubs_of


def test_a_stub_has_members_types_and_documentation(client: Client) -> None:
    text = stubs(client)
    tree = ast.parse(text)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    assert {"STAGEDevice", "STAGEDevice_move", "STAGEDevice_attributes", "Devices"} <= set(classes)
    assert ast.get_docstring(classes["STAGEDevice"]) == "A linear stage."
    assert "def __call__(self, /, target: float, speed: float = ...) -> float: ..." in text
    assert "def mode(self) -> Literal['slow', 'fast']:" in text
    assert "@velocity.setter" in text
    assert "@position.setter" not in text


def test_awkward_names_and_words_stay_valid_python() -> None:
    names = ["BL01:STAGE", "BL01-STAGE", "1ST", "class", "close"]
    text = stubs_of("ws://h", [DeviceInfo(name, description='say """hi"""\\ "') for name in names])
    tree = ast.parse(text)
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert len(classes) == len(set(classes))
    for name in names:
        assert f"Literal[{name!r}]" in text
    client = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Devices")
    methods = {node.name for node in client.body if isinstance(node, ast.FunctionDef)}
    assert methods == {"__getitem__", "device"}, "a name that Python cannot spell, or a client has, is for brackets"


def test_a_server_without_devices_has_stubs_too() -> None:
    ast.parse(stubs_of("ws://h", []))
