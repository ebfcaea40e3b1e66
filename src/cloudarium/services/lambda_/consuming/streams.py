"""Reads a table's stream for a function: in order, batch after batch, each until it is done or given up."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from cloudarium.runtime import InvocationResult
from cloudarium.services.lambda_.consuming.giving import Giver, Problem
from cloudarium.services.lambda_.consuming.trying import Interrupted, Trier
from cloudarium.services.lambda_.consuming.windows import Windows
from cloudarium.services.lambda_.records import event_sources as rows
from cloudarium.services.lambda_.records.event_sources import EventSource
from cloudarium.services.lambda_.rules import batches
from cloudarium.services.lambda_.rules import streams as rules
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope
from cloudarium.streams import records as streams

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

Data = dict[str, Any]
log = logging.getLogger("cloudarium")

_MOST_READ = 1000  # records in one GetRecords


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
                reading = self.giver.each([shard.run() for shard in shards])
                await self.cloud.bells.rest(asyncio.gather(*reading))
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
        self.trier = Trier(self)
        seconds = self.settings["TumblingWindowInSeconds"]
        self._windows = Windows(self, seconds) if seconds else None
        self._iterator: str | None = None

    async def run(self) -> None:
        """Read to the shard's end, which an open one does not have."""
        while not self.cloud.bells.silent:
            try:
                if self._iterator is None:
                    self._iterator = await self._start()
                over = self._windows is not None and self._windows.over()
                found = await self._round()
                self.giver.well()
                if found:
                    await self._work(found)
                if self._windows is not None and ((over and not found) or self._iterator is None):
                    await self._windows.close()
                if self._iterator is None:
                    return
            except Interrupted:
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
        if self._windows is not None:
            self._windows.resume(place.get("Window"))
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
        found = await self._read(size * self.lanes, self._windows.end() if self._windows is not None else None)
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
        self.giver.count("PolledEventCount", len(found))
        if found or self._iterator is None or stream is None:
            return found
        waits = until is None or self.cloud.clock.now() < until
        if waits and streams.last(self.cloud.store, stream.id) == known:  # nothing has come meanwhile
            await self.cloud.bells.wait(streams.bell(stream.id), until)
        return []

    # ---- giving -------------------------------------------------------------------------------------------------

    async def _work(self, found: list[Data]) -> None:
        """Have the function do all of it; what is done, or given up, is never read again."""
        wanted = [one for one in found if self.filters.lets(one)]
        if self.filters:
            self.giver.count("FilteredOutEventCount", len(found) - len(wanted))
        if self._windows is not None:
            await self._windows.work(wanted)
        else:
            await self._side_by_side(rules.lanes(wanted, self.lanes))
        self.done(found[-1])

    async def _side_by_side(self, lanes: list[list[Data]]) -> None:
        alone = len(lanes) == 1
        working = self.giver.each([self.trier.work(lane, alone) for lane in lanes])
        ended = await self.cloud.bells.rest(asyncio.gather(*working, return_exceptions=True))
        for problem in ended:
            if problem is not None:
                raise problem

    def done(self, last: Data) -> None:
        """Keep that everything up to a record is done."""
        window = self._windows.kept() if self._windows is not None else None
        self._keep({"After": rules.number(last), **({"Window": window} if window else {})})

    def closed(self) -> None:
        """Keep that the window is over, or has another state."""
        assert self._windows is not None
        place = rows.position(self.cloud.store, self.one.uuid, self.shard) or {}
        window = self._windows.kept()
        self._keep({**{key: place[key] for key in place if key != "Window"}, **({"Window": window} if window else {})})

    def event(self, records: list[Data]) -> Data:
        """What the function gets of a batch."""
        return self._windows.event(records) if self._windows is not None else {"Records": records}

    def answered(self, result: InvocationResult) -> bool:
        """Whether the function has answered what an answer to a batch must have: in a window, a state."""
        return not result.error and (self._windows is None or rules.state_in(result.payload) is not None)

    def take(self, result: InvocationResult) -> None:
        """Carry on what the function has answered to records that are done."""
        if self._windows is not None:
            self._windows.take(result.payload)
