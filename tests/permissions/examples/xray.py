"""Calls of X-Ray that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage
from tests.services.xray.segments import segment, trace_id

EXAMPLES = Examples()

NOW = 1_800_000_000
FRAME = {"StartTime": NOW, "EndTime": NOW + 60}
DATA_KEY = "PutEncryptionConfig under a key needs the key itself: xray-console-encryption.html, kms:GenerateDataKey."
RULE = {
    "ResourceARN": "*", "Priority": 5, "FixedRate": 0.1, "ReservoirSize": 5, "ServiceName": "*", "ServiceType": "*",
    "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
}  # fmt: skip
STATISTICS = {
    "RuleName": "Default", "ClientID": "a" * 24, "Timestamp": NOW, "RequestCount": 1, "SampledCount": 1
}  # fmt: skip
DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "xray:PutTraceSegments",
                "Resource": "*",
            }
        ],
    }
)


def trace(at: Stage) -> str:
    """The id of a trace."""
    made = segment(trace_id(NOW))
    at.root().put_trace_segments(TraceSegmentDocuments=[json.dumps(made)])
    return str(made["trace_id"])


@EXAMPLES("PutTraceSegments")
def put_trace_segments(at: Stage) -> Case:
    def check(answer: Any) -> None:
        assert answer["UnprocessedTraceSegments"] == []

    return Case({"TraceSegmentDocuments": [json.dumps(segment(trace_id(NOW)))]}, check=check)


@EXAMPLES("PutTelemetryRecords")
def put_telemetry_records(at: Stage) -> Case:
    return Case({"TelemetryRecords": [{"Timestamp": NOW}]})


@EXAMPLES("BatchGetTraces", "GetTraceGraph")
def by_ids(at: Stage) -> Case:
    return Case({"TraceIds": [trace(at)]})


@EXAMPLES("GetTraceSummaries", "GetServiceGraph", "GetTimeSeriesServiceStatistics")
def by_time(at: Stage) -> Case:
    trace(at)
    return Case(FRAME)


@EXAMPLES("CreateGroup")
def create_group(at: Stage) -> Case:
    return Case({"GroupName": at.name, "FilterExpression": "ok"}, at.arn(f"group/{at.name}/*"))


def group(at: Stage) -> str:
    """The ARN of a group."""
    return str(at.root().create_group(GroupName=at.name)["Group"]["GroupARN"])


@EXAMPLES("GetGroup", "DeleteGroup")
def by_group(at: Stage) -> Case:
    arn = group(at)
    return Case({"GroupARN": arn}, arn)


@EXAMPLES("UpdateGroup")
def update_group(at: Stage) -> Case:
    return Case({"GroupName": at.name, "FilterExpression": "fault"}, group(at))


def rule(at: Stage) -> str:
    """The ARN of a sampling rule."""
    made = at.root().create_sampling_rule(SamplingRule={**RULE, "RuleName": at.name})
    return str(made["SamplingRuleRecord"]["SamplingRule"]["RuleARN"])


@EXAMPLES("CreateSamplingRule")
def create_sampling_rule(at: Stage) -> Case:
    return Case({"SamplingRule": {**RULE, "RuleName": at.name}}, at.arn(f"sampling-rule/{at.name}"))


@EXAMPLES("UpdateSamplingRule")
def update_sampling_rule(at: Stage) -> Case:
    arn = rule(at)
    return Case({"SamplingRuleUpdate": {"RuleARN": arn, "FixedRate": 0.2}}, arn)


@EXAMPLES("DeleteSamplingRule")
def delete_sampling_rule(at: Stage) -> Case:
    return Case({"RuleName": at.name}, rule(at))


@EXAMPLES("GetSamplingTargets")
def get_sampling_targets(at: Stage) -> Case:
    return Case({"SamplingStatisticsDocuments": [STATISTICS]})


@EXAMPLES("PutEncryptionConfig")
def put_encryption_config(at: Stage) -> Case:
    key = at.root("kms").create_key()["KeyMetadata"]["Arn"]
    also = [Also("kms:GenerateDataKeyWithoutPlaintext", key, DATA_KEY)]
    return Case({"Type": "KMS", "KeyId": key}, also=also)


@EXAMPLES("PutResourcePolicy")
def put_resource_policy(at: Stage) -> Case:
    return Case({"PolicyName": at.name, "PolicyDocument": DOCUMENT})


@EXAMPLES("DeleteResourcePolicy")
def delete_resource_policy(at: Stage) -> Case:
    at.root().put_resource_policy(PolicyName=at.name, PolicyDocument=DOCUMENT)
    return Case({"PolicyName": at.name})


@EXAMPLES("UpdateIndexingRule")
def update_indexing_rule(at: Stage) -> Case:
    return Case({"Name": "Default", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 5}}})


@EXAMPLES("UpdateTraceSegmentDestination")
def update_trace_segment_destination(at: Stage) -> Case:
    return Case({"Destination": "XRay"})


@EXAMPLES(
    "GetGroups",
    "GetSamplingRules",
    "GetSamplingStatisticSummaries",
    "GetEncryptionConfig",
    "GetIndexingRules",
    "GetTraceSegmentDestination",
    "ListResourcePolicies",
)
def without_input(at: Stage) -> Case:
    return Case({})


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    arn = group(at)
    return Case({"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "b"}]}, arn)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    arn = group(at)
    return Case({"ResourceARN": arn, "TagKeys": ["a"]}, arn)


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    arn = group(at)
    return Case({"ResourceARN": arn}, arn)
