"""The most that on-demand tables are to bear, and what tables and indexes bear at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.dynamodb.conftest import index, schema

Refused = Callable[..., str]
DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
UNITS = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}
PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS}
READS, WRITES = "MaxReadRequestUnits", "MaxWriteRequestUnits"


def make(dynamodb: Any, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = dynamodb.create_table(TableName="heavy", **schema(pk="S"), **given)["TableDescription"]
    return made


def described(dynamodb: Any) -> dict[str, Any]:
    found: dict[str, Any] = dynamodb.describe_table(TableName="heavy")["Table"]
    return found


def warm(record: dict[str, Any]) -> tuple[int, int]:
    return record["WarmThroughput"]["ReadUnitsPerSecond"], record["WarmThroughput"]["WriteUnitsPerSecond"]


def test_ceilings_are_changed_one_by_one_and_go_with_the_mode(dynamodb: Any, refused: Refused) -> None:
    make(dynamodb, **DEMAND, OnDemandThroughput={READS: 100})
    assert described(dynamodb)["OnDemandThroughput"] == {READS: 100}

    def change(**given: Any) -> dict[str, Any]:
        changed: dict[str, Any] = dynamodb.update_table(TableName="heavy", **given)["TableDescription"]
        return changed

    change(OnDemandThroughput={WRITES: 50})
    assert described(dynamodb)["OnDemandThroughput"] == {READS: 100, WRITES: 50}
    assert change(OnDemandThroughput={READS: -1})["OnDemandThroughput"] == {READS: -1, WRITES: 50}
    assert described(dynamodb)["OnDemandThroughput"] == {WRITES: 50}
    for given, words in (
        ({"OnDemandThroughput": {READS: 0}}, f"Requested {READS} for OnDemandThroughput for table is outside of"),
        ({"OnDemandThroughput": {WRITES: -2}}, f"Requested {WRITES} for OnDemandThroughput for table is outside of"),
        ({"OnDemandThroughput": {}}, "At least one of"),
        (
            {"OnDemandThroughput": {READS: 5}, "StreamSpecification": {"StreamEnabled": True}},
            "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
        ),
    ):
        assert words in refused(dynamodb.update_table, TableName="heavy", **given)
    change(**PROVISIONED)
    assert "OnDemandThroughput" not in described(dynamodb)
    assert refused(dynamodb.update_table, TableName="heavy", OnDemandThroughput={WRITES: 0}).endswith(
        f"{WRITES} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**DEMAND, "OnDemandThroughput": {READS: 0}}, f"{READS} for OnDemandThroughput for table is outside of"),
        ({**DEMAND, "OnDemandThroughput": {READS: -1}}, f"{READS} for OnDemandThroughput for table is outside of"),
        ({**PROVISIONED, "OnDemandThroughput": {READS: 0}}, "cannot be specified when table BillingMode is PROV"),
        ({**DEMAND, "WarmThroughput": {"ReadUnitsPerSecond": 11_999}}, "lower than initial throughput for OnDemand"),
        (
            {**PROVISIONED, "WarmThroughput": {"WriteUnitsPerSecond": 5}},
            "for WarmThroughput for table is lower than WriteCapacityUnits of ProvisionedThroughput",
        ),
    ],
)  # fmt: skip
def test_what_a_new_table_may_not_ask(dynamodb: Any, refused: Refused, given: dict[str, Any], words: str) -> None:
    text = refused(make, dynamodb=dynamodb, **given)
    assert text.startswith("ValidationException") and words in text
    assert dynamodb.list_tables()["TableNames"] == []


def test_what_is_warm_stays_warm(dynamodb: Any, refused: Refused) -> None:
    make(dynamodb, **PROVISIONED)
    assert warm(described(dynamodb)) == (10, 10)
    dynamodb.update_table(TableName="heavy", ProvisionedThroughput={"ReadCapacityUnits": 20, "WriteCapacityUnits": 5})
    assert warm(described(dynamodb)) == (20, 10)
    changed = dynamodb.update_table(TableName="heavy", WarmThroughput={"ReadUnitsPerSecond": 50})["TableDescription"]
    assert (changed["TableStatus"], warm(described(dynamodb))) == ("ACTIVE", (50, 10))
    asked = {"ReadUnitsPerSecond": 49}
    assert "for table is lower than current WarmThroughput" in refused(
        dynamodb.update_table, TableName="heavy", WarmThroughput=asked
    )
    both = {"WarmThroughput": {"ReadUnitsPerSecond": 60}, "BillingMode": "PAY_PER_REQUEST"}
    assert "must be the only operation" in refused(dynamodb.update_table, TableName="heavy", **both)
    dynamodb.update_table(TableName="heavy", **DEMAND)
    assert warm(described(dynamodb)) == (12_000, 4_000)
    dynamodb.update_table(TableName="heavy", **PROVISIONED)
    assert warm(described(dynamodb)) == (12_000, 4_000)


def test_indexes_have_ceilings_of_their_own(dynamodb: Any, refused: Refused) -> None:
    given = {**schema(pk="S", g="S"), "KeySchema": schema(pk="S")["KeySchema"]}
    first = {**index("by_g", "g"), "OnDemandThroughput": {READS: 7}, "WarmThroughput": {"WriteUnitsPerSecond": 4_001}}
    dynamodb.create_table(TableName="heavy", **DEMAND, **given, GlobalSecondaryIndexes=[first])

    def found() -> dict[str, Any]:
        (record,) = described(dynamodb)["GlobalSecondaryIndexes"]
        return dict(record)

    def update(**more: Any) -> dict[str, Any]:
        return {"TableName": "heavy", "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by_g", **more}}]}

    assert (found()["OnDemandThroughput"], warm(found())) == ({READS: 7}, (12_000, 4_001))
    dynamodb.update_table(**update(OnDemandThroughput={READS: -1, WRITES: 9}))
    dynamodb.update_table(**update(WarmThroughput={"ReadUnitsPerSecond": 12_001}))
    assert (found()["OnDemandThroughput"], warm(found())) == ({WRITES: 9}, (12_001, 4_001))
    for more, words in (
        ({"OnDemandThroughput": {READS: 0}}, "for OnDemandThroughput for index : by_g is outside of valid range"),
        ({"WarmThroughput": {"ReadUnitsPerSecond": 1}}, "for index by_g is lower than current WarmThroughput"),
        ({}, "ProvisionedThroughput must be specified for index: by_g"),
    ):
        assert words in refused(dynamodb.update_table, **update(**more))
    missing = {"IndexName": "none", "OnDemandThroughput": {READS: 1}}
    assert refused(dynamodb.update_table, TableName="heavy", GlobalSecondaryIndexUpdates=[{"Update": missing}]) == (
        "ResourceNotFoundException: Requested resource not found: Index none for table heavy"
    )
