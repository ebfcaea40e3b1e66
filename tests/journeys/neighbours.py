"""What the shop's functions may do, tried one by one with the role of each: its own work, and its neighbours'."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

Try = Callable[["Worker"], Any]
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")
THERE = "attribute_exists(pk)"  # a write under this condition changes nothing, for nothing of these keys is there


class Worker:
    """One who takes one function's role after another, and knows the stack's resources by the template's names."""

    def __init__(self, cloud: RunningCloud, ids: dict[str, str], user: dict[str, str]) -> None:
        self.ids = ids
        self._cloud, self._sts = cloud, cloud.client("sts", **user)
        self._session = boto3.session.Session("none", "none", "none", region_name="us-east-1")
        self._clients: dict[str, Any] = {}

    def take(self, role: str) -> None:
        """Go on with the credentials of this role."""
        taken = self._sts.assume_role(RoleArn=role, RoleSessionName="curious")["Credentials"]
        key = self._session.get_credentials()
        key.access_key, key.secret_key, key.token = (
            taken[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
        )

    def client(self, service: str) -> Any:
        """A client with the role's credentials."""
        if service not in self._clients:
            settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
            self._clients[service] = self._session.client(service, endpoint_url=self._cloud.url, config=settings)
        return self._clients[service]

    def may(self, attempt: Try) -> bool:
        """Whether an attempt is allowed; that it then finds nothing to change is no denial."""
        try:
            attempt(self)
        except ClientError as error:
            return error.response["Error"]["Code"] not in DENIED
        return True


def item(operation: str, pk: str, **given: Any) -> Try:
    """An attempt at an item of the shop's table."""

    def attempt(worker: Worker) -> Any:
        key = {"pk": {"S": pk}, "sk": {"S": "nothing"}}
        what = {"Item": key} if operation == "put_item" else {"Key": key}
        return getattr(worker.client("dynamodb"), operation)(TableName=worker.ids["ShopTable"], **what, **given)

    return attempt


def changed(pk: str) -> Try:
    """An attempt to change an item."""
    values = {":one": {"N": "1"}}
    return item(
        "update_item", pk, UpdateExpression="SET stock = :one", ConditionExpression=THERE,
        ExpressionAttributeValues=values,
    )  # fmt: skip


def listed(key: str, value: str, index: str | None = None) -> Try:
    """An attempt to list what is together under a key of the table or of an index."""
    where = {} if index is None else {"IndexName": index}
    asked = {"KeyConditionExpression": f"{key} = :it", "ExpressionAttributeValues": {":it": {"S": value}}}
    return lambda worker: worker.client("dynamodb").query(TableName=worker.ids["ShopTable"], **where, **asked)


def on(service: str, operation: str, *names: tuple[str, str], **given: Any) -> Try:
    """An attempt of an operation, where each of the `names` is a parameter and the resource that it names."""

    def attempt(worker: Worker) -> Any:
        named = {parameter: worker.ids[resource] for parameter, resource in names}
        return getattr(worker.client(service), operation)(**named, **given)

    return attempt


def mailed(worker: Worker) -> Any:
    """An attempt to send a mail in the shop's name."""
    text = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello"}}}}
    to = {"ToAddresses": ["success@simulator.amazonses.com"]}
    return worker.client("sesv2").send_email(FromEmailAddress="shop@example.com", Destination=to, Content=text)


PICTURES, REPORTS = ("Bucket", "PicturesBucket"), ("Bucket", "ReportsBucket")
ATTEMPTS: dict[str, Try] = {
    "read a product": item("get_item", "PRODUCT#nothing"),
    "add a product": item("put_item", "PRODUCT#nothing", ConditionExpression=THERE),
    "change a product": changed("PRODUCT#nothing"),
    "read a customer": item("get_item", "CUSTOMER#nobody"),
    "add a customer": item("put_item", "CUSTOMER#nobody", ConditionExpression=THERE),
    "change a customer": changed("CUSTOMER#nobody"),
    "read an order": listed("pk", "ORDER#nothing"),
    "add an order": item("put_item", "ORDER#nothing", ConditionExpression=THERE),
    "change an order": changed("ORDER#nothing"),
    "delete an order": item("delete_item", "ORDER#nothing"),
    "list the catalogue": listed("listing_pk", "CATALOGUE", "Listing"),
    "list a customer's orders": listed("listing_pk", "ORDERS_OF#nobody", "Listing"),
    "list the placed orders": listed("status_pk", "STATUS#placed", "OrdersByStatus"),
    "read the whole table": on("dynamodb", "scan", ("TableName", "ShopTable")),
    "remember a request": on(
        "dynamodb", "delete_item", ("TableName", "IdempotencyTable"), Key={"id": {"S": "nothing"}}
    ),
    "read the cache's password": on("secretsmanager", "get_secret_value", ("SecretId", "CacheSecret")),
    "read the payment key": on("secretsmanager", "get_secret_value", ("SecretId", "PaymentSecret")),
    "rotate the cache's password": on("secretsmanager", "describe_secret", ("SecretId", "CacheSecret")),
    "rotate the payment key": on("secretsmanager", "describe_secret", ("SecretId", "PaymentSecret")),
    "delete the payment key": on("secretsmanager", "delete_secret", ("SecretId", "PaymentSecret")),
    "change who may use the cache": on("elasticache", "describe_users", ("UserId", "CacheUser")),
    "send a picture up": on("s3", "put_object", PICTURES, Key="pictures/neighbours", Body=b"no picture"),
    "look at a picture": on("s3", "get_object", PICTURES, Key="pictures/seen"),
    "make a thumbnail": on("s3", "put_object", PICTURES, Key="thumbnails/neighbours", Body=b"no picture"),
    "look at a thumbnail": on("s3", "get_object", PICTURES, Key="thumbnails/seen"),
    "put something else there": on("s3", "put_object", PICTURES, Key="neighbours", Body=b""),
    "write a report": on("s3", "put_object", REPORTS, Key="daily/neighbours", Body=b"{}"),
    "read a report": on("s3", "get_object", REPORTS, Key="daily/neighbours"),
    "empty a bucket": on("s3", "delete_object", REPORTS, Key="daily/neighbours"),
    "queue a confirmation": on(
        "sqs", "send_message", ("QueueUrl", "ConfirmationQueue"), MessageBody="{}", DelaySeconds=900
    ),
    "clear the queue": on("sqs", "purge_queue", ("QueueUrl", "ConfirmationQueue")),
    "send a mail": mailed,
    "look at the stack": on("cloudformation", "describe_stacks", ("StackName", "Stack")),
}
NOBODYS: dict[str, Try] = {
    "alarm the owner": on("sns", "publish", ("TopicArn", "AlarmTopic"), Message="Hello"),
    "run another function": on("lambda", "invoke", ("FunctionName", "ReportsFunction"), Payload=b"{}"),
    "make somebody staff": on(
        "cognito-idp", "admin_add_user_to_group", ("UserPoolId", "UserPool"), Username="nobody", GroupName="staff"
    ),
    "give itself more": on(
        "iam", "put_role_policy", ("RoleName", "ProductsFunctionRole"), PolicyName="more", PolicyDocument="{}"
    ),
    "delete the stack": on("cloudformation", "delete_stack", ("StackName", "Stack")),
}

WORK: dict[str, set[str]] = {
    "Products": {
        "read a product", "add a product", "change a product", "list the catalogue", "read the cache's password",
        "send a picture up", "look at a picture", "look at a thumbnail",
    },
    "Invalidation": {"read the cache's password"},
    "Thumbnails": {"look at a picture", "make a thumbnail", "change a product"},
    "Customers": {"read a customer", "change a customer"},
    "Welcome": {"add a customer", "send a mail"},
    "Orders": {
        "read an order", "add an order", "change an order", "change a product", "list a customer's orders",
        "list the placed orders", "remember a request", "read the payment key",
    },
    "OrderEvents": {"queue a confirmation"},
    "Confirmations": {"read a customer", "read an order", "remember a request", "send a mail"},
    "Reports": {"list the placed orders", "write a report"},
    "Emptying": {"empty a bucket", "look at the stack"},
    "CacheRotation": {
        "read the cache's password", "rotate the cache's password", "change who may use the cache",
    },
    "PaymentRotation": {"read the payment key", "rotate the payment key"},
}  # fmt: skip


@contextmanager
def curious(cloud: RunningCloud) -> Iterator[dict[str, str]]:
    """The key of a user who takes whatever role trusts them."""
    iam = cloud.client("iam")
    iam.create_user(UserName="curious")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="curious", PolicyName="take", PolicyDocument=document)
    pair = iam.create_access_key(UserName="curious")["AccessKey"]
    yield {"key": pair["AccessKeyId"], "secret": pair["SecretAccessKey"]}
    iam.delete_access_key(UserName="curious", AccessKeyId=pair["AccessKeyId"])
    iam.delete_user_policy(UserName="curious", PolicyName="take")
    iam.delete_user(UserName="curious")


@contextmanager
def trusting(cloud: RunningCloud, role: str) -> Iterator[str]:
    """A role that trusts the curious user for a while, beside Lambda; its ARN."""
    iam = cloud.client("iam")
    there = iam.get_role(RoleName=role)["Role"]
    before = there["AssumeRolePolicyDocument"]
    user = {"AWS": "arn:aws:iam::000000000000:user/curious"}
    statement = {"Effect": "Allow", "Principal": user, "Action": "sts:AssumeRole"}
    document = json.dumps({**before, "Statement": [*before["Statement"], statement]})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)
    try:
        yield there["Arn"]
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))
