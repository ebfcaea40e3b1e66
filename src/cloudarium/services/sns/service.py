"""The card of SNS, and how other rooms publish.

A room that publishes sends a call as its service's principal, so that the topic's policy decides:

    await call.send(
        "sns", "Publish", {"TopicArn": arn, "Subject": "…", "Message": "…"},
        as_=Principal.service("s3.amazonaws.com", account), scope=Scope(topic_account, topic_region),
        context={"aws:SourceArn": …, "aws:SourceAccount": account},
    )
"""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="sns",
    purpose="Publishes messages to topics: to queues, functions, web servers, mail boxes and phones.",
    validation_error="ValidationError",
    doors={"sns": "sns"},
    pages={"sms": "sms"},
    usage="SNS",
)
