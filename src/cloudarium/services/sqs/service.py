"""The card of SQS, and how other rooms use it.

A room that delivers into a queue sends `SendMessage` as its own service's principal with `aws:SourceArn` in the
context, so that the queue's policy decides. Whoever consumes a queue from inside sends `ReceiveMessage` with
`WaitTimeSeconds`: it waits without a thread or a transaction and is woken by the message itself. `GetQueueUrl` gives
the URL of an ARN's name and account.
"""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="sqs",
    purpose="Keeps messages in queues until consumers have deleted them: in order and once, where the queue is FIFO.",
    anonymous=True,
    validation_error=None,  # SQS has its own words for each parameter
    usage="SQS",
)
