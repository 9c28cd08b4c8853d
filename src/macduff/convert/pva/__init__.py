"""How our values go over PVAccess, and how its spellings of a value become ours (rule 31).

`form_of(vtype)` says which normative type a PV of that type is, and converts both ways; `arguments_of` and `result_of`
do so for calls. In: an index for a label, 0 and 1 for a bool, text for the arguments of calls, because its tools send
so; the verdict on the result is the VType's. Needs p4p, which is imported when the first form is made.
"""

from __future__ import annotations

from .calls import arguments_of, result_of
from .forms import Form, form_of

__all__ = ["Form", "arguments_of", "form_of", "result_of"]
