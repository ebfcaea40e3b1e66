"""Batches of a stream: given to the function again and again, whole or in halves, until they are done or given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.runtime import InvocationResult
from cloudarium.services.lambda_ import resources
from cloudarium.services.lambda_.consuming.giving import LONGEST_PAUSE, THROTTLES
from cloudarium.services.lambda_.rules import batches
from cloudarium.services.lambda_.rules import streams as rules
from cloudarium.services.lambda_.rules.events import SYNC_LIMIT

if TYPE_CHECKING:
    from cloudarium.services.lambda_.consuming.streams import ShardReader

Data = dict[str, Any]


class Interrupted(Exception):
    """The cloud stops: what is left of a batch is read again at its next start."""


class Trier:
    """Gives one shard's batches to the function."""

    def __init__(self, shard: ShardReader) -> None:
        self.shard, self.cloud, self.one, self.giver = shard, shard.cloud, shard.one, shard.giver
        self.settings = shard.settings
        self._room = SYNC_LIMIT - 65536  # what the records of a batch may take of the function's event
        if self.settings["TumblingWindowInSeconds"]:
            self._room -= rules.MOST_STATE

    async def work(self, records: list[Data], alone: bool) -> None:
        """See to it that the function has done the records, in order and in batches, or that they are given up.

        `alone` says that no other lane is at work on the shard, so that each step forward can be kept.
        """
        size = self.settings["BatchSize"]
        for start in range(0, len(records), size):
            for part in _fitting(records[start : start + size], self._room):
                await self._batch(part, alone)

    async def finish(self, event: Data) -> None:
        """Have the function see an event without records, as often as the mapping tries."""
        tries = 0
        while not self.cloud.bells.silent:
            result = await self._give(self.giver.call(), event)
            if result is None or not result.error:
                return
            self.giver.say("PROBLEM: Function call failed")
            tries += 1
            if 0 <= self.settings["MaximumRetryAttempts"] < tries:
                return
            await self.giver.pause(_pause(tries))
        raise Interrupted

    async def _batch(self, batch: list[Data], alone: bool) -> None:
        """One batch with all that becomes of it: halves, what is left of it, tries."""
        todo = [(batch, 0)]
        while todo and not self.cloud.bells.silent:
            now, tries = todo.pop(0)
            now = self._young(now, tries)
            if not now:
                continue
            call = self.giver.call()
            result = await self._give(call, self.shard.event(now), now[0])
            if result is None:  # its first record has become too old meanwhile
                todo.insert(0, (now, tries))
                continue
            start, listed = self._failed_from(now, result)
            self.giver.say("OK" if start == len(now) else "PROBLEM: Function call failed")
            if start:
                self.shard.take(result)
            if start and alone:
                self.shard.done(now[start - 1])
            rest = now[start:]
            if rest:
                todo[:0] = await self._again(call, rest, tries, result, listed, fresh=listed and start > 0)
        if todo:
            raise Interrupted

    def _failed_from(self, batch: list[Data], result: InvocationResult) -> tuple[int, bool]:
        """From which record on it is to be done again, and whether the function itself said so."""
        if not self.shard.answered(result):
            return 0, False
        if "ReportBatchItemFailures" not in (self.settings.get("FunctionResponseTypes") or ()):
            return len(batch), False
        failed = batches.failed_items(result.payload, map(rules.number, batch))
        if failed != set():
            self.giver.count("FailedInvokeEventCount", len(batch if failed is None else failed))
        return (0, False) if failed is None else (rules.first_failed(batch, failed), True)

    async def _give(self, call: Call, event: Data, first: Data | None = None) -> InvocationResult | None:
        """Run the function; having no room is no try, but has it wait, each time longer, until a record is too old."""
        pause = 1.0
        while not self.cloud.bells.silent:
            try:
                return await self.giver.give(call, event)
            except THROTTLES:
                await self.giver.pause(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            if first is not None and self._is_old(first):
                return None
        raise Interrupted

    async def _again(
        self, call: Call, batch: list[Data], tries: int, result: InvocationResult, listed: bool, fresh: bool
    ) -> list[tuple[list[Data], int]]:
        """What is tried next of a batch that failed; nothing when it is given up."""
        most = self.settings["MaximumRetryAttempts"]
        # A function that reports what failed has split its batch itself. Source: dg/services-ddb-batchfailurereporting
        if self.settings["BisectBatchOnFunctionError"] and len(batch) > 1 and not listed:
            return [(half, tries) for half in rules.split(batch)]  # a split is no retry
        tries = 1 if fresh else tries + 1
        if 0 <= most < tries:
            self._give_up(call, batch, "RetryAttemptsExhausted", tries, result)
            return []
        await self.giver.pause(_pause(tries))
        return [(batch, tries)]

    # ---- giving up ----------------------------------------------------------------------------------------------

    def _is_old(self, record: Data) -> bool:
        most = self.settings["MaximumRecordAgeInSeconds"]
        created: float = record["dynamodb"]["ApproximateCreationDateTime"]
        return most >= 0 and created < self.cloud.clock.now() - most

    def _young(self, batch: list[Data], tries: int) -> list[Data]:
        """The records that are not too old; the others are given up."""
        old = [one for one in batch if self._is_old(one)]
        if old:
            self._give_up(self.giver.call(), old, "RecordAgeExceeded", tries, None)
        return batch[len(old) :]

    def _give_up(
        self, call: Call, batch: list[Data], condition: str, tries: int, result: InvocationResult | None
    ) -> None:
        """Tell the mapping's destination of a batch that nobody will see again."""
        target = (self.settings["DestinationConfig"].get("OnFailure") or {}).get("Destination")
        if not target:
            self.giver.count("DroppedEventCount", len(batch))
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
        shard = self.shard.shard
        told = rules.failure(self.one.source, shard, batch, context, self.cloud.clock.now(), response)
        given = {"Name": self.one.name, "UUID": self.one.uuid, "Shard": shard, "Target": target, "Record": told}
        if target.split(":")[2] == "s3":
            given["Batch"] = self.shard.event(batch)
        with self.cloud.store.transaction():
            call.later("EventSourceFailure", given)


def _pause(tries: int) -> float:
    """Seconds before a batch is tried again."""
    return min(2.0 ** (min(tries, 7) - 1), LONGEST_PAUSE)


def _fitting(batch: list[Data], room: int) -> list[list[Data]]:
    """A batch in parts that fit into an event."""
    if len(batch) < 2 or len(orjson.dumps(batch)) < room:
        return [batch] if batch else []
    return [part for half in rules.split(batch) for part in _fitting(half, room)]
