"""Sensitive data in events that come in: masked for whoever reads them, counted, and reported to a log group.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-audit-findings.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.logs import resources
from cloudarium.services.logs.protection.scanning import Protection, Scanned, findings_of
from cloudarium.services.logs.records import Group
from cloudarium.shared.errors import AwsError

STREAM = "data-protection-findings"
_WRITER = "delivery.logs.amazonaws.com"
_REPORTS = 500  # of one event of the outbox
_SCANNED = "logs scanned"


def protect(call: Call, group: Group, stream: str, protection: Protection, events: Sequence[dict[str, Any]]) -> Scanned:
    """A batch as others may see it; what was found leaves for the policies' log groups in the present transaction."""
    result = protection.scanned(events)
    call.cloud.keep[_SCANNED] = (call.request_id, result)
    if result.found and not _reports(call, stream):
        arn = f"{resources.group_arn(call.scope, group.name)}:*"
        stamp = f"{datetime.fromtimestamp(call.now, UTC):%Y-%m-%dT%H:%M:%SZ}"
        for policy in protection.policies:
            each = [findings_of(policy, spans) for spans in result.found.values()]
            reports = [
                {"auditTimestamp": stamp, "resourceArn": arn, "dataIdentifiers": found} for found in each if found
            ]
            for start in range(0, len(reports) if policy.findings else 0, _REPORTS):
                written = [orjson.dumps(report).decode() for report in reports[start : start + _REPORTS]]
                payload = {"Group": policy.findings, "Reports": written, "Time": int(call.now * 1000)}
                call.later("Findings", payload, service="logs")
    return result


def scanned(call: Call, protection: Protection, events: Sequence[dict[str, Any]]) -> Scanned:
    """The batch that a call has brought, as `protect` has left it; scanned anew if another call came between."""
    request, found = call.cloud.keep.pop(_SCANNED, ("", None))
    return found if found is not None and request == call.request_id else protection.scanned(events)


def _reports(call: Call, stream: str) -> bool:
    """Whether a batch is reports themselves: those are not reported again."""
    return stream == STREAM and call.principal.kind == "service"


async def deliver(call: Call, group: str, reports: Sequence[str], time: int) -> None:
    """Write reports into a log group; one that is gone loses them."""
    to = {"logGroupName": group, "logStreamName": STREAM}
    batch = {**to, "logEvents": [{"timestamp": time, "message": report} for report in reports]}
    try:
        await _write(call, "PutLogEvents", batch)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            return
        try:
            await _write(call, "CreateLogStream", to)
            await _write(call, "PutLogEvents", batch)
        except AwsError:
            return


async def _write(call: Call, operation: str, given: dict[str, Any]) -> None:
    writer = Principal.service(_WRITER, call.account)
    await call.send("logs", operation, given, as_=writer, context={"aws:SourceAccount": call.account}, scope=call.scope)
