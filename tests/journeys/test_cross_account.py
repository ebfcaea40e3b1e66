"""Resource policies within an account and across accounts: which principals they let in, and what else must agree."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

OURS, THEIRS = "740000000001", "740000000002"
DENIED = ("AccessDenied", "AccessDeniedException", "403")
BOTO = boto3.session.Session()  # one for all callers: it reads the services' descriptions once
_numbers = itertools.count()


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def new() -> str:
    return f"n{next(_numbers)}"


def permitted(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except ClientError as error:
        return error.response["Error"]["Code"] not in DENIED
    return True


class Caller:
    """A principal: its ARN, and a client of any service."""

    def __init__(
        self, cloud: RunningCloud, arn: str, role: str = "", key: str = "", secret: str = "test", token: str = ""
    ) -> None:
        self.arn, self.role = arn, role
        self._keys = {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token or None}
        self._url = cloud.url
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1, "mode": "standard"})
            self._clients[service] = BOTO.client(
                service, region_name="us-east-1", endpoint_url=self._url, config=config, **self._keys
            )
        return self._clients[service]


class Account:
    """An account with its root, and users and roles as one wants them."""

    def __init__(self, cloud: RunningCloud, id: str) -> None:
        self.cloud, self.id = cloud, id
        self.root = Caller(cloud, f"arn:aws:iam::{id}:root", key=id)

    def user(self, policy: str | None = None, boundary: str = "") -> Caller:
        iam, name = self.root("iam"), new()
        bounds = {"PermissionsBoundary": boundary} if boundary else {}
        arn = iam.create_user(UserName=name, **bounds)["User"]["Arn"]
        if policy is not None:
            iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=policy)
        pair = iam.create_access_key(UserName=name)["AccessKey"]
        return Caller(self.cloud, arn, key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])

    def role(self, policy: str | None = None, trusted: Any = None, **settings: Any) -> str:
        iam, name = self.root("iam"), new()
        statement = {"Effect": "Allow", "Principal": trusted or {"AWS": self.id}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(statement), **settings)
        if policy is not None:
            iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=policy)
        return made["Role"]["Arn"]

    def session(self, policy: str | None = None, session_policy: str = "", **settings: Any) -> Caller:
        role = self.role(policy, **settings)
        passed = {"Policy": session_policy} if session_policy else {}
        return assumed(self.cloud, self.user(document(allow("sts:AssumeRole"))), role, **passed)


def assumed(cloud: RunningCloud, who: Caller, role: str, **given: Any) -> Caller:
    answer = who("sts").assume_role(RoleArn=role, RoleSessionName="it", **given)
    made = answer["Credentials"]
    return Caller(
        cloud, answer["AssumedRoleUser"]["Arn"], role,
        key=made["AccessKeyId"], secret=made["SecretAccessKey"], token=made["SessionToken"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def ours(cloud: RunningCloud) -> Account:
    return Account(cloud, OURS)


@pytest.fixture(scope="module")
def theirs(cloud: RunningCloud) -> Account:
    return Account(cloud, THEIRS)


# ---- Resources with a policy -----------------------------------------------------------------------------------------


class Bucket:
    """A bucket of ours with an object; `let` makes its policy of a Principal."""

    def __init__(self, account: Account) -> None:
        self.s3, self.name = account.root("s3"), f"shared-{account.id}"
        self.s3.create_bucket(Bucket=self.name)
        self.s3.put_object(Bucket=self.name, Key="k", Body=b"x")

    def let(self, principal: Any, effect: str = "Allow", element: str = "Principal", **more: Any) -> None:
        statement = {"Effect": effect, element: principal, "Action": "s3:GetObject", **more}
        statement["Resource"] = f"arn:aws:s3:::{self.name}/*"
        self.s3.put_bucket_policy(Bucket=self.name, Policy=document(statement))

    def close(self) -> None:
        self.s3.delete_bucket_policy(Bucket=self.name)

    def ask(self, who: Caller) -> Callable[[], Any]:
        return lambda: who("s3").get_object(Bucket=self.name, Key="k")


class Function:
    """A function of ours; its policy is made statement by statement, and only allows."""

    qualifier: dict[str, str] = {}

    def __init__(self, account: Account) -> None:
        self.functions, name = account.root("lambda"), new()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("main.py", "def handler(event, context): return event")
        made = self.functions.create_function(
            FunctionName=name, Runtime="python3.11", Handler="main.handler", Code={"ZipFile": buffer.getvalue()},
            Role=account.role(trusted={"Service": "lambda.amazonaws.com"}),
        )  # fmt: skip
        self.arn = made["FunctionArn"]

    def let(self, principal: Any) -> None:
        self.close()
        named = principal if isinstance(principal, str) else principal["AWS"]
        self.functions.add_permission(
            FunctionName=self.arn, StatementId="s", Action="lambda:GetFunction", Principal=named, **self.qualifier
        )

    def close(self) -> None:
        try:
            self.functions.remove_permission(FunctionName=self.arn, StatementId="s", **self.qualifier)
        except self.functions.exceptions.ResourceNotFoundException:
            return

    def ask(self, who: Caller) -> Callable[[], Any]:
        return lambda: who("lambda").get_function(FunctionName=self.arn, **self.qualifier)


class FunctionAlias(Function):
    """An alias of a function of ours, which has a policy of its own."""

    qualifier = {"Qualifier": "live"}

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        version = self.functions.publish_version(FunctionName=self.arn)["Version"]
        self.functions.create_alias(FunctionName=self.arn, Name="live", FunctionVersion=version)


class Table:
    """A table of ours with an item."""

    def __init__(self, account: Account) -> None:
        self.dynamodb = account.root("dynamodb")
        made = self.dynamodb.create_table(
            TableName=new() + "-table",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        self.arn = made["TableDescription"]["TableArn"]
        self.dynamodb.put_item(TableName=self.arn, Item={"pk": {"S": "x"}})

    def let(self, principal: Any, effect: str = "Allow", element: str = "Principal", **more: Any) -> None:
        statement = {"Effect": effect, element: principal, "Action": "dynamodb:GetItem", "Resource": self.arn, **more}
        self.dynamodb.put_resource_policy(ResourceArn=self.arn, Policy=document(statement))

    def close(self) -> None:
        self.dynamodb.delete_resource_policy(ResourceArn=self.arn)

    def ask(self, who: Caller) -> Callable[[], Any]:
        def get() -> None:
            assert who("dynamodb").get_item(TableName=self.arn, Key={"pk": {"S": "x"}})["Item"]

        return get


KINDS: dict[str, type[Any]] = {"bucket": Bucket, "function": Function, "alias": FunctionAlias, "table": Table}


@pytest.fixture(scope="module", params=KINDS)
def resource(request: pytest.FixtureRequest, ours: Account) -> Iterator[Any]:
    yield KINDS[request.param](ours)


@pytest.fixture(scope="module")
def bucket(ours: Account) -> Bucket:
    return Bucket(ours)


# ---- Within an account -----------------------------------------------------------------------------------------------


def test_within_an_account_a_named_user_needs_nothing_else(resource: Any, ours: Account) -> None:
    user, other = ours.user(), ours.user()
    resource.let({"AWS": user.arn})
    assert permitted(resource.ask(user))
    assert not permitted(resource.ask(other))
    resource.close()
    assert not permitted(resource.ask(user))


@pytest.mark.parametrize("named", [OURS, f"arn:aws:iam::{OURS}:root"])
def test_within_an_account_its_root_only_delegates(resource: Any, ours: Account, named: str) -> None:
    resource.let({"AWS": named})
    assert not permitted(resource.ask(ours.user()))
    assert not permitted(resource.ask(ours.session()))
    assert permitted(resource.ask(ours.user(document(allow()))))
    assert permitted(resource.ask(ours.root))


def test_within_an_account_a_named_role_is_limited_by_its_session_and_boundary(resource: Any, ours: Account) -> None:
    nothing = document(allow("sqs:*"))
    session = ours.session()
    resource.let({"AWS": session.role})
    assert permitted(resource.ask(session))
    narrowed = ours.session(session_policy=nothing)
    resource.let({"AWS": narrowed.role})
    assert not permitted(resource.ask(narrowed))
    resource.let({"AWS": narrowed.arn})  # the session itself: its own policies do not limit the grant
    assert permitted(resource.ask(narrowed))
    bounds = ours.root("iam").create_policy(PolicyName=new(), PolicyDocument=nothing)["Policy"]["Arn"]
    bounded = ours.session(PermissionsBoundary=bounds)
    resource.let({"AWS": bounded.role})
    assert not permitted(resource.ask(bounded))
    user = ours.user(boundary=bounds)
    resource.let({"AWS": user.arn})
    assert permitted(resource.ask(user))


def test_a_denial_of_the_callers_own_outweighs_a_grant(resource: Any, ours: Account) -> None:
    user = ours.user(document(allow(), {"Effect": "Deny", "Action": "*", "Resource": "*"}))
    resource.let({"AWS": user.arn})
    assert not permitted(resource.ask(user))


# ---- Across accounts -------------------------------------------------------------------------------------------------


def test_across_accounts_both_sides_must_allow(resource: Any, theirs: Account) -> None:
    may, may_not = theirs.user(document(allow())), theirs.user()
    resource.close()
    assert not permitted(resource.ask(may))
    assert not permitted(resource.ask(theirs.root))
    for named in (may.arn, theirs.id, theirs.root.arn):
        resource.let({"AWS": named})
        assert permitted(resource.ask(may)), named
    resource.let({"AWS": may_not.arn})
    assert not permitted(resource.ask(may_not))
    assert not permitted(resource.ask(may))
    assert not permitted(resource.ask(theirs.root))
    resource.let({"AWS": theirs.id})
    assert not permitted(resource.ask(may_not))
    assert permitted(resource.ask(theirs.root))


def test_across_accounts_roles_and_their_sessions(resource: Any, theirs: Account) -> None:
    may = theirs.session(document(allow()))
    for named in (may.arn, may.role, theirs.id):
        resource.let({"AWS": named})
        assert permitted(resource.ask(may)), named
        assert not permitted(resource.ask(theirs.session())), named
    narrowed = theirs.session(document(allow()), session_policy=document(allow("sqs:*")))
    for named in (narrowed.arn, narrowed.role):
        resource.let({"AWS": named})
        assert not permitted(resource.ask(narrowed)), named


def test_a_role_of_the_resources_account_is_the_other_way_in(cloud: RunningCloud, bucket: Bucket, ours: Account,
                                                             theirs: Account) -> None:  # fmt: skip
    bucket.close()
    role = ours.role(document(allow("s3:GetObject")), trusted={"AWS": THEIRS})
    inside = assumed(cloud, theirs.user(document(allow("sts:AssumeRole", role))), role)
    assert permitted(bucket.ask(inside))
    with pytest.raises(ClientError):
        assumed(cloud, theirs.user(), role)


# ---- Denials, exceptions, conditions ---------------------------------------------------------------------------------


def test_an_explicit_deny_stops_everybody_even_the_root(bucket: Bucket, ours: Account, theirs: Account) -> None:
    ours_may, theirs_may = ours.user(document(allow())), theirs.user(document(allow()))
    bucket.let("*", "Deny")
    for who in (ours_may, theirs_may, ours.root, theirs.root):
        assert not permitted(bucket.ask(who)), who.arn
    bucket.let("*", "Deny", Condition={"StringNotEquals": {"aws:PrincipalAccount": OURS}})
    assert permitted(bucket.ask(ours_may))
    assert not permitted(bucket.ask(theirs_may))


def test_a_deny_spares_those_whom_not_principal_names(bucket: Bucket, ours: Account) -> None:
    spared, other = ours.user(document(allow())), ours.user(document(allow()))
    bucket.let({"AWS": [spared.arn, ours.root.arn]}, "Deny", "NotPrincipal")
    assert permitted(bucket.ask(spared))
    assert not permitted(bucket.ask(other))
    session = ours.session(document(allow()))
    bucket.let({"AWS": [session.arn, session.role, ours.root.arn]}, "Deny", "NotPrincipal")
    assert permitted(bucket.ask(session))
    bucket.let({"AWS": [session.role]}, "Deny", "NotPrincipal")  # the session itself is not among them
    assert not permitted(bucket.ask(session))


def test_a_grant_may_be_bound_to_who_calls(bucket: Bucket, theirs: Account) -> None:
    tagged = theirs.session(document(allow()), Tags=[{"Key": "team", "Value": "red"}])
    plain = theirs.session(document(allow()))
    everyone = {"AWS": THEIRS}
    bucket.let(everyone, Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
    assert permitted(bucket.ask(tagged))
    assert not permitted(bucket.ask(plain))
    bucket.let(everyone, Condition={"ArnLike": {"aws:PrincipalArn": plain.role}})
    assert permitted(bucket.ask(plain))
    assert not permitted(bucket.ask(tagged))


def test_what_is_not_there(cloud: RunningCloud, theirs: Account) -> None:
    """Whether another account has something is told only where names are everybody's."""
    root = theirs.root
    asks: list[tuple[Callable[[], Any], str]] = [
        (lambda: root("s3").get_object(Bucket="nobody-has-this-bucket", Key="k"), "NoSuchBucket"),
        (
            lambda: root("lambda").get_function(FunctionName=f"arn:aws:lambda:us-east-1:{OURS}:function:none"),
            "AccessDeniedException",
        ),
        (
            lambda: root("dynamodb").get_item(
                TableName=f"arn:aws:dynamodb:us-east-1:{OURS}:table/none", Key={"pk": {"S": "x"}}
            ),
            "AccessDeniedException",
        ),
        (
            lambda: root("ssm").get_parameter(Name=f"arn:aws:ssm:us-east-1:{OURS}:parameter/none"),
            "AccessDeniedException",
        ),
        (
            lambda: root("logs").filter_log_events(logGroupIdentifier=f"arn:aws:logs:us-east-1:{OURS}:log-group:/none"),
            "AccessDeniedException",
        ),
        (
            lambda: theirs.user(document(allow()))("sts").assume_role(
                RoleArn=f"arn:aws:iam::{OURS}:role/none", RoleSessionName="it"
            ),
            "AccessDenied",
        ),
        (
            lambda: root("cloudformation").describe_stacks(
                StackName=f"arn:aws:cloudformation:us-east-1:{OURS}:stack/none/1"
            ),
            "AccessDenied",
        ),
    ]
    for ask, code in asks:
        with pytest.raises(ClientError) as refused:
            ask()
        assert refused.value.response["Error"]["Code"] == code, refused.value


