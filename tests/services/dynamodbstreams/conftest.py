"""Tables with streams, and what reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.services.dynamodb.conftest import refused, schema

__all__ = ["refused"]


class Reader(NamedTuple):
    """Clients of a cloud, and the stream of its table `things`."""

    tables: Any
    streams: Any
    arn: str

    @property
    def shard(self) -> dict[str, Any]:
        """The stream's shard."""
        (found,) = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        return dict(found)

    def iterator(self, kind: str = "TRIM_HORIZON", **more: Any) -> str:
        """A ShardIterator."""
        given = {"StreamArn": self.arn, "ShardId": self.shard["ShardId"], "ShardIteratorType": kind, **more}
        return str(self.streams.get_shard_iterator(**given)["ShardIterator"])

    def records(self, kind: str = "TRIM_HORIZON", **more: Any) -> list[dict[str, Any]]:
        """The records from there on."""
        return list(self.streams.get_records(ShardIterator=self.iterator(kind, **more))["Records"])

    def put(self, name: str, **attributes: Any) -> None:
        """Write the item of that name."""
        self.tables.put_item(TableName="things", Item={"pk": {"S": name}, **attributes})

    def switch(self, on: bool, view: str = "KEYS_ONLY") -> dict[str, Any]:
        """Switch the table's stream; the table's description."""
        wanted = {"StreamEnabled": on, **({"StreamViewType": view} if on else {})}
        changed = self.tables.update_table(TableName="things", StreamSpecification=wanted)
        return dict(changed["TableDescription"])


def make(client: Callable[..., Any], view: str) -> Reader:
    """A new table `things` with a stream."""
    tables = client("dynamodb", parameter_validation=False)
    stream = {"StreamEnabled": True, "StreamViewType": view}
    made = tables.create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST", StreamSpecification=stream, **schema(pk="S")
    )
    streams = client("dynamodbstreams", parameter_validation=False)
    return Reader(tables, streams, made["TableDescription"]["LatestStreamArn"])


@pytest.fixture
def reader(client: Callable[..., Any]) -> Reader:
    """A stream with both images."""
    return make(client, "NEW_AND_OLD_IMAGES")
