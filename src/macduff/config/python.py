"""`macduff check FILE.py`: what a device class would be refused for at run time, found without running it.

In device code `self.NAME = ...` is refused for every public name: an attribute is updated or put, a child is given, and
anything else is a misspelling or wants a name that begins with _.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..telling import did_you_mean
from .fault import Fault

__all__ = ["check_python"]

_DECLARES_CHILD = "Child"
_BASES = ("Device", "ConfigurableDevice", "RunnableDevice", "PausableDevice")
_FRAMEWORK = frozenset({"health", "state", "status", "total_steps", "completed_steps"})


@dataclass
class _Class:
    """A device class as its source shows it, what it inherits included."""

    node: ast.ClassDef
    attributes: set[str] = field(default_factory=lambda: set(_FRAMEWORK))
    children: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)


def check_python(file: str | Path) -> list[Fault]:
    """The faults of a Python file, in its order. OSError when it cannot be read."""
    path = Path(file)
    source = path.read_bytes()
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [Fault(str(file), error.lineno or 1, error.offset or 1, f"expected Python: {error.msg}")]
    except ValueError as error:  # null bytes
        return [Fault(str(file), 1, 1, f"expected Python: {error}")]
    finder = _Finder(path.parent)
    finder.read(tree)
    faults = [fault for cls in finder.own for fault in _faults(str(file), cls)]
    return sorted(faults)


class _Finder:
    """The device classes of a file; what it imports from files beside it is read too, never run."""

    def __init__(self, folder: Path, seen: set[Path] | None = None) -> None:
        self.folder = folder
        self.seen = set() if seen is None else seen
        self.known: dict[str, _Class | None] = {}
        self.own: list[_Class] = []

    def read(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self._imported(node)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and (found := self._device(node)):
                self.known[node.name] = found
                self.own.append(found)

    def _imported(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if module.split(".")[0] == "macduff":
            for alias in node.names:
                if alias.name in _BASES or module.startswith("macduff.devices"):
                    self.known[alias.asname or alias.name] = None
            return
        path = self.folder.joinpath(*module.split(".")).with_suffix(".py")
        if path in self.seen or not path.is_file():
            return
        self.seen.add(path)
        other = _Finder(path.parent, self.seen)
        try:
            other.read(ast.parse(path.read_bytes()))
        except (SyntaxError, ValueError):
            return  # a fault of that file, told when it is checked itself
        for alias in node.names:
            if alias.name in other.known:
                self.known[alias.asname or alias.name] = other.known[alias.name]

    def _device(self, node: ast.ClassDef) -> _Class | None:
        """The class, if one of its bases is a device; `macduff.Device` counts by its last part."""
        found = _Class(node)
        is_device = False
        for base in node.bases:
            if isinstance(base, ast.Attribute) and base.attr in _BASES:
                is_device = True
            if isinstance(base, ast.Name) and base.id in self.known:
                is_device = True
                if inherited := self.known[base.id]:
                    found.attributes |= inherited.attributes
                    found.children |= inherited.children
                    found.methods |= inherited.methods
        if not is_device:
            return None
        for statement in node.body:
            _declare(found, statement)
        return found


def _declare(cls: _Class, statement: ast.stmt) -> None:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        cls.methods.add(statement.name)
        return
    if isinstance(statement, ast.AnnAssign):
        pairs = list(_pairs(statement.target, statement.value))
    elif isinstance(statement, ast.Assign):
        pairs = [pair for target in statement.targets for pair in _pairs(target, statement.value)]
    else:
        return
    for name, value in pairs:
        called = value.func if isinstance(value, ast.Call) else None
        kind = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if kind == _DECLARES_CHILD:
            cls.children.add(name)
        elif kind.endswith("Attribute"):
            cls.attributes.add(name)


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    """Names with what they are given: `motor, camera = Child(Motor), Child(Camera)` has two."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, its in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, its)


def _faults(file: str, cls: _Class) -> Iterator[Fault]:
    for function in cls.node.body:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not function.args.args:
            continue
        decorators = {node.id for node in function.decorator_list if isinstance(node, ast.Name)}
        if decorators & {"staticmethod", "classmethod"}:
            continue
        yield from _assignments(file, cls, function, function.args.args[0].arg)


def _assignments(file: str, cls: _Class, function: ast.AST, own: str) -> Iterator[Fault]:
    """Every place in the function, inner functions included, that stores into `own.NAME` or `own.MEMBER.NAME`."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load) or node.attr.startswith("_"):
            continue
        message = ""
        match node.value:
            case ast.Name(id=name) if name == own:
                message = _of_self(cls, own, node.attr)
            case ast.Attribute(value=ast.Name(id=name), attr=member) if name == own and member in cls.children:
                where = f"{own}.{member}.{node.attr}"
                message = f"{where}: expected {where}.put(...), got an assignment"
            case ast.Attribute(value=ast.Name(id=name), attr=member) if name == own and member in cls.attributes:
                message = f"{own}.{member}.{node.attr}: expected {own}.{member}.update(...), got an assignment"
        if message:
            yield Fault(file, node.lineno, node.col_offset + 1, f"{cls.node.name}: {message}")


def _of_self(cls: _Class, own: str, name: str) -> str:
    where = f"{own}.{name}"
    if name in cls.attributes:
        wanted = f"{where}.update(...) for what is true or {where}.put(...) to ask for it"
        return f"{where}: expected {wanted}, got an assignment"
    if name in cls.children or name in cls.methods:
        return f"{where}: expected nothing to be assigned to it, got an assignment"
    known = sorted(cls.attributes | cls.children)
    hint = did_you_mean(name, known) or f"; did you mean {'_' + name!r}?"
    return f"{where}: expected an attribute declared on the class or a name that begins with _, got {name!r}{hint}"