# ---- Principals that are gone ----------------------------------------------------------------------------------------


def test_a_principal_must_exist_when_it_is_named(bucket: Bucket, ours: Account, theirs: Account) -> None:
    function = Function(ours)
    for missing in (f"arn:aws:iam::{THEIRS}:user/none", f"arn:aws:iam::{OURS}:role/none",
                    f"arn:aws:sts::{THEIRS}:assumed-role/none/it"):  # fmt: skip
        with pytest.raises(ClientError) as refused:
            bucket.let({"AWS": missing})
        error = refused.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("MalformedPolicy", "Invalid principal in policy")
        with pytest.raises(ClientError) as refused:
            function.let(missing)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
        with pytest.raises(ClientError) as refused:
            ours.role(trusted={"AWS": missing})
        error = refused.value.response["Error"]
        assert error["Message"] == f'Invalid principal in policy: "AWS":"{missing}"'
        assert error["Code"] == "MalformedPolicyDocument"


def drop_user(account: Account, name: str) -> None:
    iam = account.root("iam")
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="only")
    iam.delete_user(UserName=name)


def keyed(account: Account, name: str) -> Caller:
    iam = account.root("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=document(allow()))
    pair = iam.create_access_key(UserName=name)["AccessKey"]
    arn = f"arn:aws:iam::{account.id}:user/{name}"
    return Caller(account.cloud, arn, key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])


