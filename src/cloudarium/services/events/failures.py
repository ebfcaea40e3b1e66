"""Dead letters of rules.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.shared.retrying import Failure


def unopened(payload: dict[str, Any]) -> dict[str, Any]:
    """The letter to the dead-letter queue of a bus about an event that its key does not open: the event, encrypted."""
    texts = {"ERROR_CODE": "RULE_DECRYPTION_FAILURE", "ERROR_MESSAGE": "Unable to decrypt rule using the Kms key."}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    return {"MessageBody": payload["Event"].rpartition(":")[2], "MessageAttributes": attributes}


def letter(payload: dict[str, Any], failure: Failure, condition: str | None) -> dict[str, Any]:
    """The dead letter of an event: the event, and in attributes why it is one."""
    texts = {
        "RULE_ARN": payload["Rule"],
        "TARGET_ARN": payload["Target"]["Arn"],
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message or failure.code,
    }
    if condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = condition
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    attributes["RETRY_ATTEMPTS"] = {"DataType": "Number", "StringValue": str(payload["Attempts"])}
    return {"MessageBody": payload["Event"], "MessageAttributes": attributes}
