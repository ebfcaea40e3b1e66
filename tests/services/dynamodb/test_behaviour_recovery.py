"""Backups and point-in-time recovery: what a table was at any second of its window, and tables made of backups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.dynamodb.conftest import index, schema

Refused = Callable[..., str]
ON = {"PointInTimeRecoveryEnabled": True}
OFF = {"PointInTimeRecoveryEnabled": False}
MINUTE, DAY = 60.0, 86_400.0


@pytest.fixture(scope="module")
def own() -> Iterator[RunningCloud]:
    """A cloud whose clock stands still."""
    running = RunningCloud()
    running.control("clock", {"freeze": True})
    yield running
    running.stop()


@pytest.fixture
def dynamodb(own: RunningCloud, account: str) -> Any:
    return own.client("dynamodb", key=account, parameter_validation=False)


def now(own: RunningCloud) -> float:
    return datetime.fromisoformat(own.control("clock")["now"]).timestamp()


def recovery(dynamodb: Any, name: str = "things") -> dict[str, Any]:
    found = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert found["ContinuousBackupsStatus"] == "ENABLED"
    return found["PointInTimeRecoveryDescription"]


def enable(dynamodb: Any, days: int | None = None, name: str = "things") -> dict[str, Any]:
    wanted = ON if days is None else {**ON, "RecoveryPeriodInDays": days}
    answer = dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)
    return answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


def put(dynamodb: Any, key: str, value: str, name: str = "things") -> None:
    dynamodb.put_item(TableName=name, Item={"pk": {"S": key}, "sk": {"S": "s"}, "v": {"S": value}})


def held(dynamodb: Any, name: str, **how: Any) -> dict[str, str]:
    return {item["pk"]["S"]: item["v"]["S"] for item in dynamodb.scan(TableName=name, **how)["Items"]}


def as_of(own: RunningCloud, dynamodb: Any, moment: float, name: str = "") -> dict[str, str]:
    target = name or f"as-of-{int(moment)}"
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="things", TargetTableName=target, RestoreDateTime=datetime.fromtimestamp(moment, UTC)
    )
    own.settle()
    return held(dynamodb, target)


def test_every_second_of_the_window_can_be_restored(own: RunningCloud, dynamodb: Any, table: str) -> None:
    put(dynamodb, "before", "1")
    first = enable(dynamodb)
    assert (first["PointInTimeRecoveryStatus"], first["RecoveryPeriodInDays"]) == ("ENABLED", 35)
    assert first["EarliestRestorableDateTime"] == first["LatestRestorableDateTime"]
    own.clock_advance(10)
    start = int(now(own)) + 1
    own.control("clock", {"at": start})
    states: list[dict[str, str]] = []
    for change in (
        lambda: put(dynamodb, "new", "1"),
        lambda: put(dynamodb, "before", "2"),
        lambda: dynamodb.delete_item(TableName=table, Key={"pk": {"S": "before"}, "sk": {"S": "s"}}),
        lambda: put(dynamodb, "before", "3"),
        lambda: dynamodb.transact_write_items(
            TransactItems=[{"Delete": {"TableName": table, "Key": {"pk": {"S": "new"}, "sk": {"S": "s"}}}}]
        ),
    ):
        states.append(held(dynamodb, table))
        own.clock_advance(0.5)
        change()
        own.clock_advance(0.5)
    own.clock_advance(5 * MINUTE)
    assert [as_of(own, dynamodb, start + second) for second in range(5)] == states
    assert states[0] == {"before": "1"} and states[4] == {"before": "3", "new": "1"}
    assert as_of(own, dynamodb, start + 5) == {"before": "3"} == held(dynamodb, table)
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=table, TargetTableName="latest", UseLatestRestorableTime=True
    )
    own.settle()
    assert held(dynamodb, "latest") == {"before": "3"}


def test_only_the_window_can_be_restored(
    own: RunningCloud, dynamodb: Any, table: str, refused: Refused, account: str
) -> None:
    restore = dynamodb.restore_table_to_point_in_time
    given = {"SourceTableName": table, "TargetTableName": "again"}
    assert recovery(dynamodb) == {"PointInTimeRecoveryStatus": "DISABLED"}
    off = "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'things'"
    assert refused(restore, **given, UseLatestRestorableTime=True) == off
    missing = refused(restore, **{**given, "SourceTableName": "none"}, UseLatestRestorableTime=True)
    assert missing == "TableNotFoundException: Table not found: none"
    taken = refused(restore, **{**given, "TargetTableName": table}, UseLatestRestorableTime=True)
    assert taken == "TableAlreadyExistsException: Table already exists: things"
    elsewhere = refused(
        restore, SourceTableArn=f"arn:aws:s3:us-east-1:{account}:table/things", TargetTableName="again",
        UseLatestRestorableTime=True,
    )  # fmt: skip
    assert elsewhere.startswith("ValidationException")
    enable(dynamodb, days=2)
    put(dynamodb, "a", "1")
    own.clock_advance(DAY)
    put(dynamodb, "a", "2")
    enabled = recovery(dynamodb)["EarliestRestorableDateTime"].timestamp()
    assert recovery(dynamodb)["LatestRestorableDateTime"].timestamp() == pytest.approx(now(own) - 300, abs=0.01)
    for moment in (enabled - 1, now(own) - 290, now(own) + 10):
        when = datetime.fromtimestamp(moment, UTC)
        assert refused(restore, **given, RestoreDateTime=when).startswith("InvalidRestoreTimeException")
    for both in ({}, {"RestoreDateTime": datetime.now(UTC), "UseLatestRestorableTime": True}):
        assert refused(restore, **given, **both).startswith("ValidationException")
    own.clock_advance(1.5 * DAY)
    earliest = recovery(dynamodb)["EarliestRestorableDateTime"].timestamp()
    assert earliest == pytest.approx(now(own) - 2 * DAY, abs=1)
    assert as_of(own, dynamodb, earliest) == {"a": "1"}  # the first change is forgotten, what it led to is not
    shorter = enable(dynamodb, days=1)
    assert shorter["EarliestRestorableDateTime"].timestamp() == pytest.approx(now(own) - DAY, abs=1)
    longer = enable(dynamodb, days=35)
    assert longer["EarliestRestorableDateTime"] == shorter["EarliestRestorableDateTime"]
    wrong = {**OFF, "RecoveryPeriodInDays": 2}
    update = dynamodb.update_continuous_backups
    assert refused(update, TableName=table, PointInTimeRecoverySpecification=wrong).startswith("ValidationException")
    update(TableName=table, PointInTimeRecoverySpecification=OFF)
    assert recovery(dynamodb) == {"PointInTimeRecoveryStatus": "DISABLED"}
    own.settle()
    own.clock_advance(1)
    again = enable(dynamodb)
    assert again["EarliestRestorableDateTime"].timestamp() == pytest.approx(now(own), abs=1)


def test_a_restored_table_has_indexes_and_not_what_aws_leaves_out(
    own: RunningCloud, dynamodb: Any, refused: Refused
) -> None:
    given = schema(pk="S", sk="S")
    given["AttributeDefinitions"] += [{"AttributeName": "v", "AttributeType": "S"}]
    dynamodb.create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST", **given,
        GlobalSecondaryIndexes=[index("by_v", "v"), index("other", "v", "pk")],
        LocalSecondaryIndexes=[index("local", "pk", "v")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": "a", "Value": "b"}],
    )  # fmt: skip
    dynamodb.update_time_to_live(
        TableName="things", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    enable(dynamodb)
    for start in range(0, 600, 25):  # more than one step of the restoration takes
        items = [{"pk": {"S": f"{n}"}, "sk": {"S": "s"}, "v": {"S": "even" if n % 2 == 0 else "odd"}} for n in
                 range(start, start + 25)]  # fmt: skip
        dynamodb.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": item}} for item in items]})
    own.clock_advance(10 * MINUTE)
    made = dynamodb.restore_table_to_point_in_time(
        SourceTableArn=dynamodb.describe_table(TableName="things")["Table"]["TableArn"], TargetTableName="again",
        UseLatestRestorableTime=True, GlobalSecondaryIndexOverride=[index("by_v", "v")],
    )["TableDescription"]  # fmt: skip
    assert made["TableStatus"] == "CREATING" and made["RestoreSummary"]["RestoreInProgress"]
    assert made["RestoreSummary"]["SourceTableArn"].endswith(":table/things")
    own.settle()
    found = dynamodb.describe_table(TableName="again")["Table"]
    assert found["TableStatus"] == "ACTIVE" and not found["RestoreSummary"]["RestoreInProgress"]
    assert found["ItemCount"] == 600 and "StreamSpecification" not in found
    assert [each["IndexName"] for each in found["GlobalSecondaryIndexes"]] == ["by_v"]
    even = {"IndexName": "by_v", "KeyConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"S": "even"}}}
    assert dynamodb.query(TableName="again", Select="COUNT", **even)["Count"] == 300
    assert found["LocalSecondaryIndexes"][0]["ItemCount"] == 600
    assert dynamodb.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"] == []
    assert dynamodb.describe_time_to_live(TableName="again")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    assert recovery(dynamodb, "again") == {"PointInTimeRecoveryStatus": "DISABLED"}
    wrong = refused(
        dynamodb.restore_table_to_point_in_time, SourceTableName="things", TargetTableName="third",
        UseLatestRestorableTime=True, GlobalSecondaryIndexOverride=[index("by_v", "pk")],
    )  # fmt: skip
    assert wrong.startswith("ValidationException") and "by_v" in wrong
    unpaid = refused(
        dynamodb.restore_table_to_point_in_time, SourceTableName="things", TargetTableName="third",
        UseLatestRestorableTime=True, BillingModeOverride="PROVISIONED",
    )  # fmt: skip
    assert unpaid.startswith("ValidationException")
    assert dynamodb.list_tables()["TableNames"] == ["again", "things"]
    assert dynamodb.list_backups(BackupType="ALL")["BackupSummaries"] == []


def test_backups_on_demand(own: RunningCloud, dynamodb: Any, table: str, refused: Refused) -> None:
    put(dynamodb, "a", "1")
    first = dynamodb.create_backup(TableName=table, BackupName="first")["BackupDetails"]
    assert (first["BackupStatus"], first["BackupType"]) == ("CREATING", "USER")
    put(dynamodb, "a", "2")
    own.clock_advance(60)
    second = dynamodb.create_backup(TableName=table, BackupName="second")["BackupDetails"]
    listed = dynamodb.list_backups(TableName=table, Limit=1)
    assert [each["BackupName"] for each in listed["BackupSummaries"]] == ["first"]
    rest = dynamodb.list_backups(ExclusiveStartBackupArn=listed["LastEvaluatedBackupArn"])
    assert [each["BackupArn"] for each in rest["BackupSummaries"]] == [second["BackupArn"]]
    later = dynamodb.list_backups(TimeRangeLowerBound=second["BackupCreationDateTime"])
    assert "LastEvaluatedBackupArn" not in rest and len(later["BackupSummaries"]) == 1
    dynamodb.delete_table(TableName=table)
    described = dynamodb.describe_backup(BackupArn=first["BackupArn"])["BackupDescription"]
    assert described["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert described["SourceTableDetails"]["ItemCount"] == 1
    made = dynamodb.restore_table_from_backup(TargetTableName=table, BackupArn=first["BackupArn"])["TableDescription"]
    assert made["RestoreSummary"]["SourceBackupArn"] == first["BackupArn"]
    own.settle()
    assert held(dynamodb, table) == {"a": "1"}
    gone = dynamodb.delete_backup(BackupArn=first["BackupArn"])["BackupDescription"]
    assert gone["BackupDetails"]["BackupStatus"] == "DELETED"
    missing = f"BackupNotFoundException: Backup not found: {first['BackupArn']}"
    for call in (dynamodb.describe_backup, dynamodb.delete_backup):
        assert refused(call, BackupArn=first["BackupArn"]) == missing
    assert refused(dynamodb.restore_table_from_backup, TargetTableName="x-1", BackupArn=first["BackupArn"]) == missing
    assert refused(dynamodb.create_backup, TableName="none", BackupName="abc").startswith("TableNotFoundException")
    assert refused(dynamodb.describe_backup, BackupArn="a" * 40).startswith("ValidationException")


def test_a_deleted_table_with_recovery_leaves_a_backup_for_35_days(
    own: RunningCloud, dynamodb: Any, table: str
) -> None:
    enable(dynamodb)
    put(dynamodb, "a", "1")
    dynamodb.delete_table(TableName=table)
    (left,) = dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert left["BackupName"] == "things$DeletedTableBackup"
    lasts = left["BackupExpiryDateTime"] - left["BackupCreationDateTime"]
    assert lasts.days == 35 and dynamodb.list_backups()["BackupSummaries"] == []
    dynamodb.restore_table_from_backup(TargetTableName=table, BackupArn=left["BackupArn"])
    own.settle()
    assert held(dynamodb, table) == {"a": "1"}
    own.clock_advance(35 * DAY)
    assert dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"] == []


def test_a_restoration_survives_a_killed_cloud(fresh_cloud: RunningCloud) -> None:
    dynamodb = fresh_cloud.client("dynamodb")
    dynamodb.create_table(TableName="things", BillingMode="PAY_PER_REQUEST", **schema(pk="S", sk="S"))
    for start in range(0, 1100, 25):
        items = [{"pk": {"S": f"{n}"}, "sk": {"S": "s"}} for n in range(start, start + 25)]
        dynamodb.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": item}} for item in items]})
    arn = dynamodb.create_backup(TableName="things", BackupName="all")["BackupDetails"]["BackupArn"]
    dynamodb.restore_table_from_backup(TargetTableName="again", BackupArn=arn)
    fresh_cloud.restart()  # in the midst of it
    fresh_cloud.settle()
    assert dynamodb.describe_table(TableName="again")["Table"]["ItemCount"] == 1100
    assert dynamodb.scan(TableName="again", Select="COUNT")["Count"] == 1100