def principal_in(text: str) -> Any:
    return json.loads(text)["Statement"][0]["Principal"]["AWS"]


def test_a_new_user_is_not_the_deleted_one_whose_name_he_has(bucket: Bucket, ours: Account, theirs: Account) -> None:
    iam, name, function = theirs.root("iam"), new(), Function(ours)
    first = keyed(theirs, name)
    id = iam.get_user(UserName=name)["User"]["UserId"]
    trusting = ours.role(trusted={"AWS": first.arn})
    table = Table(ours)
    table.let({"AWS": first.arn})
    bucket.let({"AWS": [first.arn, THEIRS]}, Condition={"ArnLike": {"aws:PrincipalArn": first.arn}})
    function.let(first.arn)
    drop_user(theirs, name)
    second = keyed(theirs, name)

    statement = json.loads(bucket.s3.get_bucket_policy(Bucket=bucket.name)["Policy"])["Statement"][0]
    assert statement["Principal"]["AWS"] == [id, THEIRS]
    assert statement["Condition"] == {"ArnLike": {"aws:PrincipalArn": first.arn}}  # what is compared stays
    assert principal_in(function.functions.get_policy(FunctionName=function.arn)["Policy"]) == id
    assert principal_in(table.dynamodb.get_resource_policy(ResourceArn=table.arn)["Policy"]) == id
    assert not permitted(table.ask(second))
    role = ours.root("iam").get_role(RoleName=trusting.rsplit("/", 1)[1])["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"] == id

    assert not permitted(function.ask(second))
    assert not permitted(lambda: second("sts").assume_role(RoleArn=trusting, RoleSessionName="it"))
    bucket.let({"AWS": second.arn})
    assert permitted(bucket.ask(second))


