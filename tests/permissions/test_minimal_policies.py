"""Every operation of every room: denied without, and allowed with exactly, its minimal policy.

The list of operations is the gateway's own, the actions are the access table's: a new operation fails here by name
until examples/ROOM.py has a call for it. See example.py for what an example says.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudarium.gateway.rooms import all_rooms
from cloudarium.policy import access
from tests.conftest import RunningCloud
from tests.permissions import minimal
from tests.permissions.example import Case, Examples, Stage
from tests.permissions.minimal import Pair
from tests.permissions.state import State

DENIED = {"query": "AccessDenied", "rest-xml": "AccessDenied", "ec2": "UnauthorizedOperation"}
DENIED_BY = {"sns": "AuthorizationError"}  # services that have an error of their own for it
SAID_BEFORE = {"ec2": "You are not authorized to perform this operation. "}
DENY_ALL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})
REFUSALS = (
    "AccessDenied",
    "AuthorizationError",
    "NotInUse",
    "NotFound",
    "NoSuch",
    "NonExistent",
    "Invalid",
    "Validation",
    "AuthFailure",
    "Malformed",
    "403",
    "404",
)


@cache
def examples(service: str) -> Examples:
    """The examples of a room."""
    folder = all_rooms()[service].folder
    try:
        return importlib.import_module(f"tests.permissions.examples.{folder}").EXAMPLES
    except ModuleNotFoundError:
        return Examples()


def _variants(service: str, operation: str) -> list[str]:
    """The operation, and its further examples."""
    return [operation, *sorted(name for name in examples(service) if name.startswith(f"{operation}/"))]


OPERATIONS = [
    (room, name)
    for room in sorted(all_rooms())
    for operation in sorted(all_rooms()[room].handlers)
    for name in _variants(room, operation)
]


class Trial:
    """One operation's call, made by a user whose policy is replaced again and again."""

    def __init__(self, stage: Stage, state: State, case: Case) -> None:
        self.stage, self.state, self.case = stage, state, case
        self.operation = stage.operation.partition("/")[0]
        self.model = stage.caller.meta.service_model.operation_model(self.operation)
        self.method = _method(stage.caller, self.operation)

    def grant(self, document: str | None) -> None:
        """Give the user exactly this policy, or none."""
        iam = self.stage.root("iam")
        if document is not None:
            iam.put_user_policy(UserName=self.stage.user, PolicyName="minimal", PolicyDocument=document)
        elif self.stage.granted:
            iam.delete_user_policy(UserName=self.stage.user, PolicyName="minimal")
        self.stage.granted = document is not None

    def refused(self, method: Callable[..., Any] | None = None) -> Mapping[str, str]:
        """The error of the call; it must not have changed anything."""
        with self.state.unchanged():
            try:
                answer = _read((method or self.method)(**self.case.input))
            except ClientError as error:
                return error.response["Error"]
        inner = self.case.inside(answer) if self.case.inside is not None else None
        assert inner is not None, f"{self.stage.operation} was not refused"
        return inner

    def denied(self, missing: Sequence[Pair], why: str) -> None:
        """The call is denied, naming the user and one of the permissions that are missing."""
        error = self.refused()
        if self.model.http["method"] == "HEAD":
            assert error["Code"] == "403", why
            return
        protocol = self.model.service_model.metadata["protocol"]
        code = error.get("QueryErrorCode", error["Code"])  # once a query API: botocore shows the code of that time
        usual = DENIED.get(protocol, "AccessDeniedException")
        assert code == DENIED_BY.get(self.stage.service, usual), f"{why}: {error}"
        message = error["Message"]
        begins = SAID_BEFORE.get(self.stage.service, "") + f"User: {self.stage.user_arn} is not authorized to perform: "
        assert message.startswith(begins), f"{why}: {message}"
        action, resource = _named(message.removeprefix(begins))
        named = [Pair(pair.action, self.case.said.get(pair.action, pair.resource)) for pair in missing]
        fits = any(action == pair.action and fnmatchcase(resource, pair.resource) for pair in named)
        assert fits, f"{why}: {message}\nmissing were {named}"

    def by_stranger(self, client: Any) -> None:
        """The call comes from another account: it finds nothing or is denied; where it succeeds, it changes nothing."""
        method = _method(client, self.operation)
        if not self.case.foreign:
            code = self.refused(method)["Code"]
            assert any(word in code for word in REFUSALS), code
            return
        with self.state.unchanged():
            _read(method(**self.case.input))

    def allowed(self) -> None:
        """The call does what it should."""
        if self.case.fails is None:
            answer = _read(self.method(**self.case.input))
            assert self.case.inside is None or self.case.inside(answer) is None, answer
            if self.case.check is not None:
                self.case.check(answer)
            return
        assert self.case.fails.reason
        assert self.refused()["Code"] == self.case.fails.code


