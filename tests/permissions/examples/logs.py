"""Calls of CloudWatch Logs that succeed, and what they need."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

from tests.permissions.example import Also, Case, Examples, Fails, Stage

EXAMPLES = Examples()

DESCRIBED_ON = (
    "AWS asks on log-group::log-stream: (iam-access-control-overview-cwl.html), the reference names no resource."
)
EVENT = {"timestamp": int(time.time() * 1000), "message": "x"}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "logs:PutLogEvents",
            "Resource": "*",
        }
    ],
}


def group(at: Stage, **settings: Any) -> str:
    """A new group of the operation's name."""
    at.root().create_log_group(logGroupName=at.name, **settings)
    return at.name


def on_group(at: Stage) -> str:
    """The ARN by which a policy names the group."""
    return at.arn(f"log-group:{at.name}:*")


@EXAMPLES("CreateLogGroup")
def create_log_group(at: Stage) -> Case:
    tags = Also(
        "logs:TagResource",
        at.arn(f"log-group:{at.name}"),
        "CreateLogGroup API reference: tags need logs:TagResource, or logs:TagLogGroup as before.",
    )
    return Case({"logGroupName": at.name, "tags": {"a": "b"}}, on_group(at), also=[tags])


@EXAMPLES("DeleteLogGroup", "DescribeLogStreams", "FilterLogEvents", "ListTagsLogGroup")
def by_group_name(at: Stage) -> Case:
    return Case({"logGroupName": group(at)}, on_group(at))


@EXAMPLES("PutLogGroupDeletionProtection")
def put_log_group_deletion_protection(at: Stage) -> Case:
    return Case({"logGroupIdentifier": group(at), "deletionProtectionEnabled": True}, on_group(at))


@EXAMPLES("PutRetentionPolicy")
def put_retention_policy(at: Stage) -> Case:
    return Case({"logGroupName": group(at), "retentionInDays": 7}, on_group(at))


@EXAMPLES("DeleteRetentionPolicy")
def delete_retention_policy(at: Stage) -> Case:
    at.root().put_retention_policy(logGroupName=group(at), retentionInDays=7)
    return Case({"logGroupName": at.name}, on_group(at))


@EXAMPLES("DescribeLogGroups", "ListLogGroups")
def all_groups(at: Stage) -> Case:
    return Case({}, at.arn("log-group::log-stream:"), outside=DESCRIBED_ON)


# ---- streams ---------------------------------------------------------------------------------------------------------


def stream(at: Stage) -> Case:
    """A new group with a stream that holds an event, and the call that names no more."""
    at.root().create_log_stream(logGroupName=group(at), logStreamName="s")
    at.root().put_log_events(logGroupName=at.name, logStreamName="s", logEvents=[EVENT])
    return Case({"logGroupName": at.name, "logStreamName": "s"}, at.arn(f"log-group:{at.name}:log-stream:s"))


EXAMPLES("DeleteLogStream", "GetLogEvents")(stream)


@EXAMPLES("CreateLogStream")
def create_log_stream(at: Stage) -> Case:
    return Case({"logGroupName": group(at), "logStreamName": "s"}, at.arn(f"log-group:{at.name}:log-stream:s"))


