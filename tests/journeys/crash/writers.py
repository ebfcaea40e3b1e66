"""Programs that write to a cloud which is killed again and again, and keep a ledger of what it has acknowledged."""

from __future__ import annotations

import json
import random
import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import RunningCloud

PART = 5 * 1024 * 1024  # the smallest part that may come before another one
SERVICES = ("dynamodb", "s3", "ssm", "logs", "lambda", "iam", "cloudformation", "sqs")
WEIGHTS = {
    "item": 6, "pair": 4, "batch": 2, "counter": 4, "expiring": 2, "small": 4, "large": 3, "register": 5, "version": 4,
    "noticed": 3, "multipart": 1, "parts": 1, "aborted": 1, "parameter": 3, "event": 4, "invoke": 3, "policy": 2,
    "clock": 0.3,
}  # fmt: skip


def content(name: str, size: int) -> bytes:
    """The one body that an object of this name may have."""
    return random.Random(name).randbytes(size)


def generation(name: str, number: int) -> bytes | None:
    """What the register `name` holds after its change of this number; None when it was deleted."""
    if number == 0 or number % 4 == 3:
        return None
    return content(f"{name} {number}", 1_000 if number % 2 else 150_000)


class Register:
    """Something that is changed again and again: the last change that was acknowledged, and the last that was tried.

    `counted` is how many were acknowledged.
    """

    def __init__(self) -> None:
        self.sure = self.tried = self.counted = 0


class Ledger:
    """What writers have begun and what the cloud has acknowledged, by name."""

    def __init__(self) -> None:
        self.begun: dict[str, str] = {}  # name: kind
        self.acknowledged: dict[str, str] = {}
        self.sizes: dict[str, int] = {}  # of objects
        self.registers: dict[str, Register] = {}
        self.versions: dict[str, tuple[str, str]] = {}  # version id: key and name of its content
        self.deleted_versions: dict[str, str] = {}
        self.uploads: dict[str, str] = {}  # upload id of parts that wait to be completed: name
        self.advanced = Register()  # seconds by which the clock was moved

    def names(self, *kinds: str) -> set[str]:
        """The acknowledged writes of some kinds."""
        return {name for name, kind in list(self.acknowledged.items()) if kind in kinds}


class Program(threading.Thread):
    """A program that does not give up when the cloud goes away."""

    services: tuple[str, ...] = SERVICES

    def __init__(self, cloud: RunningCloud, up: threading.Event) -> None:
        super().__init__(daemon=True)
        self.cloud = cloud
        self.up = up
        self.enough = threading.Event()
        self.waiting = False  # for the cloud to come back
        self.failure: BaseException | None = None
        self.clients = {name: cloud.client(name, connect_timeout=2, read_timeout=10) for name in self.services}

    def run(self) -> None:
        """Work until it is told that it is enough; what should not have happened is kept in `failure`."""
        try:
            self.work()
        except BaseException as error:
            self.failure = error

    def work(self) -> None:
        """What it does."""
        raise NotImplementedError

    def sure(self, what: Any, *given: Any, **named: Any) -> Any:
        """Do something; None when nobody can know whether it was done, for the cloud went away."""
        try:
            return what(*given, **named) or True
        except (BotoCoreError, ClientError, OSError) as error:
            if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise
            self.waiting = True
            self.up.wait(60)
            self.waiting = False
            return None