def _method(client: Any, operation: str) -> Callable[..., Any]:
    names = client.meta.method_to_api_mapping
    return getattr(client, next(name for name, api in names.items() if api == operation))


def _read(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with its streams read to their ends: an error may come late."""
    for value in answer.values():
        if hasattr(value, "read"):
            value.read()
        elif hasattr(value, "_event_generator"):
            for event in value:
                if "sessionStart" in event:  # a live tail goes on for hours
                    value.close()
                    break
    return answer


def _named(rest: str) -> tuple[str, str]:
    """The action and the resource of AWS's sentence: ACTION [on resource: RESOURCE] because …"""
    needed, _, _ = rest.partition(" because ")
    action, _, resource = needed.partition(" on resource: ")
    return action, resource.strip('"') or "*"


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud on disk, so that a test sees what a denied call has changed."""
    running = RunningCloud(tmp_path_factory.mktemp("cloud"))
    running.control("clock", {"freeze": True})  # what is due meanwhile would look like the call's doing
    yield running
    running.stop()


@pytest.fixture(scope="module")
def state(own_cloud: RunningCloud) -> Iterator[State]:
    """What the cloud keeps."""
    assert own_cloud.data is not None
    with State(own_cloud.data) as state:
        yield state


@pytest.fixture(scope="module")
def stages(own_cloud: RunningCloud) -> Callable[[str], Stage]:
    """The stage of a room, in an account of its own."""
    accounts = {service: f"{100_000_000_001 + number}" for number, service in enumerate(sorted(all_rooms()))}
    return cache(lambda service: Stage(own_cloud, service, accounts[service]))


@pytest.fixture(scope="module")
def outsider(own_cloud: RunningCloud) -> Callable[[str], Any]:
    """Clients of the root of another account, by service."""
    return cache(lambda service: own_cloud.client(service, key="200000000000", parameter_validation=False))


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids=[":".join(each) for each in OPERATIONS])
def test_an_operation_needs_exactly_its_minimal_policy(
    service: str,
    operation: str,
    stages: Callable[[str], Stage],
    state: State,
    outsider: Callable[[str], Any],
) -> None:
    make = examples(service).get(operation)
    assert make is not None, f"tests/permissions/examples has no example of {service}:{operation}"
    row = access.row(service, operation.partition("/")[0])
    assert row is not None, f"{service}:{operation} has no row in the access table"
    stage = stages(service)
    stage.operation = operation
    prove(Trial(stage, state, make(stage)), row.actions, outsider)


def prove(trial: Trial, actions: Sequence[str], outsider: Callable[[str], Any]) -> None:
    """The call is denied without each part of its minimal policy, and allowed with all of it."""
    stage = trial.stage
    needed = minimal.pairs(trial.case, actions)
    if not needed:  # AWS asks for no permission, so none can be taken away
        trial.grant(DENY_ALL)
        trial.allowed()
        return
    minimal.check_kinds(needed, trial.case.outside)
    stage.cloud.settle()
    trial.grant(None)
    trial.denied(needed, "without a policy")
    for pair in needed:
        others = [other for other in needed if other != pair]
        elsewhere = [Pair(pair.action, wrong) for wrong in trial.case.wrong.get(pair.action) or minimal.misses(pair)]
        if others or elsewhere:
            trial.grant(minimal.policy([*others, *elsewhere]))
            trial.denied([pair], f"without {pair}, though with {elsewhere}")
    if stage.account in json.dumps(trial.case.input, default=str):
        trial.by_stranger(outsider(stage.service))
    trial.grant(minimal.policy(needed))
    trial.allowed()


def test_no_example_is_of_an_operation_that_is_not_built() -> None:
    for service in {service for service, _ in OPERATIONS}:
        unknown = {name.partition("/")[0] for name in examples(service)} - all_rooms()[service].handlers.keys()
        assert not unknown, f"{service} has examples of {sorted(unknown)}, which it has not"
