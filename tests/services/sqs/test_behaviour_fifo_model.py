"""A FIFO queue beside a small model, for whatever is done in whatever order."""

from __future__ import annotations

import itertools

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from tests.services.sqs.inside import Inside
from tests.services.sqs.queue import FIFO, Queue

GROUPS = some.sampled_from("abc")
TIME_OUT, INTERVAL = 30, 300


class Message:
    """A message as the model has it: hidden until a moment, received so often."""

    def __init__(self, group: str, id: str) -> None:
        self.group = group
        self.id = id
        self.hidden_until = 0.0
        self.receipt = ""


class FifoQueue(RuleBasedStateMachine):
    """Sends, receives, deletes, gives back, and lets time pass; what is received must be what the model allows."""

    received = Bundle("received")
    inside: Inside
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue(self.inside.client("sqs"), f"q{next(self.numbers)}.fifo", **FIFO)
        self.waiting: list[Message] = []
        self.sent: dict[str, tuple[str, float]] = {}
        self.now = 0.0

    @rule(group=GROUPS, body=some.sampled_from("0123456789"))
    def send(self, group: str, body: str) -> None:
        """A body that was sent within the interval is not sent again, whatever its group."""
        id = self.queue.send(body, group=group)["MessageId"]
        before, when = self.sent.get(body, ("", -INTERVAL))
        if self.now - when < INTERVAL:
            assert id == before
        else:
            self.sent[body] = id, self.now
            self.waiting.append(Message(group, id))

    @rule(target=received, most=some.integers(1, 10))
    def receive(self, most: int) -> list[Message]:
        """Of each group come its first messages up to one that is hidden, and only so many."""
        ahead = {group: self._ahead(group) for group in "abc"}
        got = self.queue.receive(most)
        assert len(got) == min(most, sum(map(len, ahead.values())))
        messages = []
        for each in got:
            message = next(message for message in self.waiting if message.id == each["MessageId"])
            assert ahead[message.group].pop(0) is message
            message.hidden_until, message.receipt = self.now + TIME_OUT, each["ReceiptHandle"]
            messages.append(message)
        return messages

    def _ahead(self, group: str) -> list[Message]:
        found = []
        for message in self.waiting:
            if message.group == group:
                if message.hidden_until > self.now:
                    break
                found.append(message)
        return found

    @rule(messages=consumes(received))
    def delete(self, messages: list[Message]) -> None:
        """What is still in flight by this receipt can be deleted."""
        for message in messages:
            if message.hidden_until > self.now and message in self.waiting:
                self.queue.client.delete_message(QueueUrl=self.queue.url, ReceiptHandle=message.receipt)
                self.waiting.remove(message)

    @rule(messages=consumes(received), seconds=some.sampled_from((0, 5, 60)))
    def give_back(self, messages: list[Message], seconds: int) -> None:
        """What is in flight can be hidden for shorter or longer."""
        for message in messages:
            if message.hidden_until > self.now and message in self.waiting:
                self.queue.hide({"ReceiptHandle": message.receipt}, seconds)
                message.hidden_until = self.now + seconds

    @rule(seconds=some.sampled_from((4, 31, 301)))
    def pass_time(self, seconds: int) -> None:
        """Time passes."""
        self.inside.clock_advance(seconds)
        self.now += seconds

    @invariant()
    def counts(self) -> None:
        """What is told of the queue is what there is."""
        flying = sum(message.hidden_until > self.now for message in self.waiting)
        assert self.queue.counts() == (len(self.waiting) - flying, flying, 0)


def test_a_fifo_queue_is_as_its_model(moving: Inside) -> None:
    FifoQueue.inside = moving
    run_state_machine_as_test(FifoQueue, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))
