"""YAML 1.2 text to plain data, with the line and column of everything in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml
from yaml import composer, parser, reader, resolver, scanner

from .fault import ConfigurationError, Fault

__all__ = ["Document", "Path", "parse"]

Path = tuple[str | int, ...]
"""Where something stands: ("devices", 2, "name")."""

MOST_NODES = 100_000
"""Values in one file, aliases expanded; a file that means to fill the memory stops here."""

MOST_DEPTH = 50

_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "null": (r"~|null|Null|NULL|", "~nN\0"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
}


class _Resolver(resolver.BaseResolver):
    """The types of YAML 1.2's core schema: `on` and `no` are text, `1e-3` is a number."""


for _name, (_pattern, _first) in _SCALARS.items():
    _letters = ["" if letter == "\0" else letter for letter in _first]
    _Resolver.add_implicit_resolver(_TAG + _name, re.compile(f"(?:{_pattern})$"), _letters)

_Parser: Any = getattr(yaml, "CParser", None)

if _Parser is not None:

    class _Loader(_Parser, _Resolver):  # type: ignore[misc]  # PyYAML's own way to put a loader together
        def __init__(self, text: str) -> None:
            _Parser.__init__(self, text)
            _Resolver.__init__(self)

else:  # PyYAML built without libyaml

    class _Loader(  # type: ignore[no-redef]  # the same loader in Python
        reader.Reader, scanner.Scanner, parser.Parser, composer.Composer, _Resolver
    ):
        def __init__(self, text: str) -> None:
            reader.Reader.__init__(self, text)
            scanner.Scanner.__init__(self)
            parser.Parser.__init__(self)
            composer.Composer.__init__(self)
            _Resolver.__init__(self)


@dataclass
class Document:
    """The data of a file, where each of its values and keys stands, and what was wrong so far."""

    file: str
    data: Any = None
    faults: list[Fault] = field(default_factory=list)
    _values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _keys: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def fault(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Add a fault at the value of `path` (or its key); a path that is not there stands where its parent does."""
        self.faults.append(Fault(self.file, *self.place(path, at_key=at_key), message))

    def place(self, path: Path, *, at_key: bool = False) -> tuple[int, int]:
        """Line and column of the value of `path` or of its nearest ancestor that is there."""
        if at_key and path in self._keys:
            return self._keys[path]
        while path and path not in self._values:
            path = path[:-1]
        return self._values.get(path, (1, 1))

    def check(self) -> None:
        """Raise ConfigurationError when there are faults."""
        if self.faults:
            raise ConfigurationError(self.faults)


def parse(text: str, file: str) -> Document:
    """Read `text`; ConfigurationError when it is no YAML at all. Smaller faults stand in the document."""
    document = Document(file)
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = "; ".join(part for part in (error.context, error.problem) if part)
        raise ConfigurationError([Fault(file, line, column, f"expected YAML: {problem}")]) from None
    except reader.ReaderError as error:
        line, start = text.count("\n", 0, error.position) + 1, text.rfind("\n", 0, error.position)
        message = f"expected text, got the character U+{error.character:04X}"
        raise ConfigurationError([Fault(file, line, error.position - start, message)]) from None
    except RecursionError:
        raise ConfigurationError([Fault(file, 1, 1, f"expected at most {MOST_DEPTH} levels, got many more")]) from None
    if node is not None:
        document.data = _Reader(document).read(node, ())
    return document


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0
        self.open: list[yaml.Node] = []

    def read(self, node: yaml.Node, path: Path) -> Any:
        self.document._values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.count += 1
        if self.count > MOST_NODES:
            place = self.document.place(path)
            message = f"expected at most {MOST_NODES} values, got more"
            raise ConfigurationError([Fault(self.document.file, *place, message)])
        if any(node is other for other in self.open):
            self.document.fault(path, "expected a value, got an alias to what it is in")
            return None
        if len(self.open) >= MOST_DEPTH:
            self.document.fault(path, f"expected at most {MOST_DEPTH} levels, got more")
            return None
        self.open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._scalar(cast(yaml.ScalarNode, node), path)
        finally:
            self.open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        return dict(self._items(node, path))

    def _items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.document.faults.append(Fault(self.document.file, *place, "expected a name, got a collection"))
                continue
            key = key_node.value
            if key in seen:
                message = f"expected each name once, got {key!r} again (first in line {seen[key]})"
                self.document.faults.append(Fault(self.document.file, *place, message))
                continue
            seen[key] = place[0]
            self.document._keys[(*path, key)] = place
            yield key, self.read(value_node, (*path, key))

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        convert = _CONVERT.get(node.tag)
        if convert is None:
            self.document.fault(path, f"expected a plain value, got the tag {node.tag}")
            return None
        try:
            return convert(node.value)
        except ValueError:
            self.document.fault(path, f"expected {node.tag.removeprefix(_TAG)}, got {node.value[:40]!r}")
            return None


def _int(text: str) -> int:
    return int(text, 0) if text[:2] in ("0x", "0o") else int(text)


def _float(text: str) -> float:
    special = text.lower().endswith((".inf", ".nan"))
    return float(text.replace(".", "", 1) if special else text)


_CONVERT: dict[str, Callable[[str], Any]] = {
    _TAG + "null": lambda text: None,
    _TAG + "bool": lambda text: text.lower() == "true",
    _TAG + "int": _int,
    _TAG + "float": _float,
    _TAG + "str": str,
}