class Writer(Program):
    """Writes of all kinds, one after the other."""

    def __init__(self, cloud: RunningCloud, up: threading.Event, ledger: Ledger, seed: str) -> None:
        super().__init__(cloud, up)
        self.ledger = ledger
        self.chance = random.Random(seed)
        self.id = seed.rpartition(" ")[2]

    def work(self) -> None:
        """One write of a random kind after the other."""
        kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
        number = 0
        while not self.enough.is_set():
            number += 1
            kind = self.chance.choices(kinds, weights)[0]
            name = f"{kind}-{self.id}-{number}"
            self.ledger.begun[name] = kind
            if self.sure(getattr(self, kind), name):
                self.ledger.acknowledged[name] = kind

    # ---- Items ------------------------------------------------------------------------------------------------------

    def item(self, name: str) -> None:
        """A conditional put."""
        self.clients["dynamodb"].put_item(
            TableName="items", Item=_item(name), ConditionExpression="attribute_not_exists(id)"
        )

    def pair(self, name: str) -> None:
        """Two items and a count, all or nothing."""
        puts = [{"Put": {"TableName": "items", "Item": _item(f"{name}-{side}"),
                         "ConditionExpression": "attribute_not_exists(id)"}} for side in "ab"]  # fmt: skip
        count = {"TableName": "items", "Key": {"id": {"S": "pairs"}}, "UpdateExpression": "ADD n :one",
                 "ExpressionAttributeValues": {":one": {"N": "1"}}}  # fmt: skip
        # Two transactions that meet are cancelled, as on AWS; here calls follow each other, so none is.
        self.clients["dynamodb"].transact_write_items(TransactItems=[*puts, {"Update": count}])

    def batch(self, name: str) -> None:
        """Eight items in one call."""
        puts = [{"PutRequest": {"Item": _item(f"{name}-{n}")}} for n in range(8)]
        answer = self.clients["dynamodb"].batch_write_item(RequestItems={"items": puts})
        assert answer["UnprocessedItems"] == {}

    def counter(self, name: str) -> None:
        """One more."""
        with self.change(f"counter-{self.id}-{self.chance.randrange(3)}") as (key, _):
            self.clients["dynamodb"].update_item(
                TableName="counters", Key={"id": {"S": key}}, UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )  # fmt: skip

    def expiring(self, name: str) -> None:
        """An item that goes when the clock has moved on."""
        ends = int(self.cloud_now()) + 50_000
        self.clients["dynamodb"].put_item(TableName="expiring", Item={"id": {"S": name}, "ends": {"N": str(ends)}})

    # ---- Objects ----------------------------------------------------------------------------------------------------

    def small(self, name: str) -> None:
        """An object that lives in the database."""
        self._object("crash", name, self.chance.randrange(1, 60_000))

    def large(self, name: str) -> None:
        """An object that lives in a file."""
        self._object("crash", name, self.chance.randrange(70_000, 900_000))

    def noticed(self, name: str) -> None:
        """An object of which a function is told."""
        self._object("noticed", name, self.chance.choice([10, 80_000]))

    def _object(self, bucket: str, name: str, size: int) -> None:
        self.ledger.sizes[name] = size
        self.clients["s3"].put_object(Bucket=bucket, Key=name, Body=content(name, size))

    def register(self, name: str) -> None:
        """An object that is overwritten and deleted."""
        with self.change(f"register-{self.id}-{self.chance.randrange(4)}") as (key, number):
            body = generation(key, number)
            if body is None:
                self.clients["s3"].delete_object(Bucket="crash", Key=key)
            else:
                self.clients["s3"].put_object(Bucket="crash", Key=key, Body=body)

    def version(self, name: str) -> None:
        """A further version of a key, or one version less."""
        s3, mine = self.clients["s3"], f"key-{self.id}"
        known = [id for id, (key, _) in self.ledger.versions.items() if key == mine]
        if len(known) > 6 and self.chance.random() < 0.5:
            id = self.chance.choice(known)
            self.ledger.versions.pop(id)  # from now on nobody knows, until it is acknowledged
            s3.delete_object(Bucket="versions", Key=mine, VersionId=id)
            self.ledger.deleted_versions[id] = mine
            return
        size = self.ledger.sizes[name] = self.chance.choice([100, 90_000])
        answer = s3.put_object(Bucket="versions", Key=mine, Body=content(name, size))
        self.ledger.versions[answer["VersionId"]] = (mine, name)

    def multipart(self, name: str) -> None:
        """An object of two parts."""
        upload, parts = self._parts(name)
        self.clients["s3"].complete_multipart_upload(
            Bucket="crash", Key=name, UploadId=upload, MultipartUpload={"Parts": parts}
        )

    def parts(self, name: str) -> None:
        """Parts that somebody else will put together."""
        upload, _ = self._parts(name)
        self.ledger.uploads[upload] = name

    def aborted(self, name: str) -> None:
        """Parts that go away again."""
        upload, _ = self._parts(name)
        self.clients["s3"].abort_multipart_upload(Bucket="crash", Key=name, UploadId=upload)

    def _parts(self, name: str) -> tuple[str, list[dict[str, Any]]]:
        s3 = self.clients["s3"]
        size = self.ledger.sizes[name] = PART + 1000
        body = content(name, size)
        upload = s3.create_multipart_upload(Bucket="crash", Key=name)["UploadId"]
        named = {"Bucket": "crash", "Key": name, "UploadId": upload}
        return upload, [
            {"PartNumber": number, "ETag": s3.upload_part(**named, PartNumber=number, Body=part)["ETag"]}
            for number, part in enumerate((body[:PART], body[PART:]), 1)
        ]

    # ---- The rest ---------------------------------------------------------------------------------------------------

    def parameter(self, name: str) -> None:
        """A parameter."""
        self.clients["ssm"].put_parameter(Name=f"/crash/{name}", Value=name, Type="String")

    def event(self, name: str) -> None:
        """A log event."""
        happened = {"timestamp": int(self.cloud_now() * 1000), "message": name}
        self.clients["logs"].put_log_events(logGroupName="crash", logStreamName="all", logEvents=[happened])

    def invoke(self, name: str) -> None:
        """An event for a function."""
        self.clients["lambda"].invoke(
            FunctionName="put", InvocationType="Event", Payload=json.dumps({"id": name}).encode()
        )

    def policy(self, name: str) -> None:
        """A user whose policy changes."""
        with self.change(f"policy-{self.id}") as (key, number):
            statement = {"Sid": f"g{number}", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.clients["iam"].put_user_policy(UserName=key, PolicyName="changes", PolicyDocument=document)

    def clock(self, name: str) -> None:
        """A move of the clock."""
        self.ledger.advanced.tried += 7
        self.cloud.control("clock", {"advance": 7})
        self.ledger.advanced.sure += 7

    def cloud_now(self) -> float:
        """About what the cloud's clock shows."""
        return time.time() + self.ledger.advanced.sure

    def change(self, key: str) -> Change:
        """The next change of a register; it counts as sure when the block ends well."""
        return Change(key, self.ledger.registers.setdefault(key, Register()))


class Change:
    """A context manager around one change of a register: its key and the number of the change."""

    def __init__(self, key: str, register: Register) -> None:
        self.key, self.register = key, register

    def __enter__(self) -> tuple[str, int]:
        self.register.tried += 1
        return self.key, self.register.tried

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self.register.sure = self.register.tried
            self.register.counted += 1


def _item(name: str) -> dict[str, Any]:
    return {"id": {"S": name}, "copy": {"S": name}}
