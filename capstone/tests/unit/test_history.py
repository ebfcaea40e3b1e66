"""The history's worker: a day for a report, and what is no report comes again."""

from __future__ import annotations

import io
import json
from typing import Any

from botocore.response import StreamingBody

import history
from http_calls import context
from stubs import stubbed

REPORT = {"day": "2026-01-31", "orders": 3, "revenue_cents": 123, "customers": 2, "cancelled": 1}


def message(message_id: str) -> dict[str, Any]:
    """A message about a report."""
    detail = {"bucket": {"name": "reports"}, "object": {"key": "daily/2026-01-31.json"}}
    return {"messageId": message_id, "receiptHandle": "r", "body": json.dumps({"detail": detail}), "attributes": {}}


def content(report: dict[str, Any]) -> dict[str, Any]:
    """What S3 answers."""
    text = json.dumps(report).encode()
    return {"Body": StreamingBody(io.BytesIO(text), len(text))}


def test_a_report_becomes_a_day_and_no_report_comes_again() -> None:
    with stubbed(history.s3()) as s3, stubbed(history.history().meta.client) as table:
        s3.add_response("get_object", content(REPORT), {"Bucket": "reports", "Key": "daily/2026-01-31.json"})
        s3.add_response("get_object", content({"day": "2026-01-31"}))
        table.add_response("put_item", {}, {"TableName": "history", "Item": {"month": "2026-01", **REPORT}})
        answer = history.handler({"Records": [message("1"), message("2")]}, context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
