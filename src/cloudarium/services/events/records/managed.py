"""The rule that EventBridge itself keeps on a bus for each archive: derived from the archive, never stored."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.events.records import named
from cloudarium.services.events.records.named import Named
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

PREFIX = "Events-Archive-"
MANAGER = "prod.vhs.events.aws.internal"
RULE, TARGET = "rule", "target"  # what was taken away from an archive by force, in its `removed`


class Rule(NamedTuple):
    """One rule of a bus; `data` has AWS's member names."""

    scope: Scope
    bus: str
    name: str
    data: dict[str, Any]

    @property
    def key(self) -> str:
        """What tells it from all other rules of its account and region."""
        return f"{self.bus}/{self.name}"

    @property
    def managed(self) -> bool:
        """Whether it is EventBridge's own."""
        return "ManagedBy" in self.data


def pattern(archive: Named) -> str:
    """What an archive listens to: its own pattern, but to no event of a replay."""
    own = orjson.loads(archive.data.get("EventPattern") or "{}")
    own.pop("replay-name", None)
    return orjson.dumps({"replay-name": [{"exists": False}], **own}).decode()


def rule(archive: Named) -> Rule | None:
    """The rule of an archive, None when it was deleted by force."""
    if archive.data.get("removed") == RULE:
        return None
    bus = archive.data["EventSourceArn"].partition(":event-bus/")[2]
    data = {
        "EventPattern": pattern(archive),
        "State": "ENABLED",
        "ManagedBy": MANAGER,
        "CreatedBy": archive.scope.account,
    }
    return Rule(archive.scope, bus, PREFIX + archive.name, data)


def archive_of(store: Store, scope: Scope, bus: str, name: str) -> Named | None:
    """The archive whose rule on this bus has this name."""
    if not name.startswith(PREFIX):
        return None
    found = named.find(store, scope, "archive", name.removeprefix(PREFIX))
    return found if found is not None and found.data["EventSourceArn"] == _bus_arn(scope, bus) else None


def of_bus(store: Store, scope: Scope, bus: str) -> list[Rule]:
    """The rules of all archives of a bus, by name."""
    source = _bus_arn(scope, bus)
    archives = (each for each in named.every(store, scope, "archive") if each.data["EventSourceArn"] == source)
    return [found for each in archives if (found := rule(each)) is not None]


def targets(archive: Named) -> list[dict[str, Any]]:
    """What the rule of an archive brings events to: EventBridge."""
    if archive.data.get("removed"):
        return []
    arn = arns.make("events", archive.scope, f"archive/{archive.name}:{archive.data.get('incarnation', '')}")
    template = (
        f'{{"archive-arn": "{arn}","event": <aws.events.event.json>,'
        '"ingestion-time": <aws.events.event.ingestion-time>}'
    )
    return [
        {
            "Id": PREFIX + archive.name,
            "Arn": target_arn(archive.scope),
            "InputTransformer": {"InputPathsMap": {}, "InputTemplate": template},
        }
    ]


def target_arn(scope: Scope) -> str:
    """The ARN of EventBridge as a target."""
    return f"arn:aws:events:{scope.region}:::"


def take_away(store: Store, archive: Named, what: str) -> None:
    """Take the rule of an archive, or its target, away by force: the archive keeps nothing from now on."""
    named.put(store, archive._replace(data={**archive.data, "removed": what}))


def _bus_arn(scope: Scope, bus: str) -> str:
    return arns.make("events", scope, f"event-bus/{bus}")