def test_a_deleted_roles_sessions_are_named_by_its_id(bucket: Bucket, theirs: Account) -> None:
    iam = theirs.root("iam")
    session = theirs.session(document(allow()))
    name = session.role.rsplit("/", 1)[1]
    id = iam.get_role(RoleName=name)["Role"]["RoleId"]
    bucket.let({"AWS": [session.role, session.arn]})
    assert permitted(bucket.ask(session))
    iam.delete_role_policy(RoleName=name, PolicyName="only")
    iam.delete_role(RoleName=name)
    assert principal_in(bucket.s3.get_bucket_policy(Bucket=bucket.name)["Policy"]) == [id, f"{id}:it"]
    trust = document({"Effect": "Allow", "Principal": {"AWS": THEIRS}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=document(allow()))
    again = assumed(theirs.cloud, theirs.user(document(allow("sts:AssumeRole"))), session.role)
    assert again.arn == session.arn
    assert not permitted(bucket.ask(again))
    with pytest.raises(ClientError) as refused:  # an id whose bearer is gone cannot be written again
        bucket.let({"AWS": id})
    assert refused.value.response["Error"]["Code"] == "MalformedPolicy"


def test_a_user_that_moves_keeps_what_he_was_granted(bucket: Bucket, theirs: Account) -> None:
    iam, name = theirs.root("iam"), new()
    user = keyed(theirs, name)
    bucket.let({"AWS": user.arn})
    iam.update_user(UserName=name, NewUserName=f"{name}-moved", NewPath="/team/")
    moved = f"arn:aws:iam::{THEIRS}:user/team/{name}-moved"
    assert principal_in(bucket.s3.get_bucket_policy(Bucket=bucket.name)["Policy"]) == moved
    assert permitted(bucket.ask(user))


# ---- Services --------------------------------------------------------------------------------------------------------


def test_a_service_is_let_in_for_one_account_and_one_resource(bucket: Bucket, theirs: Account) -> None:
    """S3 tells a function of another account of our bucket, when that function's policy lets S3 in for us."""
    function, arn = Function(theirs), f"arn:aws:s3:::{bucket.name}"
    wanted = {"LambdaFunctionArn": function.arn, "Events": ["s3:ObjectCreated:*"]}

    def notified() -> bool:
        try:
            bucket.s3.put_bucket_notification_configuration(
                Bucket=bucket.name, NotificationConfiguration={"LambdaFunctionConfigurations": [wanted]}
            )
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidArgument"
            return False
        bucket.s3.put_bucket_notification_configuration(Bucket=bucket.name, NotificationConfiguration={})
        return True

    assert not notified()
    for given, expected in (
        ({"Principal": "s3.amazonaws.com"}, True),
        ({"Principal": "sns.amazonaws.com"}, False),
        ({"Principal": OURS}, False),  # an account is not the service that works for it
        ({"Principal": "s3.amazonaws.com", "SourceAccount": OURS}, True),
        ({"Principal": "s3.amazonaws.com", "SourceAccount": THEIRS}, False),
        ({"Principal": "s3.amazonaws.com", "SourceArn": arn, "SourceAccount": OURS}, True),
        ({"Principal": "s3.amazonaws.com", "SourceArn": f"{arn}-other"}, False),
    ):
        function.close()
        function.functions.add_permission(
            FunctionName=function.arn, StatementId="s", Action="lambda:InvokeFunction", **given
        )
        assert notified() is expected, given
