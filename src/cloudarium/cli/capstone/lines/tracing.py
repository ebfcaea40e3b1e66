"""Line 5: every function records traces, and what has just happened is in them, with the services that it reached."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.stack import Stack
from cloudarium.cli.capstone.visit import Visit, eventually

_PATIENCE = 10.0
_BEFORE = timedelta(minutes=15)  # a function that is asked twice in a second may have been sampled the first time alone
_OF_SES = {"email", "ses", "sesv2"}  # clients say the endpoint's name or the service's
_ACTIVE = "aws lambda update-function-configuration --tracing-config Mode=Active --function-name {}"


Traces = dict[str, set[str]]  # by id, the functions and services in a trace


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """Each function is traced and may write traces; the visit's requests and mails are in traces."""
    visit = coming()
    _functions(stack, found)
    needed = _needed(stack, visit)
    if found.broken or not needed:  # what is switched off is not waited for
        if not needed:
            found.breaks(
                f"nothing happened that could be traced: {'; '.join(visit.troubles.values())}", "see the other lines"
            )
        return
    seen: Traces = {}
    eventually(lambda: needed <= _served(seen, stack, visit), _PATIENCE)
    missing = needed - _served(seen, stack, visit)
    if missing:
        seen |= _summaries(stack, visit, _BEFORE)
    for name in sorted(missing - _served(seen, stack, visit)):
        found.breaks(
            f"{name} is in no trace of what has just happened",
            "does the code patch its clients (Tracer(patch_modules=…))? cloudarium trace shows every call",
        )
    _show(stack, visit, seen, found)


def _functions(stack: Stack, found: Found) -> None:
    iam = stack.reach("iam")
    for function in stack.functions:
        name, mode = function["FunctionName"], function["TracingConfig"]["Mode"]
        if mode != "Active":
            found.breaks(f"tracing of {name} is {mode}", _ACTIVE.format(name))
            continue
        answer = iam.simulate_principal_policy(PolicySourceArn=function["Role"], ActionNames=["xray:PutTraceSegments"])
        if answer["EvaluationResults"][0]["EvalDecision"] != "allowed":
            found.breaks(f"the role of {name} may not write traces", "attach AWSXRayDaemonWriteAccess; SAM does it")
    found.saw(f"{len(stack.functions)} functions, Tracing: Active; their roles may xray:PutTraceSegments")


def _needed(stack: Stack, visit: Visit) -> set[str]:
    """The functions and services that must be in traces, if what was asked for happened."""
    needed = set()
    asked = set(visit.traces.values())
    for route in stack.routes:
        if route["RouteKey"] in asked:
            needed |= {name for name in _names(stack) if name in _target(stack, route)}
    if visit.order:
        needed.add("DynamoDB")
    for mail in filter(None, (visit.welcome, visit.confirmation)):
        needed |= {mail.function, "SES"}
    return needed


def _names(stack: Stack) -> list[str]:
    return [each["FunctionName"] for each in stack.functions]


def _target(stack: Stack, route: dict[str, Any]) -> str:
    integration = stack.reach("apigatewayv2").get_integration(
        ApiId=route["ApiId"], IntegrationId=route.get("Target", "").rpartition("/")[2]
    )
    return str(integration.get("IntegrationUri", ""))


# ---- Traces ---------------------------------------------------------------------------------------------------------


def _served(seen: Traces, stack: Stack, visit: Visit) -> set[str]:
    """The functions and services in what was seen and, if need be, in what there is to see by now."""
    seen |= _asked_for(stack, visit)
    seen |= _summaries(stack, visit, timedelta(seconds=1))
    return {name for names in seen.values() for name in names}


def _asked_for(stack: Stack, visit: Visit) -> Traces:
    """The traces that the visit asked for, and those that its mails were sent in."""
    ids = [*visit.traces, *(mail.trace for mail in (visit.welcome, visit.confirmation) if mail and mail.trace)]
    seen: Traces = {}
    for start in range(0, len(ids), 5):
        for trace in stack.reach("xray").batch_get_traces(TraceIds=ids[start : start + 5])["Traces"]:
            documents = [json.loads(segment["Document"]) for segment in trace["Segments"]]
            seen[trace["Id"]] = {_name(each["name"], each.get("origin", "")) for each in documents} - {""}
    return seen


def _summaries(stack: Stack, visit: Visit, before: timedelta) -> Traces:
    """The traces with functions of the stack in them, from so long before the visit until now."""
    start, end = visit.began - before, stack.reach.now() + timedelta(seconds=1)
    found = stack.reach.all("xray", "get_trace_summaries", "TraceSummaries", StartTime=start, EndTime=end)
    seen = {each["Id"]: {_name(one["Name"], one.get("Type", "")) for one in each["ServiceIds"]} for each in found}
    own = set(_names(stack))
    return {id: names - {""} for id, names in seen.items() if names & own}


def _name(name: str, kind: str) -> str:
    """A function by its name, another service by its own; empty for what is neither."""
    if kind.startswith("AWS::Lambda"):
        return name
    return "" if not kind.startswith("AWS::") else "SES" if name.lower() in _OF_SES else kind.split("::")[1]


def _show(stack: Stack, visit: Visit, seen: Traces, found: Found) -> None:
    functions = set(_names(stack))
    services = {name for names in seen.values() for name in names} - functions
    shown = {trace: what for trace, what in visit.traces.items() if what != "GET /products"}
    shown |= {mail.trace: f"mail {mail.id[:18]}…" for mail in (visit.welcome, visit.confirmation) if mail}
    for trace, what in shown.items():
        if trace in seen:
            there = (stack.logical(name) if name in functions else name for name in sorted(seen[trace]))
            found.saw(f"{trace} ({what}): {', '.join(there)}")
    found.sum = f"{len(seen)} traces of what has just happened; Lambda with {', '.join(sorted(services))} in them"
