"""Who may do what with traces."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.services.xray.segments import segment, trace_id


def allow(*statements):
    made = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
    return {"Version": "2012-10-17", "Statement": made}


def denied(call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return caught.value.response["Error"]["Message"]


def test_writing_is_not_reading(iam_user):
    trace = trace_id()
    texts = [json.dumps(segment(trace))]
    writer = iam_user(allow(("xray:PutTraceSegments", "*")), "writer")("xray")
    reader = iam_user(allow(("xray:BatchGetTraces", "*")), "reader")("xray")
    assert "xray:PutTraceSegments" in denied(reader.put_trace_segments, TraceSegmentDocuments=texts)
    assert reader.batch_get_traces(TraceIds=[trace])["Traces"] == []
    writer.put_trace_segments(TraceSegmentDocuments=texts)
    assert "xray:BatchGetTraces" in denied(writer.batch_get_traces, TraceIds=[trace])
    assert len(reader.batch_get_traces(TraceIds=[trace])["Traces"]) == 1


def test_groups_and_rules_by_their_arns(iam_user, client, account):
    arn = f"arn:aws:xray:us-east-1:{account}"
    own = iam_user(allow((["xray:CreateGroup", "xray:GetGroup"], f"{arn}:group/mine/*")))("xray")
    made = own.create_group(GroupName="mine")["Group"]["GroupARN"]
    assert own.get_group(GroupARN=made)["Group"]["GroupName"] == "mine"
    assert f"{arn}:group/other" in denied(own.create_group, GroupName="other")
    client("xray").create_group(GroupName="other")
    denied(own.get_group, GroupName="other")
    assert f"{arn}:sampling-rule/r" in denied(own.delete_sampling_rule, RuleName="r")


def test_a_key_that_the_caller_may_not_use_encrypts_no_traces(iam_user, client):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    only = iam_user(allow(("xray:PutEncryptionConfig", "*")), "only")("xray")
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        only.put_encryption_config(Type="KMS", KeyId=key)
    both = iam_user(allow((["xray:PutEncryptionConfig", "kms:GenerateDataKeyWithoutPlaintext"], "*")), "both")("xray")
    assert both.put_encryption_config(Type="KMS", KeyId=key)["EncryptionConfig"]["Status"] == "UPDATING"
    assert client("xray").get_encryption_config()["EncryptionConfig"] == {
        "Type": "KMS", "KeyId": key, "Status": "ACTIVE"
    }  # fmt: skip
