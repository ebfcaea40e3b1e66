"""Who may do what with CloudWatch Logs."""

import json
import time

import pytest
from botocore.exceptions import ClientError


def allow(*statements):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements],
    }


def denied(call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return caught.value.response["Error"]["Message"]


EVENT = {"timestamp": int(time.time() * 1000), "message": "x"}


def test_without_a_policy_nothing_is_allowed(iam_user, account):
    logs = iam_user()("logs")
    message = denied(logs.create_log_group, logGroupName="/app")
    assert f"arn:aws:iam::{account}:user/someone is not authorized to perform: logs:CreateLogGroup" in message
    assert f"arn:aws:logs:us-east-1:{account}:log-group:/app:log-stream:" in message
    denied(logs.describe_log_groups)


def test_a_function_like_policy_writes_its_own_group_only(iam_user, client, account):
    root = client("logs")
    for name in ("/aws/lambda/f", "/aws/lambda/g"):
        root.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/lambda/f:*"
    logs = iam_user(allow((["logs:CreateLogStream", "logs:PutLogEvents"], arn)))("logs")
    logs.create_log_stream(logGroupName="/aws/lambda/f", logStreamName="s")
    logs.put_log_events(logGroupName="/aws/lambda/f", logStreamName="s", logEvents=[EVENT])
    denied(logs.create_log_stream, logGroupName="/aws/lambda/g", logStreamName="s")
    denied(logs.get_log_events, logGroupName="/aws/lambda/f", logStreamName="s")


def test_a_stream_can_be_named_in_a_policy(iam_user, client, account):
    root = client("logs")
    root.create_log_group(logGroupName="/app")
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:/app:log-stream:mine"
    logs = iam_user(allow(("logs:*", arn)))("logs")
    logs.create_log_stream(logGroupName="/app", logStreamName="mine")
    denied(logs.create_log_stream, logGroupName="/app", logStreamName="other")


def test_tagging_wants_the_bare_group(iam_user, client, account):
    client("logs").create_log_group(logGroupName="/app")
    bare = f"arn:aws:logs:us-east-1:{account}:log-group:/app"
    with_star = iam_user(allow(("logs:TagResource", f"{bare}:*")), "star")("logs")
    denied(with_star.tag_resource, resourceArn=bare, tags={"a": "b"})
    plain = iam_user(allow(("logs:TagResource", bare)), "plain")("logs")
    plain.tag_resource(resourceArn=bare, tags={"a": "b"})


def test_a_group_made_with_tags_needs_the_permission_to_tag(iam_user):
    logs = iam_user(allow(("logs:CreateLogGroup", "*")))("logs")
    logs.create_log_group(logGroupName="/plain")
    message = denied(logs.create_log_group, logGroupName="/tagged", tags={"a": "b"})
    assert "logs:TagResource" in message


@pytest.mark.parametrize(("action", "end"), [("logs:TagResource", ""), ("logs:TagLogGroup", ":*")])
def test_either_permission_to_tag_will_do(iam_user, account, action, end):
    tagged = f"arn:aws:logs:us-east-1:{account}:log-group:/tagged{end}"
    logs = iam_user(allow(("logs:CreateLogGroup", "*"), (action, tagged)))("logs")
    logs.create_log_group(logGroupName="/tagged", tags={"a": "b"})
    denied(logs.create_log_group, logGroupName="/other", tags={"a": "b"})


def test_a_resource_policy_lets_others_write(client, account, iam_user):
    logs = client("logs")
    logs.create_log_group(logGroupName="/shared")
    logs.create_log_stream(logGroupName="/shared", logStreamName="s")
    user = iam_user(None)
    given = {"logGroupName": "/shared", "logStreamName": "s", "logEvents": [EVENT]}
    denied(user("logs").put_log_events, **given)
    groups = f"arn:aws:logs:us-east-1:{account}:log-group:/shared:*"
    statement = {"Effect": "Allow", "Principal": {"AWS": user("sts").get_caller_identity()["Arn"]},
                 "Action": "logs:PutLogEvents", "Resource": groups}  # fmt: skip
    logs.put_resource_policy(policyName="p", policyDocument=json.dumps({"Statement": [statement]}))
    user("logs").put_log_events(**given)
    denied(user("logs").describe_resource_policies)


def test_a_query_reads_only_groups_that_it_may(client, account, iam_user):
    root = client("logs")
    for name in ("/team/a", "/team/b"):
        root.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:/team/a:*"
    mine = iam_user(allow(("logs:StartQuery", arn)))("logs")
    times = {"startTime": 0, "endTime": 10_000_000_000}
    mine.start_query(logGroupName="/team/a", queryString="fields @message", **times)
    assert denied(mine.start_query, logGroupNames=["/team/a", "/team/b"], queryString="fields @message", **times)
    selected = "SOURCE logGroups(namePrefix: ['/team/']) | fields @message"
    assert "log-group:/team/b" in denied(mine.start_query, queryString=selected, **times)
    unmasked = "fields @timestamp | unmask @message"
    assert "logs:Unmask" in denied(mine.start_query, logGroupName="/team/a", queryString=unmasked, **times)
    assert len(root.describe_queries()["queries"]) == 1
