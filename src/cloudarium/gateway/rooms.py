"""The rooms of the house: found by folder, their cards read at start, the rest imported on first use."""

from __future__ import annotations

import importlib
import keyword
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from cloudarium import services
from cloudarium.gateway.operation import HANDLERS, Handler


@dataclass(frozen=True)
class Service:
    """A room's card, in its service.py.

    `signing_name` is the service in signatures where it differs from the name.
    `validation_error` is the code in which this service reports what the model forbids (None: the room does it all).
    `paths` maps paths of its endpoint at which it speaks another protocol over HTTP to functions of doors.py.
    `virtual_hosts` are host labels whose first label is a path segment: BUCKET.s3.localhost is /BUCKET. `doors` maps
    host labels (ID.execute-api.localhost, /_aws/execute-api/ID/…) to functions of doors.py. `signs_path_once`: the
    signature covers the path as it was sent, not encoded a second time. `anonymous`: an unsigned call is judged by the
    resource's policy instead of being refused. `max_body` bounds a body that is not streamed, in bytes. `cors`: its
    doors.py answers browsers by the resource's rules (see cors.py). `form`: the function of doors.py that takes a
    browser's form (see forms.py). `query_headers`: the x-amz- parameters of a presigned URL count as headers.
    `clock_skew`: how many seconds the clock of a client may be off. `no_user_tokens`: temporary keys of users and of
    federated users are not taken here, only those of roles. `pages` maps the first label of paths below
    /_cloudarium/ to functions of its pages.py (see control.py). `ports` maps the names of ports on which it speaks
    another protocol than HTTP to their usual numbers (see ports.py); `datagrams` are those of them that UDP reaches,
    too. `usage` is what AWS/Usage calls a service whose calls are counted there.
    """

    name: str
    purpose: str
    signing_name: str = ""
    validation_error: str | None = "ValidationException"
    virtual_hosts: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    doors: Mapping[str, str] = field(default_factory=dict)
    signs_path_once: bool = False
    anonymous: bool = False
    max_body: int = 16 * 1024 * 1024
    cors: bool = False
    form: str = ""
    query_headers: bool = False
    clock_skew: int = 5 * 60
    pages: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    datagrams: tuple[str, ...] = ()
    no_user_tokens: bool = False
    usage: str = ""


def folder_name(service: str) -> str:
    """The folder of a service: botocore's name as a Python name."""
    name = service.replace("-", "_")
    return name + "_" if keyword.iskeyword(name) else name


class Room:
    """One service's folder; its modules are imported when they are first needed."""

    def __init__(self, folder: str, card: Service) -> None:
        self.folder = folder
        self.card = card
        self._handlers: dict[str, Handler] | None = None

    @property
    def handlers(self) -> dict[str, Handler]:
        """The built operations by name."""
        if self._handlers is None:
            importlib.import_module(f"{services.__name__}.{self.folder}.operations")
            self._handlers = HANDLERS.get(self.folder, {})
        return self._handlers

    @cached_property
    def measured(self) -> Callable[[Any], None] | None:
        """What counts a call that has ended for the room's metrics: `measured(call)` of its measuring.py, if any."""
        module = self.module("measuring")
        return module.measured if module is not None else None

    @cache  # noqa: B019 - rooms live as long as the process
    def module(self, name: str) -> ModuleType | None:
        """The room's module of that name (resources, background, doors, identity, stack), None when it has none."""
        folder = Path(services.__path__[0]) / self.folder
        if not (folder / f"{name}.py").exists() and not (folder / name).is_dir():
            return None
        return importlib.import_module(f"{services.__name__}.{self.folder}.{name}")


@cache
def all_rooms() -> Mapping[str, Room]:
    """Every room by botocore's service name."""
    rooms = {}
    for path in sorted(Path(services.__path__[0]).glob("*/service.py")):
        card = importlib.import_module(f"{services.__name__}.{path.parent.name}.service").CARD
        rooms[card.name] = Room(path.parent.name, card)
    return rooms


def room(service: str) -> Room | None:
    """The room of a service by botocore's name, None when there is none."""
    return all_rooms().get(service)


def rooms_with(module: str) -> Iterator[tuple[Room, ModuleType]]:
    """The rooms that have a module of that name, with it."""
    for each in all_rooms().values():
        found = each.module(module)
        if found is not None:
            yield each, found


def schemas() -> list[Path]:
    """The schema.sql of every room that keeps something, and of what several rooms stand on."""
    folder = Path(services.__path__[0])
    shared = (path for path in folder.parent.glob("*/schema.sql") if path.parent.name != "store")
    return [*sorted(shared), *sorted(folder.glob("*/schema.sql"))]
