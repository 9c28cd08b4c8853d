"""Rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent.parent
MACHINE_PATH = re.compile(r"(?<![\w.])/(home|root|work|farm|Users)/\w")
REGISTRY = re.compile(r"https?://(?!pypi\.org/project/)[\w.-]*(pypi|pythonhosted|npmjs|registry)[\w.-]*", re.IGNORECASE)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".ts", ".tsx", ".css", ".html", ".sh", ".txt", ".npmrc", ""}


def tracked(*patterns: str) -> list[Path]:
    """The files of the tree that are committed, or would be."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for name in listing.stdout.splitlines() if (path := ROOT / name).is_file()]


def modules() -> list[Path]:
    return tracked("src/*.py")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_tree_is_seen() -> None:
    assert ROOT / "pyproject.toml" in tracked()
    assert ROOT / "src/macduff/errors.py" in modules()


def test_no_path_of_a_machine_and_no_registry_in_a_committed_file() -> None:
    found = []
    for path in tracked():
        if path.suffix not in TEXT or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if MACHINE_PATH.search(line) or REGISTRY.search(line):
                found.append(f"{named(path)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("/home/me/lab", True),
        ("see /root/x", True),
        ("~/lab", False),
        ("https://registry.npmjs.org/preact", True),
        ("/work", False),
    ],
)
def test_the_search_finds_what_it_is_for(line: str, wrong: bool) -> None:
    assert bool(MACHINE_PATH.search(line) or REGISTRY.search(line)) is wrong


def test_the_page_is_not_committed_and_its_lock_file_names_no_registry() -> None:
    """Each package of npm is held by its digest alone; where it comes from is for whoever builds to say."""
    assert tracked("web/src/main.tsx") and not tracked("src/macduff/servers/web/static", "*node_modules*")
    assert "omit-lockfile-registry-resolved=true" in (ROOT / "web/.npmrc").read_text(encoding="utf-8").splitlines()
    packages = json.loads((ROOT / "web/package-lock.json").read_text(encoding="utf-8"))["packages"]
    packages.pop("")
    assert packages
    wrong = [name for name, package in packages.items() if "resolved" in package or "integrity" not in package]
    assert not wrong


def test_pictures_in_the_docs_are_small_and_shown() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in tracked("docs/*.md", "README.md"))
    found = tracked("docs/images/*")
    assert [named(path) for path in found if path.stat().st_size > 200_000] == []
    assert [named(path) for path in found if f"images/{path.name}" not in pages] == []


def test_every_name_in_all_exists_and_is_listed_once() -> None:
    """`__all__` names things that the module has; read without importing, so that extras need not be there."""
    found = []
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = _listed(tree)
        if names is None:
            continue
        has = _defined(tree)
        found += [f"{named(path)}: {name} twice" for name in sorted({n for n in names if names.count(n) > 1})]
        if "__getattr__" not in has:
            found += [f"{named(path)}: no {name}" for name in names if name not in has]
    assert not found, "\n".join(["", *found])


def _listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return [e.value for e in ast.walk(node.value) if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    return None


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def test_modules_postpone_annotations_and_say_what_they_are_for() -> None:
    found = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        if ast.get_docstring(tree) is None:
            found.append(f"{named(path)}: no docstring")
        if tree.body[1:] and "from __future__ import annotations" not in text:
            found.append(f"{named(path)}: no 'from __future__ import annotations'")
        if any(isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names) for n in ast.walk(tree)):
            found.append(f"{named(path)}: import *")
    assert not found, "\n".join(["", *found])


def test_no_eval_and_no_pickle() -> None:
    """Nothing that came from outside is run."""
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
                found.append(f"{named(path)}:{node.lineno}: {node.func.id}")
            if isinstance(node, ast.Import) and any(a.name in {"pickle", "marshal", "shelve"} for a in node.names):
                found.append(f"{named(path)}:{node.lineno}: pickle")
    assert not found, "\n".join(["", *found])


def test_importing_macduff_is_light() -> None:
    """No carrier, no schema library, no arrays, no event loop before somebody needs them."""
    heavy = ["aiohttp", "asyncio", "cyclopts", "msgspec", "numpy", "pydantic", "uvloop", "yaml"]
    script = f"import macduff, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_every_silenced_check_has_its_reason() -> None:
    """`# type: ignore[code]  # why`, or the reason in a comment line above; the same for noqa and pyright."""
    silenced = re.compile(r"#\s*(type: ignore|pyright: ignore|noqa)(\[[\w, -]+\]|: ?[A-Z0-9, ]+)?(?P<rest>.*)")
    found = []
    for path in tracked("*.py"):
        above = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            hit = silenced.search(line)
            if hit and len(hit["rest"].strip(" #-:")) < 4 and not above.lstrip().startswith("# "):
                found.append(f"{named(path)}:{number}: {line.strip()[:100]}")
            above = line
    assert not found, "\n".join(["", *found])


def test_no_module_imports_itself_by_way_of_another() -> None:
    """Imports inside functions count too; those for the type checker alone do not."""
    graph = grimp.build_graph("macduff", exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    packages = {module for module in graph.modules if graph.find_children(module)}
    own = {m: {i for i in found if i not in packages} for m, found in imports.items() if m not in packages}
    try:
        list(TopologicalSorter(own).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))