def log_key(at: Stage) -> str:
    """A key that CloudWatch Logs may use."""
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everyone]})
    return str(at.root("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


@EXAMPLES("AssociateKmsKey")
def associate_kms_key(at: Stage) -> Case:
    return Case({"logGroupName": group(at), "kmsKeyId": log_key(at)}, on_group(at))


@EXAMPLES("DisassociateKmsKey")
def disassociate_kms_key(at: Stage) -> Case:
    return Case({"logGroupName": group(at, kmsKeyId=log_key(at))}, on_group(at))


@EXAMPLES("PutLogEvents")
def put_log_events(at: Stage) -> Case:
    ready = stream(at)
    return Case({**ready.input, "logEvents": [EVENT]}, ready.on)


# ---- the policies of an account --------------------------------------------------------------------------------------


@EXAMPLES("PutResourcePolicy")
def put_resource_policy(at: Stage) -> Case:
    return Case({"policyName": at.name, "policyDocument": json.dumps(POLICY)})


@EXAMPLES("DeleteResourcePolicy")
def delete_resource_policy(at: Stage) -> Case:
    at.root().put_resource_policy(policyName=at.name, policyDocument=json.dumps(POLICY))
    return Case({"policyName": at.name})


@EXAMPLES("DescribeResourcePolicies")
def describe_resource_policies(at: Stage) -> Case:
    return Case()


# ---- tags ------------------------------------------------------------------------------------------------------------


def tagged(at: Stage) -> str:
    """The bare ARN of a new group with a tag."""
    return at.arn(f"log-group:{group(at, tags={'a': 'b'})}")


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    return Case({"resourceArn": tagged(at), "tags": {"c": "d"}}, at.arn(f"log-group:{at.name}"))


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    return Case({"resourceArn": tagged(at), "tagKeys": ["a"]}, at.arn(f"log-group:{at.name}"))


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    return Case({"resourceArn": tagged(at)}, at.arn(f"log-group:{at.name}"))


@EXAMPLES("TagLogGroup")
def tag_log_group(at: Stage) -> Case:
    return Case({"logGroupName": group(at), "tags": {"a": "b"}}, on_group(at))


@EXAMPLES("UntagLogGroup")
def untag_log_group(at: Stage) -> Case:
    return Case({"logGroupName": group(at, tags={"a": "b"}), "tags": ["a"]}, on_group(at))


# ---- Logs Insights ---------------------------------------------------------------------------------------------------

QUERY = {"startTime": 0, "endTime": 10_000_000_000, "queryString": "fields @message"}


@EXAMPLES("StartQuery")
def start_query(at: Stage) -> Case:
    return Case({"logGroupNames": [group(at)], **QUERY}, on_group(at))


def started(at: Stage) -> str:
    """The id of a query over a new group."""
    answer = at.root().start_query(logGroupName=group(at), **QUERY)
    return str(answer["queryId"])


@EXAMPLES("GetQueryResults")
def get_query_results(at: Stage) -> Case:
    return Case({"queryId": started(at)}, on_group(at))


@EXAMPLES("ListLogGroupsForQuery")
def list_log_groups_for_query(at: Stage) -> Case:
    return Case({"queryId": started(at)})


@EXAMPLES("StopQuery")
def stop_query(at: Stage) -> Case:
    return Case({"queryId": started(at)}, fails=Fails("InvalidParameterException", "the query has ended"))


@EXAMPLES("DescribeQueries", "DescribeQueryDefinitions")
def describe_queries(at: Stage) -> Case:
    return Case({})


@EXAMPLES("PutQueryDefinition")
def put_query_definition(at: Stage) -> Case:
    return Case({"name": at.name, "queryString": "fields @message"})


@EXAMPLES("DeleteQueryDefinition")
def delete_query_definition(at: Stage) -> Case:
    made = at.root().put_query_definition(name=at.name, queryString="fields @message")
    return Case({"queryDefinitionId": made["queryDefinitionId"]})


@EXAMPLES("GetLogGroupFields")
def get_log_group_fields(at: Stage) -> Case:
    return Case({"logGroupName": group(at)}, on_group(at))


@EXAMPLES("GetLogRecord")
def get_log_record(at: Stage) -> Case:
    root = at.root()
    root.create_log_stream(logGroupName=group(at), logStreamName="s")
    root.put_log_events(logGroupName=at.name, logStreamName="s", logEvents=[EVENT])
    started = root.start_query(logGroupName=at.name, **QUERY)["queryId"]
    while (answer := root.get_query_results(queryId=started))["status"] in ("Scheduled", "Running"):
        pass
    return Case({"logRecordPointer": answer["results"][0][-1]["value"]}, on_group(at))


# ---- Filters ---------------------------------------------------------------------------------------------------------

METRIC = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
COUNTED = {"filterName": "f", "filterPattern": "x", "metricTransformations": [METRIC]}


@EXAMPLES("PutMetricFilter")
def put_metric_filter(at: Stage) -> Case:
    return Case({"logGroupName": group(at), **COUNTED}, on_group(at))


@EXAMPLES("DescribeMetricFilters", "DescribeSubscriptionFilters")
def filters_of_group(at: Stage) -> Case:
    return Case({"logGroupName": group(at)}, on_group(at))


@EXAMPLES("DeleteMetricFilter")
def delete_metric_filter(at: Stage) -> Case:
    at.root().put_metric_filter(logGroupName=group(at), **COUNTED)
    return Case({"logGroupName": at.name, "filterName": "f"}, on_group(at))


@EXAMPLES("TestMetricFilter")
def test_metric_filter(at: Stage) -> Case:
    return Case({"filterPattern": "x", "logEventMessages": ["x"]})


def subscriber(at: Stage) -> str:
    """A function that CloudWatch Logs may invoke."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    text = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = at.root("iam").create_role(RoleName="subscriber", AssumeRolePolicyDocument=text)["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass")
    api = at.root("lambda")
    code = {"Runtime": "python3.11", "Handler": "app.handler", "Role": role, "Code": {"ZipFile": packed.getvalue()}}
    arn = str(api.create_function(FunctionName="subscriber", **code)["FunctionArn"])
    who = {"Principal": "logs.amazonaws.com", "Action": "lambda:InvokeFunction"}
    api.add_permission(FunctionName="subscriber", StatementId="s", **who)
    return arn


def subscription(at: Stage) -> dict[str, Any]:
    """The input that subscribes the function to a new group."""
    made = at.once(subscriber)
    return {"logGroupName": group(at), "filterName": "f", "filterPattern": "", "destinationArn": made}


@EXAMPLES("PutSubscriptionFilter")
def put_subscription_filter(at: Stage) -> Case:
    return Case(subscription(at), on_group(at))


@EXAMPLES("DeleteSubscriptionFilter")
def delete_subscription_filter(at: Stage) -> Case:
    at.root().put_subscription_filter(**subscription(at))
    return Case({"logGroupName": at.name, "filterName": "f"}, on_group(at))


@EXAMPLES("StartLiveTail")
def start_live_tail(at: Stage) -> Case:
    return Case({"logGroupIdentifiers": [at.arn(f"log-group:{group(at)}")]}, on_group(at))


# ---- Exports ---------------------------------------------------------------------------------------------------------


def exported(at: Stage) -> dict[str, Any]:
    """The input that exports a new group to a new bucket."""
    bucket = f"{at.name}-{at.account}"
    s3 = at.root("s3")
    s3.create_bucket(Bucket=bucket)
    who = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}}
    statements = [
        {**who, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
        {**who, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"},
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return {"logGroupName": group(at), "from": 0, "to": 1, "destination": bucket}


@EXAMPLES("CreateExportTask")
def create_export_task(at: Stage) -> Case:
    return Case(exported(at), on_group(at))


@EXAMPLES("DescribeExportTasks")
def describe_export_tasks(at: Stage) -> Case:
    return Case({})


@EXAMPLES("CancelExportTask")
def cancel_export_task(at: Stage) -> Case:
    return Case({"taskId": "nope"}, fails=Fails("ResourceNotFoundException", "tasks end at once"))


# ---- data protection -------------------------------------------------------------------------------------------------

PROTECTED = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
PROTECTION = json.dumps(
    {
        "Version": "2021-06-01",
        "Statement": [
            {"DataIdentifier": PROTECTED, "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"DataIdentifier": PROTECTED, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    }
)
ACCOUNT = {"policyName": "account", "policyType": "DATA_PROTECTION_POLICY"}


@EXAMPLES("PutDataProtectionPolicy")
def put_data_protection_policy(at: Stage) -> Case:
    return Case({"logGroupIdentifier": group(at), "policyDocument": PROTECTION}, on_group(at))


@EXAMPLES("GetDataProtectionPolicy", "DeleteDataProtectionPolicy")
def by_protected_group(at: Stage) -> Case:
    at.root().put_data_protection_policy(logGroupIdentifier=group(at), policyDocument=PROTECTION)
    return Case({"logGroupIdentifier": at.name}, on_group(at))


@EXAMPLES("PutAccountPolicy")
def put_account_policy(at: Stage) -> Case:
    return Case({**ACCOUNT, "policyDocument": PROTECTION})


@EXAMPLES("DescribeAccountPolicies")
def describe_account_policies(at: Stage) -> Case:
    return Case({"policyType": "DATA_PROTECTION_POLICY"})


@EXAMPLES("DeleteAccountPolicy")
def delete_account_policy(at: Stage) -> Case:
    at.root().put_account_policy(**ACCOUNT, policyDocument=PROTECTION)
    return Case(ACCOUNT)
