"""What an example of an operation says, and where it is made ready."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from tests.conftest import RunningCloud

Made = TypeVar("Made")


class Also(NamedTuple):
    """A permission that the access table does not name for the operation but AWS asks for; where it says so."""

    action: str
    resource: str
    reason: str


class Fails(NamedTuple):
    """The error that an allowed call ends in all the same, and why it cannot succeed here."""

    code: str
    reason: str


@dataclass(frozen=True)
class Case:
    """A call that has been made ready, and what its minimal policy grants.

    `on`: the ARN, or ARNs, that the table's actions are asked on; by action where they differ. "*" where the action has
    no resource. An ARN holds a `*` only where the caller cannot know the name (an id that the call itself makes).
    `said`: by action, how a denial names the resource where AWS does not say its ARN.
    `also`: permissions beyond the table's row. `unneeded`: actions of the row that this input does not need, by reason.
    `wrong`: by action, ARNs of the same kind on which the grant must not help; without it they are made from `on` by
    the table's patterns.
    `inside`: where a denial is one error inside of an answer that succeeds: that error, None when there is none.
    `outside`: why AWS asks on a resource of another kind than the reference names. `fails`: see Fails.
    `check`: looks whether the call did what it should. `foreign`: why another account's root succeeds with this very
    call (and changes nothing).
    """

    input: Mapping[str, Any] = field(default_factory=dict)
    on: str | Sequence[str] | Mapping[str, str | Sequence[str]] = "*"
    said: Mapping[str, str] = field(default_factory=dict)
    also: Sequence[Also] = ()
    unneeded: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, Sequence[str]] = field(default_factory=dict)
    inside: Callable[[Any], Mapping[str, str] | None] | None = None
    outside: str = ""
    fails: Fails | None = None
    check: Callable[[Any], None] | None = None
    foreign: str = ""


class Stage:
    """Where one operation's example is made ready: a room's own account, its root, and the user who will call.

    `name` is unique to the operation within the account, in lower case with dashes ("create-log-group").
    """

    region = "us-east-1"

    def __init__(self, cloud: RunningCloud, service: str, account: str) -> None:
        self.cloud = cloud
        self.service = service
        self.account = account
        self.operation = ""
        self.granted = False  # whether the user has a policy now
        self._clients: dict[str, Any] = {}
        self._made: dict[Callable[..., Any], Any] = {}
        user = self.root("iam").create_user(UserName="caller")["User"]
        self.user, self.user_arn = user["UserName"], user["Arn"]
        key = self.root("iam").create_access_key(UserName=self.user)["AccessKey"]
        self.user_key, self.user_secret = key["AccessKeyId"], key["SecretAccessKey"]
        self.caller = cloud.client(service, key=self.user_key, secret=self.user_secret, **QUIET)

    @property
    def name(self) -> str:
        """A name for what the operation makes or works on."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", self.operation).lower().replace("/", "-")

    def root(self, service: str = "") -> Any:
        """A client of the account's root; of the example's own service unless another is named."""
        service = service or self.service
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service, key=self.account, **QUIET)
        return self._clients[service]

    def arn(self, resource: str, service: str = "", region: str | None = None) -> str:
        """The ARN of a resource of this account."""
        return (
            f"arn:aws:{service or self.service}:{self.region if region is None else region}:{self.account}:{resource}"
        )

    def once(self, make: Callable[[Stage], Made]) -> Made:
        """What `make` returns, made once for all examples of the room: for what is costly and stays as it is."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]


QUIET = {"parameter_validation": False}  # botocore would look at each input for longer than the cloud does

Example = Callable[[Stage], Case]


class Examples(dict[str, Example]):
    """The examples of a room by operation; called with operations' names it is the decorator of their function.

    An operation whose inputs ask for different permissions has a further example, "OPERATION/VARIANT", for each.
    """

    def __call__(self, *operations: str, variant: str = "") -> Callable[[Example], Example]:
        """Register a function that makes the call of each of `operations` ready, as root, and says what it needs."""

        def register(make: Example) -> Example:
            for operation in operations:
                self.add(f"{operation}/{variant}" if variant else operation, make)
            return make

        return register

    def add(self, operation: str, make: Example) -> None:
        """Register the example of one operation."""
        assert operation not in self, f"{operation} has two examples"
        self[operation] = make
