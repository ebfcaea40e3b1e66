"""One log event, as a query's @ptr names it, with all its fields."""

from __future__ import annotations

from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.http import HttpResponse

_ABOUT = frozenset(("@timestamp", "@ingestionTime", "@message", "@logStream", "@log", "@ptr"))


async def show(visit: Visit) -> HttpResponse:
    """The event that `ptr` leads to. Raises the AwsError of CloudWatch Logs."""
    answer = await visit.ask("logs", "GetLogRecord", logRecordPointer=visit.asked.get("ptr", ""))
    found: dict[str, str] = answer["logRecord"]
    own = {name: value for name, value in found.items() if name not in _ABOUT}
    group = found["@log"].partition(":")[2]
    return page(visit, "log_record.html", "Event", group=group, record=found, own=own)
