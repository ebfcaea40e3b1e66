"""Tells CloudFormation how a custom resource went: what AWS puts beside a function's inline code."""

import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):  # noqa: N803
    """PUT the outcome to the URL that CloudFormation gave in the event."""
    body = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {context.log_stream_name}",
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    data = json.dumps(body).encode()
    print("Response body:")
    print(data.decode())
    request = urllib.request.Request(event["ResponseURL"], data=data, method="PUT", headers={"content-type": ""})
    try:
        with urllib.request.urlopen(request) as answer:
            print("Status code:", answer.status)
    except Exception as error:
        print("send(..) failed executing http.request(..):", error)
