"""Reads a table's stream for a function: in order, batch after batch, each until it is done or given up."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.runtime import InvocationResult
from cloudarium.services.lambda_ import resources
from cloudarium.services.lambda_.consuming.giving import THROTTLES, Giver, Problem
from cloudarium.services.lambda_.records import event_sources as rows
from cloudarium.services.lambda_.records.event_sources import EventSource
from cloudarium.services.lambda_.rules import batches
from cloudarium.services.lambda_.rules import streams as rules
from cloudarium.services.lambda_.rules.events import SYNC_LIMIT
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope
from cloudarium.streams import records as streams

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

Data = dict[str, Any]
log = logging.getLogger("cloudarium")

_MOST_READ = 1000  # records in one GetRecords
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)  # seconds before a batch is tried again


class StreamReader:
    """The reader of one stream: a task for each shard."""

    def __init__(self, cloud: Cloud, one: EventSource) -> None:
        self.cloud = cloud
        self.one = one
        self.giver = Giver(cloud, one)
        place = arns.parse(one.source)
        assert place is not None
        self.scope = Scope(place.account, place.region)

    async def prepare(self) -> None:
        """Hold on to where LATEST is now: from here on nothing is missed, whenever reading begins."""
        if self.one.data["StartingPosition"] != "LATEST":
            return
        try:
            for shard in await self._shards():
                await shard.prepare()
        except AwsError as error:
            log.info("the stream %s is not read yet: %s", self.one.source, error.message)

    async def _shards(self) -> list[ShardReader]:
        wanted = {"StreamArn": self.one.source}
        found = await self.giver.send(self.giver.call(), "dynamodbstreams", "DescribeStream", wanted, self.scope)
        return [ShardReader(self, shard["ShardId"]) for shard in found["StreamDescription"]["Shards"]]

    async def run(self) -> None:
        """Find the shards and read them, until cancelled."""
        while not self.cloud.bells.silent:
            try:
                shards = await self._shards()
                self.giver.well()
                await asyncio.gather(*(shard.run() for shard in shards))
                await self.cloud.bells.wait(("lambda ended", self.one.uuid))  # every shard has been read to its end
            except AwsError as error:
                await self.giver.after(error)

    async def close(self) -> None:
        """Nothing runs beside `run`."""


class ShardReader:
    """The reader of one shard."""

    def __init__(self, owner: StreamReader, shard: str) -> None:
        self.cloud, self.one, self.giver, self.scope = owner.cloud, owner.one, owner.giver, owner.scope
        self.shard = shard
        self.settings = self.one.data
        self.filters = batches.Filters(self.settings.get("FilterCriteria"))
        self.lanes: int = self.settings["ParallelizationFactor"]
        self._iterator: str | None = None

    async def run(self) -> None:
        """Read to the shard's end, which an open one does not have."""
        while not self.cloud.bells.silent:
            try:
                if self._iterator is None:
                    self._iterator = await self._start()
                found = await self._round()
                self.giver.well()
                if found:
                    await self._work(found)
                if self._iterator is None:
                    return
            except AwsError as error:
                self._iterator = None
                if error.code == "ExpiredIteratorException" and self._forget_iterator():
                    continue
                await self.giver.after(error)
            except Exception:
                log.exception("an event source mapping of %s cannot be read", self.one.source)
                self._iterator = None
                await self.giver.after(Problem("PROBLEM: internal error"))

    # ---- reading ------------------------------------------------------------------------------------------------

    async def _send(self, operation: str, **given: Any) -> Any:
        return await self.giver.send(self.giver.call(), "dynamodbstreams", operation, given, self.scope)

    async def prepare(self) -> None:
        """Keep an iterator for what comes from now on, unless reading has begun before."""
        if rows.position(self.cloud.store, self.one.uuid, self.shard) is None:
            given = {"StreamArn": self.one.source, "ShardId": self.shard, "ShardIteratorType": "LATEST"}
            iterator = (await self._send("GetShardIterator", **given))["ShardIterator"]
            self._keep({"Iterator": iterator, "Since": self.cloud.clock.now()})

    def _keep(self, place: Data) -> None:
        with self.cloud.store.transaction():
            rows.put_position(self.cloud.store, self.one.uuid, self.shard, place)

    def _forget_iterator(self) -> bool:
        """An iterator is good for minutes; then the time at which it was taken counts."""
        place = rows.position(self.cloud.store, self.one.uuid, self.shard) or {}
        if "Iterator" in place:
            self._keep({"Since": place["Since"]})
        return "Iterator" in place

    async def _start(self) -> str:
        """An iterator behind what is done; at the beginning, where the mapping's StartingPosition says."""
        place = rows.position(self.cloud.store, self.one.uuid, self.shard) or {}
        given = {"StreamArn": self.one.source, "ShardId": self.shard}
        if "Iterator" in place:
            return str(place["Iterator"])
        if "After" in place:
            given |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": place["After"]}
            try:
                return str((await self._send("GetShardIterator", **given))["ShardIterator"])
            except AwsError as error:
                if error.code != "TrimmedDataAccessException":
                    raise
                del given["SequenceNumber"]
                given["ShardIteratorType"] = "TRIM_HORIZON"  # what was not read in a day is gone
        elif "Since" in place:
            given |= {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": place["Since"]}
        else:
            given["ShardIteratorType"] = self.settings["StartingPosition"]
        return str((await self._send("GetShardIterator", **given))["ShardIterator"])

    async def _round(self) -> list[Data]:
        """The next records, once there are some: for each lane a batch, or what came within the window."""
        size, window = self.settings["BatchSize"], self.settings["MaximumBatchingWindowInSeconds"]
        found = await self._read(size * self.lanes, None)
        until = self.cloud.clock.now() + window
        while window and found and len(found) < size and self._iterator is not None:
            if self.cloud.clock.now() >= until or self.cloud.bells.silent:
                break
            found += await self._read(size - len(found), until)
        return found

    async def _read(self, most: int, until: float | None) -> list[Data]:
        """Up to so many records; waits for them, to the moment `until` at the longest."""
        stream = streams.by_arn(self.cloud.store, self.one.source)
        known = streams.last(self.cloud.store, stream.id) if stream is not None else None
        answer = await self._send("GetRecords", ShardIterator=self._iterator, Limit=min(most, _MOST_READ))
        self._iterator = answer.get("NextShardIterator")
        found = [rules.record(one, self.one.source) for one in answer["Records"]]
        if found or self._iterator is None or stream is None:
            return found
        if streams.last(self.cloud.store, stream.id) == known:  # nothing has come meanwhile
            await self.cloud.bells.wait(streams.bell(stream.id), until)
        return []

    # ---- giving -------------------------------------------------------------------------------------------------

    async def _work(self, found: list[Data]) -> None:
        """Have the function do all of it; what is done, or given up, is never read again."""
        wanted = [one for one in found if self.filters.lets(one)]
        lanes = rules.lanes(wanted, self.lanes)
        alone = len(lanes) == 1
        ended = await asyncio.gather(*(self._lane(lane, alone) for lane in lanes), return_exceptions=True)
        for problem in ended:
            if problem is not None:
                raise problem
        self._done(found[-1])

    def _done(self, last: Data) -> None:
        self._keep({"After": rules.number(last)})

    async def _lane(self, records: list[Data], alone: bool) -> None:
        size = self.settings["BatchSize"]
        todo = [part for start in range(0, len(records), size) for part in _fitting(records[start : start + size])]
        for batch in todo:
            await self._batch(batch, alone)

    async def _batch(self, batch: list[Data], alone: bool) -> None:
        """One batch with all that becomes of it: halves, what is left of it, tries."""
        todo = [(batch, 0)]
        while todo and not self.cloud.bells.silent:
            now, tries = todo.pop(0)
            now = self._young(now, tries)
            if not now:
                continue
            call = self.giver.call()
            result = await self._give(call, now)
            if result is None:  # it had no room in time
                todo.insert(0, (now, tries))
                continue
            start, listed = self._failed_from(now, result)
            self.giver.say("OK" if start == len(now) else "PROBLEM: Function call failed")
            if start and alone:
                self._done(now[start - 1])
            rest = now[start:]
            if rest:
                todo[:0] = await self._again(call, rest, tries, result, fresh=listed and start > 0)
        if todo:
            raise asyncio.CancelledError

    def _failed_from(self, batch: list[Data], result: InvocationResult) -> tuple[int, bool]:
        """From which record on it is to be done again, and whether the function itself said so."""
        if result.error:
            return 0, False
        if "ReportBatchItemFailures" not in (self.settings.get("FunctionResponseTypes") or ()):
            return len(batch), False
        failed = batches.failed_items(result.payload, map(rules.number, batch))
        return (0, False) if failed is None else (rules.first_failed(batch, failed), True)

    async def _give(self, call: Call, batch: list[Data]) -> InvocationResult | None:
        try:
            return await self.giver.give(call, {"Records": batch})
        except THROTTLES:
            await self.giver.pause(1.0)
            return None

    async def _again(
        self, call: Call, batch: list[Data], tries: int, result: InvocationResult, fresh: bool
    ) -> list[tuple[list[Data], int]]:
        """What is tried next of a batch that failed; nothing when it is given up."""
        most = self.settings["MaximumRetryAttempts"]
        if self.settings["BisectBatchOnFunctionError"] and len(batch) > 1:
            return [(half, tries) for half in rules.split(batch)]  # a split is no retry
        tries = 1 if fresh else tries + 1
        if 0 <= most < tries:
            self._give_up(call, batch, "RetryAttemptsExhausted", tries, result)
            return []
        await self.giver.pause(_PAUSES[min(tries - 1, len(_PAUSES) - 1)])
        return [(batch, tries)]

    # ---- giving up ----------------------------------------------------------------------------------------------

    def _young(self, batch: list[Data], tries: int) -> list[Data]:
        """The records that are not too old; the others are given up."""
        most = self.settings["MaximumRecordAgeInSeconds"]
        oldest = self.cloud.clock.now() - most
        if most < 0 or batch[0]["dynamodb"]["ApproximateCreationDateTime"] >= oldest:
            return batch
        old = [one for one in batch if one["dynamodb"]["ApproximateCreationDateTime"] < oldest]
        self._give_up(self.giver.call(), old, "RecordAgeExceeded", tries, None)
        return batch[len(old) :]

    def _give_up(
        self, call: Call, batch: list[Data], condition: str, tries: int, result: InvocationResult | None
    ) -> None:
        """Tell the mapping's destination of a batch that nobody will see again."""
        target = (self.settings["DestinationConfig"].get("OnFailure") or {}).get("Destination")
        if not target:
            return
        context = {
            "requestId": call.request_id,
            "functionArn": resources.function_arn(self.one.scope, self.one.name, self.one.qualifier),
            "condition": condition,
            "approximateInvokeCount": tries,
        }
        response = None
        if result is not None:
            version = self.giver.version(call).number
            response = {"statusCode": 200, "executedVersion": version, "functionError": result.error or None}
        told = rules.failure(self.one.source, self.shard, batch, context, self.cloud.clock.now(), response)
        given = {"Name": self.one.name, "UUID": self.one.uuid, "Shard": self.shard, "Target": target, "Record": told}
        if target.split(":")[2] == "s3":
            given["Batch"] = {"Records": batch}
        with self.cloud.store.transaction():
            call.later("EventSourceFailure", given)


def _fitting(batch: list[Data]) -> list[list[Data]]:
    """A batch in parts that fit into an event."""
    if len(batch) < 2 or len(orjson.dumps(batch)) < SYNC_LIMIT - 65536:
        return [batch] if batch else []
    return [part for half in rules.split(batch) for part in _fitting(half)]
