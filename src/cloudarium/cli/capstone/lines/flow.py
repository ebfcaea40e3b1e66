"""Line 6: what must follow, follows by itself: a welcome after a sign-up, a confirmation after an order."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.stack import Stack
from cloudarium.cli.capstone.visit import Mail, Visit, eventually

_PATIENCE = 5.0  # seconds for a mail that was sent to be delivered
_LOOK = "cloudarium logs {} · cloudarium journal --error AccessDenied · cloudarium why --last"


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """The trigger and the event sources are plugged in, and the visit's mails were sent."""
    visit = coming()
    links = [*_trigger(stack, found), *_sources(stack, found), *_rules(stack, found), *_schedules(stack, found)]
    for link in links:
        found.saw(link)
    for step in ("sign up", "order"):
        if step in visit.troubles:
            trouble = f"could not {step}: {visit.troubles[step]}{visit.complaint()}"
            found.breaks(trouble, _LOOK.format(_group(stack)))
    if found.broken:  # what is unplugged, or did not begin, is not waited for
        return
    told = [_came(stack, visit, visit.welcome, "the welcome after the sign-up", found)]
    told.append(_came(stack, visit, visit.confirmation, "the confirmation after the order", found))
    found.sum = "; ".join(filter(None, told))


def _trigger(stack: Stack, found: Found) -> list[str]:
    links = []
    for pool in stack.ids("AWS::Cognito::UserPool"):
        described = stack.reach("cognito-idp").describe_user_pool(UserPoolId=pool)["UserPool"]
        arn = described.get("LambdaConfig", {}).get("PostConfirmation", "")
        if not arn:
            found.breaks(
                f"the pool {pool} has no post-confirmation trigger", "the Cognito event of the function; deploy"
            )
        else:
            links.append(f"{pool} → (post confirmation) {arn} → SES")
    return links


def _sources(stack: Stack, found: Found) -> list[str]:
    """Each event source mapping of the stack stands and is enabled; its queue gives up into another one."""
    client, links = stack.reach("lambda"), []
    for resource in stack.of("AWS::Lambda::EventSourceMapping"):
        try:
            mapping = client.get_event_source_mapping(UUID=resource.id)
        except client.exceptions.ResourceNotFoundException:
            found.breaks(f"the event source {resource.logical} is gone", "cloudarium capstone down, then up")
            continue
        name, source = mapping["FunctionArn"].rpartition(":")[2], mapping["EventSourceArn"]
        if mapping["State"] not in ("Enabled", "Enabling", "Creating", "Updating"):
            found.breaks(
                f"{name} does not get what is in {source}: its mapping is {mapping['State']}",
                f"aws lambda update-event-source-mapping --uuid {resource.id} --enabled",
            )
        if ":sqs:" in source and not _gives_up(stack, source):
            found.breaks(f"the queue {source} has no dead-letter queue", "RedrivePolicy in the template; deploy")
        links.append(f"{_short(source)} → {name} ({mapping['State']})")
    return links


def _rules(stack: Stack, found: Found) -> list[str]:
    """Each rule of the stack is on, and somebody is told of what it matches."""
    client, links = stack.reach("events"), []
    for resource in stack.of("AWS::Events::Rule"):
        try:
            rule = client.describe_rule(Name=resource.id)
        except client.exceptions.ResourceNotFoundException:
            continue  # that it is gone is line 1's
        targets = stack.reach.all("events", "list_targets_by_rule", "Targets[].Arn", Rule=resource.id)
        if rule["State"] != "ENABLED":
            found.breaks(f"the rule {resource.id} is {rule['State']}", f"aws events enable-rule --name {resource.id}")
        if not targets:
            found.breaks(f"the rule {resource.id} tells nobody", "cloudarium capstone down, then up")
        links.append(f"rule {resource.id} → {', '.join(map(_short, targets)) or 'nobody'} ({rule['State']})")
    return links


def _schedules(stack: Stack, found: Found) -> list[str]:
    client, links = stack.reach("scheduler"), []
    for resource in stack.of("AWS::Scheduler::Schedule"):
        try:
            schedule = client.get_schedule(Name=resource.id)
        except client.exceptions.ResourceNotFoundException:
            continue  # that it is gone is line 1's
        state, when = schedule["State"], schedule["ScheduleExpression"]
        if state != "ENABLED":
            found.breaks(f"the schedule {resource.id} is {state}", "aws scheduler update-schedule --state ENABLED …")
        links.append(f"{when} → {_short(schedule['Target']['Arn'])} ({state})")
    return links


def _gives_up(stack: Stack, arn: str) -> bool:
    sqs = stack.reach("sqs")
    url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get("Attributes", {})
    return "deadLetterTargetArn" in json.loads(attributes.get("RedrivePolicy", "{}"))


def _short(arn: str) -> str:
    return arn.split(":", 5)[5].partition("/stream/")[0].removeprefix("table/")


# ---- The mails ------------------------------------------------------------------------------------------------------


def _came(stack: Stack, visit: Visit, mail: Mail | None, what: str, found: Found) -> str:
    """What is said of a mail that was sent."""
    if mail is None:
        found.breaks(f"{what} was not sent{visit.complaint()}", _LOOK.format(_group(stack)))
        return ""
    box = _in_the_box(stack, mail)
    if box is not None and box.get("status") != "Delivery":
        found.breaks(
            f"{what}, mail {mail.id}, was not delivered: {box.get('reason') or box}", f"cloudarium mail {mail.id}"
        )
    where = f", to {', '.join(box['to'])}: “{box['subject']}”, {box['status']}" if box else ""
    found.saw(f"{what}: mail {mail.id} by {mail.function}{where}")
    return f"{what} is mail {mail.id[:18]}…"


def _in_the_box(stack: Stack, mail: Mail) -> dict[str, Any] | None:
    """The mail in this machine's mail box; None at AWS, where it is in somebody's own."""
    if stack.reach.cloud is None:
        return None
    ask = partial(stack.reach.cloud.ask, f"mail/{mail.id}")
    eventually(lambda: ask()["status"] == "Delivery", _PATIENCE)
    told: dict[str, Any] = ask()
    return told


def _group(stack: Stack) -> str:
    return next((each["LoggingConfig"]["LogGroup"] for each in stack.functions), "")
