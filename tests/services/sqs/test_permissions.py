"""Who may do what with queues: policies of identities and of queues, other accounts, services, and keys of KMS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.services.sqs.queue import Queue, refused

Clients = Callable[..., Any]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def let(principal: Any, *actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*", **more}


def test_a_policy_of_a_queue_lets_a_user_in(queue: Queue, iam_user: Callable[..., Clients], account: str) -> None:
    user = iam_user()("sqs")
    said = refused("AccessDenied", user.send_message, QueueUrl=queue.url, MessageBody="x")
    assert f"sqs:SendMessage on resource: {queue.arn} because no identity-based policy" in said
    queue.set(Policy=document(let({"AWS": f"arn:aws:iam::{account}:user/someone"}, "sqs:SendMessage")))
    assert user.send_message(QueueUrl=queue.url, MessageBody="x")["MessageId"]
    batch = [{"Id": "1", "MessageBody": "x"}]
    assert user.send_message_batch(QueueUrl=queue.url, Entries=batch)["Successful"]
    refused("AccessDenied", user.receive_message, QueueUrl=queue.url)


def test_another_account(queue: Queue, client: Clients, account: str) -> None:
    other = client("sqs", key="668614515564")
    refused("AccessDenied", other.send_message, QueueUrl=queue.url, MessageBody="x")
    owner = {"QueueName": "queue", "QueueOwnerAWSAccountId": account}
    refused("AccessDenied", other.get_queue_url, **owner)
    queue.client.add_permission(
        QueueUrl=queue.url,
        Label="other",
        AWSAccountIds=["668614515564"],
        Actions=["SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueUrl", "GetQueueAttributes", "PurgeQueue"],
    )
    assert other.get_queue_url(**owner)["QueueUrl"] == queue.url
    refused("AWS.SimpleQueueService.NonExistentQueue", other.get_queue_url, QueueName="queue")
    other.send_message(QueueUrl=queue.url, MessageBody="x")
    (message,) = other.receive_message(QueueUrl=queue.url, AttributeNames=["SenderId"])["Messages"]
    assert message["Attributes"]["SenderId"] == "668614515564"
    other.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
    other.purge_queue(QueueUrl=queue.url)
    assert queue.counts() == (0, 0, 0)


def test_what_only_the_owner_does(queue: Queue, client: Clients) -> None:
    """Whatever a policy says. Source: SQSDeveloperGuide/sqs-api-permissions-reference.html"""
    queue.set(Policy=document(let("*", "sqs:*")))
    other = client("sqs", key="668614515564")
    for method, given in (
        ("set_queue_attributes", {"Attributes": {"DelaySeconds": "1"}}),
        ("delete_queue", {}),
        ("tag_queue", {"Tags": {"a": "b"}}),
        ("untag_queue", {"TagKeys": ["a"]}),
        ("list_queue_tags", {}),
        ("add_permission", {"Label": "x", "AWSAccountIds": ["668614515564"], "Actions": ["*"]}),
        ("remove_permission", {"Label": "x"}),
    ):
        refused("AccessDenied", getattr(other, method), QueueUrl=queue.url, **given)
    assert other.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["QueueArn"])
    assert other.list_queues().get("QueueUrls", []) == []


def test_a_denial_of_the_queue_stands(queue: Queue, client: Clients) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue.arn}
    queue.set(Policy=document(deny))
    assert "explicit deny in a resource-based policy" in refused("AccessDenied", queue.send, "x")
    queue.set(Policy="")
    queue.send("x")


def unsigned(url: str, **given: str) -> tuple[int, str]:
    """(status, body) of an unsigned request in the query protocol."""
    try:
        with urllib.request.urlopen(url, urlencode(given).encode(), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_queue_may_be_open_to_everybody(queue: Queue) -> None:
    status, body = unsigned(queue.url, Action="SendMessage", MessageBody="x")
    assert status == 403 and "AccessDenied" in body
    assert unsigned(f"{queue.url}-gone", Action="SendMessage", MessageBody="x")[0] == 403
    queue.set(Policy=document(let("*", "sqs:SendMessage", "sqs:DeleteQueue")))
    assert unsigned(queue.url, Action="SendMessage", MessageBody="from nobody")[0] == 200
    for action in ("ReceiveMessage", "DeleteQueue", "ListQueues"):
        assert unsigned(queue.url, Action=action)[0] == 403
    (message,) = queue.receive(AttributeNames=["SenderId"])
    assert (message["Body"], message["Attributes"]) == ("from nobody", {"SenderId": "anonymous"})


# ---- KMS -------------------------------------------------------------------------------------------------------------


def sealed(client: Clients, policy: str | None = None) -> tuple[Queue, str]:
    """(a queue with a key of its own, the key's ARN)."""
    given = {"Policy": policy} if policy else {}
    key = client("kms").create_key(**given)["KeyMetadata"]["Arn"]
    return Queue(client("sqs"), "sealed", KmsMasterKeyId=key, KmsDataKeyReusePeriodSeconds="60"), key


def test_bodies_are_sealed_under_the_key(client: Clients) -> None:
    queue, key = sealed(client)
    attributes = {"k": {"DataType": "String", "StringValue": "v"}}
    sent = queue.send("secret", MessageAttributes=attributes)
    (message,) = queue.receive(MessageAttributeNames=["All"], VisibilityTimeout=0)
    assert (message["Body"], message["MD5OfBody"]) == ("secret", sent["MD5OfMessageBody"])
    assert message["MessageAttributes"] == attributes
    queue.client.send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "x" * 5000}])
    assert sorted(len(body) for body in queue.bodies()) == [6, 5000]


def test_a_sender_needs_the_key_and_so_does_who_receives(
    client: Clients, iam_user: Callable[..., Clients], account: str
) -> None:
    queue, key = sealed(client)
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    user = iam_user({"Version": "2012-10-17", "Statement": [statement]})("sqs")
    iam = client("iam")

    def grant(*actions: str) -> None:
        own = {"Effect": "Allow", "Action": list(actions), "Resource": key}
        iam.put_user_policy(UserName="someone", PolicyName="key", PolicyDocument=document(own))

    grant("kms:Decrypt")
    refused("KMS.AccessDeniedException", user.send_message, QueueUrl=queue.url, MessageBody="x")
    assert queue.counts() == (0, 0, 0)
    grant("kms:GenerateDataKey")
    user.send_message(QueueUrl=queue.url, MessageBody="x")
    refused("KMS.AccessDeniedException", user.receive_message, QueueUrl=queue.url)
    assert queue.counts() == (1, 0, 0)
    grant("kms:GenerateDataKey", "kms:Decrypt")
    assert user.receive_message(QueueUrl=queue.url)["Messages"][0]["Body"] == "x"


def test_what_kms_refuses(client: Clients) -> None:
    queue, key = sealed(client)
    kms = client("kms")
    kms.disable_key(KeyId=key)
    refused("KMS.DisabledException", queue.send, "x")
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    refused("KMS.InvalidStateException", queue.send, "x")
    other = Queue(client("sqs"), "other", KmsMasterKeyId="alias/not-there")
    refused("KMS.NotFoundException", other.send, "x")


def test_the_managed_key(client: Clients) -> None:
    queue = Queue(client("sqs"), "managed", KmsMasterKeyId="alias/aws/sqs")
    queue.send("x")
    queue.set(SqsManagedSseEnabled="true")  # what was sealed before can still be read
    queue.send("y")
    assert sorted(queue.bodies() + queue.bodies()) == ["x", "y"]
