"""How Sphinx builds the documentation: `make docs`, warnings are errors."""

from __future__ import annotations

import tomllib
from pathlib import Path

_project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]

project = "macduff"
author = "The macduff developers"
project_copyright = author
release = version = _project["version"]

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"macduff {release}"
html_show_copyright = False
nitpicky = True
