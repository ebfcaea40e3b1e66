"""CloudFormation's own resource types: nested stacks, wait conditions, custom resources, and the CDK's metadata."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.services.cloudformation.engine.signalling import at
from cloudarium.services.cloudformation.template.functions import text
from cloudarium.shared import ids
from cloudarium.shared.stacks import Again, Resource, ResourceFailed, ResourceType, resource_type

_ENDED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@resource_type("AWS::CDK::Metadata")
class CdkMetadata(ResourceType):
    """What the CDK tells AWS about a template; it makes nothing, there as here."""

    properties = ("Analytics",)

    async def create(self, r: Resource) -> None:
        r.id = r.id or ids.uuid()

    async def update(self, r: Resource) -> None:
        return None

    async def delete(self, r: Resource) -> None:
        return None


# --- nested stacks ----------------------------------------------------------------------------------------------------


@resource_type("AWS::CloudFormation::Stack")
class NestedStack(ResourceType):
    """A stack inside of a stack; its outputs are its attributes Outputs.Name."""

    properties = ("TemplateURL", "Parameters", "Tags", "TimeoutInMinutes", "NotificationARNs")
    refuses = ("NotificationARNs",)
    tags = "Tags"
    automatic = True

    async def create(self, r: Resource) -> Again | None:
        if not r.id:
            input = {**_request(r), "StackName": r.name(128), "ClientRequestToken": r.token, "DisableRollback": False}
            if "TimeoutInMinutes" in r.properties:
                input["TimeoutInMinutes"] = r.properties["TimeoutInMinutes"]
            r.id = (await r.send("cloudformation", "CreateStack", input))["StackId"]
        return await self._ended(r)

    async def update(self, r: Resource) -> Again | None:
        if not r.state.get("begun"):
            try:
                await r.send("cloudformation", "UpdateStack", {**_request(r), "StackName": r.id})
            except Exception as error:
                if "No updates are to be performed" not in str(error):
                    raise
            r.state["begun"] = True
        return await self._ended(r)

    async def delete(self, r: Resource) -> Again | None:
        stack = await self._stack(r)
        if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        if stack["StackStatus"] == "DELETE_FAILED" and r.state.get("deleting"):
            raise ResourceFailed(_why(stack), "GeneralServiceException")
        if stack["StackStatus"] != "DELETE_IN_PROGRESS":
            r.state["deleting"] = True
            await r.send("cloudformation", "DeleteStack", {"StackName": r.id})
            stack = await self._stack(r)
            if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
                return None
        return Again()

    async def _stack(self, r: Resource) -> dict[str, Any] | None:
        answer = await r.send("cloudformation", "DescribeStacks", {"StackName": r.id}, gone=("ValidationError",))
        return answer["Stacks"][0] if answer else None

    async def _ended(self, r: Resource) -> Again | None:
        """Wait for the nested stack's end, which wakes this one."""
        stack = await self._stack(r)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        if stack is not None and status in _ENDED_WELL:
            outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
            r.attributes = {f"Outputs.{name}": value for name, value in outputs.items()}
            r.state = {}
            return None
        if stack is not None and status.endswith("_IN_PROGRESS"):
            return Again()
        why = _why(stack) if stack else f"Embedded stack {r.id} is gone"
        raise ResourceFailed(why, "GeneralServiceException")


def _value(value: Any) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


def _why(stack: dict[str, Any]) -> str:
    reason = stack.get("StackStatusReason") or f"it is in {stack['StackStatus']}"
    return f"Embedded stack {stack['StackId']} was not successfully created or changed: {reason}"


def _request(r: Resource) -> dict[str, Any]:
    parameters = r.properties.get("Parameters") or {}
    return {
        "TemplateURL": r.properties["TemplateURL"],
        "Parameters": [
            {
                "ParameterKey": name,
                "ParameterValue": ",".join(map(text, value)) if isinstance(value, list) else text(value),
            }
            for name, value in parameters.items()
        ],
        "Capabilities": at(r).work.target.capabilities,
        "Tags": r.tag_list,
    }


# --- wait conditions --------------------------------------------------------------------------------------------------


@resource_type("AWS::CloudFormation::WaitConditionHandle")
class WaitConditionHandle(ResourceType):
    """An address to send signals to; Ref is its URL."""

    properties = ()
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        r.id = r.id or at(r).open_door("wait")
        r.attributes = {"Id": r.id}

    async def update(self, r: Resource) -> None:
        return None

    async def delete(self, r: Resource) -> None:
        at(r).close_door(r.id)


