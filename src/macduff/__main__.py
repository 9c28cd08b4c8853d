"""`python -m macduff` is the command line."""

from __future__ import annotations

import sys

from macduff.cli import main

sys.exit(main())
