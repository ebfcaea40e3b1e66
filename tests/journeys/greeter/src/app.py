"""Greet whoever is named in the path, and count the visit."""

import os

import boto3

visits = boto3.resource("dynamodb").Table(os.environ["VISITS"])


def handler(event, context):
    """Answer an HTTP API's request."""
    name = event["pathParameters"]["name"]
    counted = visits.update_item(
        Key={"name": name},
        UpdateExpression="ADD visits :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="ALL_NEW",
    )
    print(f"greeted {name}")
    return {"greeting": f"Hello {name}", "visits": int(str(counted["Attributes"]["visits"]))}
