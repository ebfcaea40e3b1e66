"""Imports of users: the file's header, the upload by plain HTTP, what becomes of each line, and the log of it."""

from __future__ import annotations

import csv
import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, code, fails


@pytest.fixture
def role(client: Callable[..., Any]) -> str:
    """A role that writes logs for Cognito."""
    iam = client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "cognito-idp.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    arn = iam.create_role(RoleName="import-logs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    may = {"Effect": "Allow", "Action": logs, "Resource": "arn:aws:logs:*:*:log-group:/aws/cognito/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": may})
    iam.put_role_policy(RoleName="import-logs", PolicyName="write", PolicyDocument=policy)
    return arn


def text_of(columns: list[str], *users: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(users)
    return out.getvalue().encode()


def put(url: str, content: bytes) -> int:
    headers = {"x-amz-server-side-encryption": "aws:kms"}
    with urllib.request.urlopen(urllib.request.Request(url, content, headers, method="PUT"), timeout=30) as answer:
        return answer.status


def begun(pool: PoolAt, role: str, content: bytes) -> dict[str, Any]:
    made = {"UserPoolId": pool.id, "JobName": "people", "CloudWatchLogsRoleArn": role}
    job = pool.idp.create_user_import_job(**made)["UserImportJob"]
    assert (job["Status"], put(job["PreSignedUrl"], content)) == ("Created", 200)
    return pool.idp.start_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])["UserImportJob"]


def found(cloud: Any, pool: PoolAt, job: dict[str, Any]) -> dict[str, Any]:
    cloud.settle()
    return pool.idp.describe_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])["UserImportJob"]


def test_users_come_from_a_file_and_reset_their_passwords(idp, cloud, client, role):
    plan = {"Name": "plan", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "3"}}
    pool = PoolAt(idp, AutoVerifiedAttributes=["email"], Schema=[plan])
    pool.user("old")
    columns = idp.get_csv_header(UserPoolId=pool.id)["CSVHeader"]
    assert columns[:2] + columns[-3:] == [
        "name",
        "given_name",
        "custom:plan",
        "cognito:mfa_enabled",
        "cognito:username",
    ]
    base = {"email": "imported@example.com", "email_verified": "TRUE", "cognito:mfa_enabled": "false"}
    content = text_of(
        columns,
        {**base, "cognito:username": "ann", "address": "1, Main Street", "custom:plan": "pro"},
        {**base, "cognito:username": "old"},
        {**base, "cognito:username": "bad", "email_verified": "false"},
        {**base, "cognito:username": "long", "custom:plan": "much"},
        {**base, "cognito:username": "", "name": "nobody"},
    )
    job = begun(pool, role, content)
    assert job["Status"] == "Pending"
    done = found(cloud, pool, job)
    counts = [done[name] for name in ("ImportedUsers", "SkippedUsers", "FailedUsers")]
    assert (done["Status"], counts) == ("Succeeded", [1, 1, 3])
    assert done["CompletionMessage"] == "Import Job Completed Successfully."
    user = idp.admin_get_user(UserPoolId=pool.id, Username="ann")
    attributes = {one["Name"]: one["Value"] for one in user["UserAttributes"]}
    assert user["UserStatus"] == "RESET_REQUIRED"
    assert (attributes["address"], attributes["email_verified"]) == ("1, Main Street", "true")
    events = client("logs").get_log_events(
        logGroupName=f"/aws/cognito/userpools/{pool.id}/people", logStreamName=job["JobId"], startFromHead=True
    )["events"]
    told = [event["message"] for event in events]
    assert told[:2] == [
        "[SUCCEEDED] Line Number 2 - The import succeeded.",
        "[SKIPPED] Line Number 3 - The user already exists.",
    ]
    assert [text.split("]")[0] for text in told[2:]] == ["[FAILED"] * 3
    fails("PasswordResetRequiredException", pool.sign_in, name="ann")
    idp.forgot_password(ClientId=pool.client, Username="ann")
    given = {"ClientId": pool.client, "Username": "ann", "Password": PASSWORD}
    idp.confirm_forgot_password(**given, ConfirmationCode=code(cloud, "imported@example.com"))
    assert pool.tokens("ann")


def test_a_file_that_is_none_of_the_pools_and_a_role_that_cannot_write_fail_the_job(idp, cloud, role):
    pool = PoolAt(idp)
    done = found(cloud, pool, begun(pool, role, b"name,email\nx,y\n"))
    assert (done["Status"], done["ImportedUsers"]) == ("Failed", 0)
    columns = idp.get_csv_header(UserPoolId=pool.id)["CSVHeader"]
    user = {"cognito:username": "ann", "cognito:mfa_enabled": "false"}
    other = role.replace("import-logs", "nobody")
    done = found(cloud, pool, begun(pool, other, text_of(columns, user)))
    assert (done["Status"], idp.list_users(UserPoolId=pool.id)["Users"]) == ("Failed", [])
    done = found(cloud, pool, begun(pool, role, text_of(columns, {**user, "cognito:mfa_enabled": "maybe"})))
    assert (done["Status"], done["FailedUsers"]) == ("Failed", 1)
    assert done["CompletionMessage"].startswith("Too many users have failed")


def test_jobs_are_listed_stopped_and_refused_out_of_turn(idp, cloud, role):
    pool = PoolAt(idp)
    columns = idp.get_csv_header(UserPoolId=pool.id)["CSVHeader"]
    made = {"UserPoolId": pool.id, "JobName": "people", "CloudWatchLogsRoleArn": role}
    fails("NotImplemented", idp.create_user_import_job, **made, PasswordHashingAlgorithm="BCRYPT")
    job = idp.create_user_import_job(**made)["UserImportJob"]
    named = {"UserPoolId": pool.id, "JobId": job["JobId"]}
    fails("PreconditionNotMetException", idp.start_user_import_job, **named)  # nothing was uploaded
    fails("PreconditionNotMetException", idp.stop_user_import_job, **named)
    with pytest.raises(urllib.error.HTTPError) as refused:
        put(job["PreSignedUrl"][:-4] + "0000", b"x")
    assert refused.value.code == 403
    done = found(cloud, pool, begun(pool, role, text_of(columns)))
    assert done["Status"] == "Succeeded"
    with pytest.raises(urllib.error.HTTPError):
        put(done["PreSignedUrl"], b"x")
    first = idp.list_user_import_jobs(UserPoolId=pool.id, MaxResults=1)
    assert [one["JobId"] for one in first["UserImportJobs"]] == [done["JobId"]]
    rest = idp.list_user_import_jobs(UserPoolId=pool.id, MaxResults=5, PaginationToken=first["PaginationToken"])
    assert [one["JobId"] for one in rest["UserImportJobs"]] == [job["JobId"]]
    fails("ResourceNotFoundException", idp.describe_user_import_job, UserPoolId=pool.id, JobId="import-x")


def test_a_url_and_a_job_that_waits_expire(fresh_cloud):
    pool = PoolAt(fresh_cloud.client("cognito-idp"))
    role = "arn:aws:iam::000000000000:role/none"
    made = {"UserPoolId": pool.id, "JobName": "people", "CloudWatchLogsRoleArn": role}
    job = pool.idp.create_user_import_job(**made)["UserImportJob"]
    fresh_cloud.clock_advance(901)
    with pytest.raises(urllib.error.HTTPError):
        put(job["PreSignedUrl"], b"x")
    fresh_cloud.clock_advance(86400)
    assert found(fresh_cloud, pool, job)["Status"] == "Expired"
