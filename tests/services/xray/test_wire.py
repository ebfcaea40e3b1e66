"""What X-Ray refuses, and in which words."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.services.xray.segments import id_of, segment, trace_id


@pytest.fixture
def xray(client):
    return client("xray", parameter_validation=False)


def refused(call, code="InvalidRequestException", **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


def without(name):
    return lambda data: data.pop(name)


def put(name, value):
    return lambda data: data.update({name: value})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without("id"), "MissingId"),
        (put("id", "xyz"), "InvalidId"),
        (without("name"), "MissingName"),
        (put("name", "a" * 201), "InvalidName"),
        (put("name", "a<b>"), "InvalidName"),
        (without("trace_id"), "MissingTraceId"),
        (put("trace_id", "1-2-3"), "InvalidTraceId"),
        (without("start_time"), "MissingStartTime"),
        (put("start_time", "now"), "InvalidStartTime"),
        (without("end_time"), "MissingEndTime"),
        (put("end_time", 5), "InvalidEndTime"),
        (put("subsegments", [{}]), "MissingId"),
        (put("subsegments", 3), "InvalidSubsegments"),
        (put("type", "subsegment"), "MissingParentId"),
        (put("metadata", "x" * 65536), "SegmentTooLarge"),
    ],
)
def test_a_document_that_is_none_is_named_and_the_rest_is_kept(xray, change, code):
    good, bad = segment(trace_id()), segment(trace_id())
    change(bad)
    texts = [json.dumps(bad), json.dumps(good)]
    [unprocessed] = xray.put_trace_segments(TraceSegmentDocuments=texts)["UnprocessedTraceSegments"]
    kind = "Invalid subsegment" if bad.get("type") else "Invalid segment"
    assert unprocessed["ErrorCode"] == code
    assert unprocessed["Message"].startswith(f"{kind}. ErrorCode: {code}")
    known = isinstance(bad.get("id"), str) and code != "SegmentTooLarge"
    assert unprocessed.get("Id") == (bad["id"] if known else None)
    found = xray.batch_get_traces(TraceIds=[good["trace_id"]])
    assert [each["Id"] for each in found["Traces"][0]["Segments"]] == [good["id"]]


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "[" * 5000, '{"id":' * 300 + "1" + "}" * 300])
def test_what_is_no_json_object(xray, text):
    [unprocessed] = xray.put_trace_segments(TraceSegmentDocuments=[text])["UnprocessedTraceSegments"]
    assert unprocessed["ErrorCode"] == "ParseError" and "Id" not in unprocessed


def test_an_empty_array_has_no_id(xray):
    [unprocessed] = xray.put_trace_segments(TraceSegmentDocuments=["[]"])["UnprocessedTraceSegments"]
    assert unprocessed == {"ErrorCode": "MissingId", "Message": "Invalid segment. ErrorCode: MissingId"}


def test_reading(xray):
    assert "At most 5" in refused(xray.batch_get_traces, TraceIds=[trace_id() for _ in range(6)])
    assert "null" in refused(xray.batch_get_traces)
    assert "less than or equal to 35" in refused(xray.batch_get_traces, TraceIds=["x" * 36])
    assert "NextToken" in refused(xray.batch_get_traces, TraceIds=[trace_id()], NextToken="?")
    assert "before" in refused(xray.get_trace_summaries, StartTime=10, EndTime=5)
    message = "Time range cannot be longer than 6 hours"
    assert refused(xray.get_service_graph, StartTime=0, EndTime=7 * 3600) == message
    assert "Period" in refused(xray.get_time_series_service_statistics, StartTime=0, EndTime=60, Period=7)
    selector = {"StartTime": 0, "EndTime": 60, "EntitySelectorExpression": "responsetime > 1"}
    assert "selector" in refused(xray.get_time_series_service_statistics, **selector)


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "responsetime >",
        'responsetime = "x"',
        "ok > true",
        "service(",
        'group.name = "none"',
        "((ok)",
        "!" * 99,
    ]
    + [
        "!" * 99 + "ok",
        'service("a") { annotation.x = 1 }',
        "rootcause.json = #[",
        'rootcause.json = #"x',
        "#1",
        '"a"',
    ],
)
def test_filter_expressions(xray, text):
    frame = {"StartTime": 0, "EndTime": 60}
    assert "filter expression" in refused(xray.get_trace_summaries, **frame, FilterExpression=text)
    assert "filter expression" in refused(xray.create_group, GroupName="g", FilterExpression=text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fault AND", "it ends too early"),
        ('service("front").fault', ".fault does not belong at position 17"),
        ('annotation.x = "a', '" does not belong at position 16'),
    ],
)
def test_what_is_wrong_with_a_filter_is_said_in_words(xray, text, words):
    message = refused(xray.get_trace_summaries, StartTime=0, EndTime=60, FilterExpression=text)
    assert message == f"Invalid filter expression: {words}"


def test_groups(xray):
    assert "not found" in refused(xray.get_group, GroupName="none")
    assert "must be provided" in refused(xray.delete_group)
    assert "Default" in refused(xray.delete_group, GroupName="Default")
    xray.create_group(GroupName="g", FilterExpression="ok")
    assert "exists" in refused(xray.create_group, GroupName="g", FilterExpression="ok")
    assert "less than or equal to 32" in refused(xray.create_group, GroupName="g" * 33)
    insights = {"InsightsEnabled": True}
    refused(xray.create_group, "NotImplemented", GroupName="h", InsightsConfiguration=insights)
    for n in range(24):
        xray.create_group(GroupName=f"g{n}")
    assert "maximum" in refused(xray.create_group, GroupName="more")


RULE = {
    "RuleName": "r", "ResourceARN": "*", "Priority": 5, "FixedRate": 0.1, "ReservoirSize": 3, "ServiceName": "*",
    "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
}  # fmt: skip


def test_sampling_rules(xray):
    create = xray.create_sampling_rule
    assert "version" in refused(create, SamplingRule={**RULE, "Version": 2})
    assert "RuleName" in refused(create, SamplingRule={name: RULE[name] for name in RULE if name != "RuleName"})
    assert "9999" in refused(create, SamplingRule={**RULE, "Priority": 10000})
    assert "less than or equal to 1" in refused(create, SamplingRule={**RULE, "FixedRate": 2})
    create(SamplingRule=RULE)
    assert "exists" in refused(create, SamplingRule=RULE)
    assert "exists" in refused(create, SamplingRule={**RULE, "RuleName": "Default"})
    update = xray.update_sampling_rule
    assert refused(update, SamplingRuleUpdate={"RuleName": "no"}) == "Sampling rule does not exist."
    message = "Invalid update request for default sampling rule"
    assert refused(update, SamplingRuleUpdate={"RuleName": "Default", "Priority": 3}) == message
    assert "range" in refused(update, SamplingRuleUpdate={"RuleName": "r", "Priority": 0})
    assert "Default" in refused(xray.delete_sampling_rule, RuleName="Default")
    assert "Exactly one" in refused(xray.delete_sampling_rule)
    for n in range(24):
        create(SamplingRule={**RULE, "RuleName": f"r{n}"})
    refused(create, "RuleLimitExceededException", SamplingRule={**RULE, "RuleName": "more"})


HALF = {"Probabilistic": {"DesiredSamplingPercentage": 50}}


def test_settings_policies_and_tags(xray, account):
    assert "KeyId" in refused(xray.put_encryption_config, Type="KMS")
    assert "KeyId" in refused(xray.put_encryption_config, Type="NONE", KeyId="k")
    refused(xray.put_encryption_config, Type="KMS", KeyId="alias/none")
    refused(xray.update_trace_segment_destination, "NotImplemented", Destination="CloudWatchLogs")
    refused(xray.update_indexing_rule, "ResourceNotFoundException", Name="no", Rule=HALF)
    put = xray.put_resource_policy
    refused(put, "MalformedPolicyDocumentException", PolicyName="p", PolicyDocument="{")
    refused(put, "PolicySizeLimitExceededException", PolicyName="p", PolicyDocument="x" * 6000)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "xray:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    refused(put, "LockoutPreventionException", PolicyName="p", PolicyDocument=document)
    deny["Principal"] = {"Service": "sns.amazonaws.com"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    refused(put, "InvalidPolicyRevisionIdException", PolicyName="p", PolicyDocument=document, PolicyRevisionId="1")
    for n in range(5):
        put(PolicyName=f"p{n}", PolicyDocument=document)
    refused(put, "PolicyCountLimitExceededException", PolicyName="p", PolicyDocument=document)
    refused(xray.delete_resource_policy, "InvalidPolicyRevisionIdException", PolicyName="p0", PolicyRevisionId="7")
    arn = f"arn:aws:xray:us-east-1:{account}:group/none/X"
    refused(xray.tag_resource, "ResourceNotFoundException", ResourceARN=arn, Tags=[])
    refused(xray.list_tags_for_resource, "ResourceNotFoundException", ResourceARN="x")


def test_what_is_not_built_says_so(xray):
    insight = "00000000-0000-1000-8000-000000000000"
    refused(xray.get_insight, "NotImplemented", InsightId=insight)
    refused(xray.get_insight_summaries, "NotImplemented", StartTime=0, EndTime=1)
    refused(xray.start_trace_retrieval, "NotImplemented", TraceIds=[id_of()], StartTime=0, EndTime=1)
