"""kill -9 at any moment: what was acknowledged is there, nothing is half there, what was begun ends, nobody is left.

CLOUDARIUM_CRASHES=40 kills that often instead of for some seconds; CLOUDARIUM_CRASH_SEED repeats a run's choices.
"""

from __future__ import annotations

import io
import json
import os
import random
import threading
import time
import zipfile
from collections.abc import Sequence

from tests.journeys.crash import checks, queues
from tests.journeys.crash.deployer import Deployer
from tests.journeys.crash.processes import (
    CrashableCloud,
    alive,
    await_bad_moment,
    descendants,
    half_an_upload,
    kill_and_see_nobody_left,
    wait_for,
)
from tests.journeys.crash.writers import Ledger, Program, Writer

SECONDS = 15  # of killing, when no number of kills is asked for
WRITERS = ("x", "y")
SOURCE = """
import boto3
table = boto3.client("dynamodb")
def handler(event, context):
    ids = [record["s3"]["object"]["key"] for record in event["Records"]] if "Records" in event else [event["id"]]
    for id in ids:
        table.put_item(TableName="ran", Item={"id": {"S": id}})
        print("ran", id)
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
MAY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["dynamodb:PutItem", "logs:*"], "Resource": "*"}],
}


def prepare(cloud: CrashableCloud) -> None:
    dynamodb, iam, s3, functions = (cloud.client(name) for name in ("dynamodb", "iam", "s3", "lambda"))
    for table in ("items", "counters", "expiring", "ran"):
        dynamodb.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )  # fmt: skip
    dynamodb.update_time_to_live(
        TableName="expiring", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
    )
    for bucket in ("crash", "versions", "noticed"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    cloud.client("logs").create_log_group(logGroupName="crash")
    cloud.client("logs").create_log_stream(logGroupName="crash", logStreamName="all")
    for writer in WRITERS:
        iam.create_user(UserName=f"policy-{writer}")
    role = iam.create_role(RoleName="put", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="put", PolicyName="put", PolicyDocument=json.dumps(MAY))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
    function = functions.create_function(
        FunctionName="put", Role=role, Handler="app.handler", Runtime="python3.11", Timeout=30,
        Code={"ZipFile": package.getvalue()},
    )["FunctionArn"]  # fmt: skip
    functions.add_permission(
        FunctionName="put", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    s3.put_bucket_notification_configuration(
        Bucket="noticed",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}]
        },
    )


def test_what_was_acknowledged_survives_every_kill(cloud: CrashableCloud) -> None:
    seed = os.environ.get("CLOUDARIUM_CRASH_SEED") or str(random.SystemRandom().randrange(10**6))
    wanted = int(os.environ.get("CLOUDARIUM_CRASHES", "0"))
    print(f"CLOUDARIUM_CRASH_SEED={seed}")
    chance, ledger, up = random.Random(seed), Ledger(), threading.Event()
    up.set()
    prepare(cloud)
    queues.prepare(cloud)
    writers = [Writer(cloud, up, ledger, f"{seed} {name}") for name in WRITERS]
    deployer, post = Deployer(cloud, up, seed), queues.Post()
    programs: list[Program] = [*writers, deployer, queues.Sender(cloud, up, post), queues.Consumer(cloud, up, post)]
    for program in programs:
        program.start()

    kills = ended = 0
    known: set[str] = set()
    limit = time.monotonic() + SECONDS
    while kills < wanted if wanted else time.monotonic() < limit:
        goal = len(ledger.acknowledged) + chance.randrange(10, 80)
        wait_for(f"{goal} writes", lambda goal=goal: len(ledger.acknowledged) >= goal or not all_well(programs))
        for program in programs:
            assert program.failure is None, repr(program.failure)
        with half_an_upload(cloud, f"half-{kills}"):
            await_bad_moment(cloud, chance)
            up.clear()
            ended += kill_and_see_nobody_left(cloud)
        kills += 1
        wait_for("the programs' pause", lambda: quiet(programs))
        acknowledged = set(ledger.acknowledged)
        cloud.start()
        checks.check_folder(cloud)
        if chance.random() < 0.3:  # and once more while it begins
            time.sleep(chance.random() / 10)
            ended += kill_and_see_nobody_left(cloud)
            kills += 1
            cloud.start()
        checks.check_all(cloud, ledger, known)
        known = acknowledged
        up.set()

    for program in programs:
        program.enough.set()
    for program in programs:
        program.join(90)
        assert not program.is_alive()
        assert program.failure is None, repr(program.failure)
    finish(cloud, ledger, deployer)
    queues.check(cloud, post)
    print(f"{kills} kills, {len(ledger.acknowledged)} writes, {ended} processes ended, stacks: {deployer.ended}")
    print(f"{len(post.sent)} messages, in order: {post.ordered}")
    assert post.deleted and all(post.in_order.values())
    assert ended > 0  # functions ran at the time of some kill
    assert deployer.ended


def finish(cloud: CrashableCloud, ledger: Ledger, deployer: Deployer) -> None:
    """Let everything come to its end, and look at all of it."""
    cloud.settle()
    cloud.clock_advance(1000)  # what failed with its process is tried again after a pause
    ledger.advanced.sure += 1000
    ledger.advanced.tried += 1000
    checks.check_all(cloud, ledger, set())
    checks.check_events(cloud, ledger)
    checks.check_stacks(cloud, deployer)
    s3 = cloud.client("s3")
    for upload, name in ledger.uploads.items():
        named = {"Bucket": "crash", "Key": name, "UploadId": upload}
        parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in s3.list_parts(**named)["Parts"]]
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    ledger.acknowledged |= {name: "multipart" for name in ledger.uploads.values()}
    ledger.uploads.clear()
    assert ledger.names("expiring") <= {item["id"] for item in checks.scan(cloud, "expiring")}
    cloud.clock_advance(60_000)
    ledger.advanced.sure += 60_000
    ledger.advanced.tried += 60_000
    assert checks.scan(cloud, "expiring") == []
    checks.check_all(cloud, ledger, set())
    assert cloud.control("health")["undelivered"] == 0
    below = descendants(cloud.process.pid)
    cloud.restart()
    wait_for("the end of all processes", lambda: not any(map(alive, below)))
    checks.check_folder(cloud)


def all_well(programs: Sequence[Program]) -> bool:
    """Whether every program still works."""
    return all(program.is_alive() for program in programs)


def quiet(programs: Sequence[Program]) -> bool:
    """Whether no program is in the middle of a call to the killed cloud."""
    return all(program.waiting or not program.is_alive() for program in programs)
