"""All areas: importing this module registers them, each room's wire and every grammar."""

from __future__ import annotations

import importlib
import pkgutil

from tests.fuzz import grammars, valid, wire  # noqa: F401 - registers
from tests.fuzz.area import AREAS

for _module in pkgutil.iter_modules(grammars.__path__):
    importlib.import_module(f"{grammars.__name__}.{_module.name}")

ALL = tuple(AREAS)
