"""Reads a queue for a function: batches, several at a time, and only what was done is deleted."""

from __future__ import annotations

import asyncio
import logging
import math
import os
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.call import Call
from cloudarium.services.lambda_.consuming.giving import THROTTLES, Giver, Problem
from cloudarium.services.lambda_.records.event_sources import EventSource
from cloudarium.services.lambda_.rules import batches
from cloudarium.services.lambda_.rules.events import SYNC_LIMIT
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

Data = dict[str, Any]
log = logging.getLogger("cloudarium")

_LONG_POLL = 20
_AT_FIRST = 5  # batches under way, as AWS begins with; more as long as there is more to do
_OWN_MOST = 8 * (os.cpu_count() or 1)  # without a MaximumConcurrency: this machine's own measure
_ROOM = SYNC_LIMIT - 65536  # what the records of a batch may take of the function's event


class QueueReader:
    """The reader of one queue."""

    def __init__(self, cloud: Cloud, one: EventSource) -> None:
        self.cloud = cloud
        self.giver = Giver(cloud, one)
        self.settings = one.data
        self.source = one.source
        place = arns.parse(one.source)
        assert place is not None
        self.place, self.scope = place, Scope(place.account, place.region)
        self.filters = batches.Filters(self.settings.get("FilterCriteria"))
        given = (self.settings.get("ScalingConfig") or {}).get("MaximumConcurrency")
        self.most = given or max(_AT_FIRST, _OWN_MOST)
        self.at_once = min(_AT_FIRST, self.most)
        self._busy: set[asyncio.Task[None]] = set()
        self._room = ("lambda room", one.uuid)  # the bell that says that one more batch may be under way
        self._ahead: list[Data] = []  # received, but too much for the batch before
        self._url = ""
        self._hidden = 30.0

    async def run(self) -> None:
        """Receive, and hand over what came; wait for room when as many batches as may be are under way."""
        while not self.cloud.bells.silent:  # then nothing waits any more, so reading on would never yield
            try:
                if len(self._busy) >= self.at_once:
                    await self.cloud.bells.wait(self._room)
                    continue
                messages = await self._batch()
                self.giver.well()
            except AwsError as error:
                self._url = ""
                await self.giver.after(error)
                continue
            except Exception:
                log.exception("an event source mapping of %s cannot be read", self.source)
                await self.giver.after(Problem("PROBLEM: internal error"))
                continue
            if messages:
                task = self.cloud.bells.employ(self._handle(messages), f"lambda:{self.source}")
                self._busy.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        self.cloud.bells.ring(self._room)

    async def close(self) -> None:
        """Cut off the batches under way; their messages come back to the queue by themselves."""
        busy = list(self._busy)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    # ---- receiving ----------------------------------------------------------------------------------------------

    async def _batch(self) -> list[Data]:
        """The next messages for the function; none after a while in which none came."""
        size, window = self.settings["BatchSize"], self.settings["MaximumBatchingWindowInSeconds"]
        found, self._ahead = self._ahead, []
        found = found or await self._receive(size, _LONG_POLL)
        if not found or not window:
            return self._fitting(found)
        clock = self.cloud.clock
        until = clock.now() + window
        while len(found) < size and _bytes(found) < _ROOM and clock.now() < until and not self.cloud.bells.silent:
            left = math.floor(until - clock.now())
            if left < 1:
                await self.cloud.bells.wait(("lambda window", self.giver.one.uuid), until)
            found += await self._receive(size - len(found), min(left, _LONG_POLL))
        return self._fitting(found)

    def _fitting(self, found: list[Data]) -> list[Data]:
        """As many as fit into an event; the rest begins the next batch."""
        while len(found) > 1 and _bytes(found) > _ROOM:
            self._ahead.insert(0, found.pop())
        return found

    async def _receive(self, most: int, wait: int) -> list[Data]:
        call = self.giver.call()
        if not self._url:
            await self._look(call)
        wanted = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": min(most, 10),
            "WaitTimeSeconds": wait,
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        answer = await self.giver.send(call, "sqs", "ReceiveMessage", wanted, self.scope)
        found = list(answer.get("Messages") or ())
        self.giver.count("PolledEventCount", len(found))
        return found

    async def _look(self, call: Call) -> None:
        """Find the queue, and for how long it hides what is received."""
        url = await call.cloud.queue_url(call, self.place)
        wanted = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
        answer = await self.giver.send(call, "sqs", "GetQueueAttributes", wanted, self.scope)
        self._hidden = float(answer["Attributes"]["VisibilityTimeout"])
        self._url = url

    # ---- giving -------------------------------------------------------------------------------------------------

    async def _handle(self, messages: list[Data]) -> None:
        """Have the function work on a batch, and delete what it has done; the rest comes back by itself."""
        try:
            call = self.giver.call()
            pairs = [(message, batches.queue_record(message, self.source)) for message in messages]
            wanted = [record for _, record in pairs if self.filters.lets(record, "body")]
            done = {record["messageId"] for _, record in pairs} - {record["messageId"] for record in wanted}
            if self.filters:
                self.giver.count("FilteredOutEventCount", len(done))
            if wanted:
                done |= await self._give(call, wanted)
            await self._delete(call, [message for message in messages if message["MessageId"] in done])
        except AwsError as error:
            self.giver.say(error.message if isinstance(error, Problem) else f"PROBLEM: {error.code}: {error.message}")
        except Exception:
            log.exception("a batch of %s failed", self.source)

    async def _give(self, call: Call, wanted: list[Data]) -> set[str]:
        """Run the function; the messages that it has done. A throttled batch waits until its messages come back."""
        until = self.cloud.clock.now() + self._hidden
        pause = 1.0
        while True:
            try:
                result = await self.giver.give(call, {"Records": wanted})
                break
            except THROTTLES:
                self.at_once = max(1, self.at_once // 2)
                await self.giver.pause(pause)
                pause *= 2
                if self.cloud.clock.now() >= until or self.cloud.bells.silent:
                    return set()  # they have come back to the queue
        known = [record["messageId"] for record in wanted]
        if result.error:
            return set()
        if self.at_once < self.most:
            self.at_once += 1
        if "ReportBatchItemFailures" not in (self.settings.get("FunctionResponseTypes") or ()):
            return set(known)
        failed = batches.failed_items(result.payload, known)
        if failed != set():
            self.giver.count("FailedInvokeEventCount", len(known if failed is None else failed))
        return set() if failed is None else set(known) - failed

    async def _delete(self, call: Call, done: list[Data]) -> None:
        for start in range(0, len(done), 10):
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(done[start : start + 10])
            ]
            given = {"QueueUrl": self._url, "Entries": entries}
            answer = await self.giver.send(call, "sqs", "DeleteMessageBatch", given, self.scope)
            self.giver.count("DeletedEventCount", len(answer.get("Successful") or ()))


def _bytes(messages: list[Data]) -> int:
    return sum(len(message["Body"]) + 1024 for message in messages)
