"""A changed copy of a value, whichever kind of frozen value it is."""

from __future__ import annotations

import dataclasses
from typing import Any


def replace(value: Any, /, **changes: Any) -> Any:
    changed = getattr(value, "_replace", None)
    return changed(**changes) if changed else dataclasses.replace(value, **changes)
