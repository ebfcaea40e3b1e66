"""The report of a day."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.stub import Stubber

import reports
from http_calls import context
from stubs import stubbed


def order(customer: str, cents: int) -> dict[str, Any]:
    """An order in the listing."""
    return {"customer_id": {"S": customer}, "total_cents": {"N": str(cents)}}


@pytest.mark.parametrize("event", [{"day": "2026-02-01T00:10:00Z"}, {"date": "2026-01-31"}])
def test_a_day_is_added_up_over_all_pages(stub: Stubber, event: dict[str, str]) -> None:
    last = {name: {"S": "x"} for name in ("pk", "sk", "status_pk", "status_sk")}
    stub.add_response("query", {"Items": [order("a", 100), order("b", 20)], "LastEvaluatedKey": last})
    stub.add_response("query", {"Items": [order("a", 3)]})
    stub.add_response("query", {"Items": [order("c", 9)]})
    wanted = {"day": "2026-01-31", "orders": 3, "revenue_cents": 123, "customers": 2, "cancelled": 1}
    with stubbed(reports.s3()) as s3:
        put = {
            "Bucket": "reports",
            "Key": "daily/2026-01-31.json",
            "Body": json.dumps(wanted).encode(),
            "ContentType": "application/json",
        }
        s3.add_response("put_object", {}, put)
        assert reports.handler(event, context()) == {"key": "daily/2026-01-31.json", **wanted}


def test_a_day_must_be_named() -> None:
    with pytest.raises(ValueError, match="name a day"):
        reports.handler({}, context())
