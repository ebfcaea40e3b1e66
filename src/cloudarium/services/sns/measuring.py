"""What SNS tells CloudWatch of topics.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
"""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.sns.records.topics import Topic
from cloudarium.shared.scope import Scope

_NAMESPACE = "AWS/SNS"


def counted(call: Call, topic: Topic, name: str) -> None:
    """Count what became of a message on its way to one subscription of a topic."""
    own = (("TopicName", topic.name),)
    call.cloud.meter.add(call.now, topic.scope, _NAMESPACE, name, own, 1.0, "Count")


def texted(call: Call, scope: Scope, taken: bool, topic: str) -> None:
    """Count whether a text message reached its phone; the average is the rate. Here messages cost nothing.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html
    """
    for own in ((), *(((("TopicName", topic.rpartition(":")[2]),),) if topic else ())):
        call.cloud.meter.add(call.now, scope, _NAMESPACE, "SMSSuccessRate", own, 1.0 if taken else 0.0, "Count")


def measured(call: Call) -> None:
    """Count the messages that a call has published to a topic."""
    topic = call.input.get("TopicArn")
    if call.error is not None or type(topic) is not str or call.operation_name not in ("Publish", "PublishBatch"):
        return
    own = (("TopicName", topic.rpartition(":")[2]),)
    texts = [call.input.get("Message", "")]
    if call.operation_name == "PublishBatch":
        taken = {each["Id"] for each in (call.output or {}).get("Successful", ())}
        texts = [each["Message"] for each in call.input["PublishBatchRequestEntries"] if each["Id"] in taken]
    for text in texts:
        call.cloud.meter.add(call.now, call.scope, _NAMESPACE, "NumberOfMessagesPublished", own, 1.0, "Count")
        size = float(len(text.encode()))
        call.cloud.meter.add(call.now, call.scope, _NAMESPACE, "PublishSize", own, size, "Bytes")