@resource_type("AWS::CloudFormation::WaitCondition")
class WaitCondition(ResourceType):
    """Complete when Count signals have come to its handle, failed when one reports failure or time is up."""

    properties = ("Count", "Handle", "Timeout")
    attributes = ("Data",)

    async def create(self, r: Resource) -> Again | None:
        if not r.id:
            r.id = f"{r.stack_id}/{r.logical_id}"
            r.state["deadline"] = r.now + _seconds(r, "Timeout", 43_200)
        wanted = int(r.properties.get("Count", 1))
        signals = [json.loads(body) for body in at(r).signals(r.properties.get("Handle", ""))]
        for signal in signals:
            if signal["Status"] == "FAILURE":
                raise ResourceFailed(
                    f"WaitCondition received failed message: '{signal['Reason']}' for uniqueId: {signal['UniqueId']}",
                    "GeneralServiceException",
                )
        if len(signals) >= wanted:
            data = {signal["UniqueId"]: signal["Data"] for signal in signals}
            r.attributes = {"Data": json.dumps(data, separators=(",", ":"))}
            return None
        if r.now >= r.state["deadline"]:
            raise ResourceFailed(
                f"WaitCondition timed out. Received {len(signals)} conditions when expecting {wanted}", "NotStabilized"
            )
        return Again(at=r.state["deadline"])

    async def update(self, r: Resource) -> None:
        raise ResourceFailed(
            "Update to resource type AWS::CloudFormation::WaitCondition is unsupported.", "NotUpdatable"
        )

    async def delete(self, r: Resource) -> None:
        return None


# --- custom resources -------------------------------------------------------------------------------------------------


@resource_type("AWS::CloudFormation::CustomResource")
class CustomResource(ResourceType):
    """A resource that a Lambda function makes: it is told what to do and answers at a URL of its own."""

    required = ("ServiceToken",)
    replaces = ("ServiceToken",)

    async def create(self, r: Resource) -> Again | None:
        return await self._asked(r, "Create")

    async def update(self, r: Resource) -> Again | None:
        return await self._asked(r, "Update")

    async def delete(self, r: Resource) -> Again | None:
        return await self._asked(r, "Delete")

    async def _asked(self, r: Resource, what: str) -> Again | None:
        if r.state.get("asked") != what:
            await self._ask(r, what)
            return Again(at=r.state["deadline"])
        answers = at(r).signals(r.state["door"])
        if answers:
            at(r).close_door(r.state["door"])
            self._answered(r, what, json.loads(answers[0]))
            return None
        if r.now >= r.state["deadline"]:
            raise ResourceFailed(
                "CloudFormation did not receive a response from your Custom Resource.", "NotStabilized"
            )
        return Again(at=r.state["deadline"])

    async def _ask(self, r: Resource, what: str) -> None:
        token = text(r.properties.get("ServiceToken", ""))
        if ":lambda:" not in token:
            raise ResourceFailed(f"Cloudarium has not built custom resources behind {token}; only Lambda functions.")
        seconds = _seconds(r, "ServiceTimeout", 3_600)
        door = at(r).open_door("custom")
        event: dict[str, Any] = {
            "RequestType": what,
            "ServiceToken": token,
            "ResponseURL": door,
            "StackId": r.stack_id,
            "RequestId": ids.uuid(),
            "LogicalResourceId": r.logical_id,
            "ResourceType": r.type,
            "ResourceProperties": _texts(r.properties),
        }
        if what != "Create":
            event["PhysicalResourceId"] = r.id
        if what == "Update":
            event["OldResourceProperties"] = _texts(r.old_properties)
        if what == "Create":
            r.id = r.name()  # what the function is asked to delete when it never names a resource
        r.state = {"asked": what, "door": door, "request": event["RequestId"], "deadline": r.now + seconds}
        payload = json.dumps(event).encode()
        await r.send("lambda", "Invoke", {"FunctionName": token, "InvocationType": "Event", "Payload": payload})

    def _answered(self, r: Resource, what: str, answer: dict[str, Any]) -> None:
        r.state = {}
        if answer.get("Status") != "SUCCESS":
            reason = text(answer.get("Reason", "")) or "Unknown reason"
            raise ResourceFailed(f"Received response status [FAILED] from custom resource. Message returned: {reason}")
        if what == "Delete":
            return
        r.id = text(answer.get("PhysicalResourceId", "")) or r.id
        data = answer.get("Data")
        r.attributes = data if isinstance(data, dict) else {}


def _seconds(r: Resource, name: str, most: int) -> int:
    """A time-out among the properties; an hour when there is none."""
    written = text(r.properties.get(name, 3600))
    if not (written.isascii() and written.isdecimal()) or int(written[:9]) > most:
        raise ResourceFailed(f"{name} must be a number of seconds between 0 and {most}")
    return int(written)


def _texts(value: Any) -> Any:
    """Properties as a custom resource gets them: every scalar a text."""
    if isinstance(value, dict):
        return {key: _texts(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return text(value)
