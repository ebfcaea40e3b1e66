"""A cloud whose rooms `sns`, `events` and `cloudwatch` are stand-ins: they write down what SES asks of them.

So these tests see the very calls, judged by the pipeline and the topic's policy, whatever those rooms can do.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.conftest import RunningCloud

ROOT = Path(__file__).parents[3]


class StandInCloud(RunningCloud):
    """A cloud on disk with stand-ins; `told` is what they were asked.

    A topic whose name begins with "open" lets SES publish for any configuration set, one with "posts" for identities
    and receipt rules, one with "gone" is not there, one with "busy" has to be tried again once; others have no policy.
    """

    program = (
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.services.ses import standins\n"
        "standins.install()\n"
        "from cloudarium.cli import main\n"
        "main()",
    )

    def told(self, operation: str) -> list[dict[str, Any]]:
        """The inputs of an operation in their order, with `as` and `context`."""
        self.settle()
        assert self.data is not None
        path = self.data / "told.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [each for each in map(json.loads, lines) if each["operation"] == operation]

    def events(self) -> list[dict[str, Any]]:
        """The events that topics were told, in their order."""
        given = (each["input"] for each in self.told("Publish"))
        return [json.loads(each["Message"]) for each in given if each.get("Subject")]


def install() -> None:
    """Put the stand-ins in the places of the rooms; runs inside of the cloud's process."""
    from cloudarium.gateway import rooms
    from cloudarium.gateway.operation import Handler
    from cloudarium.services.ses.service import CARD as like

    def handler(name: str, resource: str) -> Handler:
        def answer(call: Any) -> dict[str, Any]:
            from cloudarium.shared.errors import AwsError

            target = str(call.input.get("TopicArn", "")).rpartition(":")[2]
            if target.startswith("gone"):
                raise AwsError("Topic does not exist", code="NotFoundException", status=404)
            marker = call.store.folder / f"{target}.tried"
            if target.startswith("busy") and call.input.get("Subject") and not marker.exists():
                marker.touch()
                raise AwsError("not now", code="InternalErrorException", status=500)
            entry = {
                "operation": name, "input": call.input, "as": call.principal.name, "context": dict(call.context),
                "scope": list(call.scope),
            }  # fmt: skip
            with open(call.store.folder / "told.jsonl", "a") as file:
                file.write(json.dumps(entry) + "\n")
            return {}

        return Handler(name, answer, lambda call: call.input.get("TopicArn") or resource, None, frozenset(), {})

    def policy(call: Any, arn: str) -> str | None:
        name = arn.rpartition(":")[2]
        if not name.startswith(("open", "busy", "gone", "posts")):
            return None
        sources = ("identity/*", "receipt-rule-set/*") if name.startswith("posts") else ("configuration-set/*",)
        condition = {"ArnLike": {"aws:SourceArn": [f"arn:aws:ses:*:*:{each}" for each in sources]}}
        statement = {
            "Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "*", "Resource": "*",
            "Condition": condition,
        }  # fmt: skip
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    class StandIn(rooms.Room):
        def module(self, name: str) -> Any:
            return SimpleNamespace(resource_policy=policy) if name == "resources" else None

    real = dict(rooms.all_rooms())
    for service, operation, resource in (
        ("sns", "Publish", "*"),
        ("events", "PutEvents", "*"),
        ("cloudwatch", "PutMetricData", "*"),
    ):
        room = StandIn(service, type(like)(name=service, purpose="a stand-in"))
        room._handlers = {operation: handler(operation, resource)}
        real[service] = room
    rooms.all_rooms = lambda: real  # type: ignore[assignment]
    for name, module in list(sys.modules.items()):
        if name.startswith("cloudarium.") and getattr(module, "all_rooms", None) is not None:
            module.all_rooms = rooms.all_rooms  # type: ignore[attr-defined]
