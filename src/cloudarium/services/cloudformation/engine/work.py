"""The state of one deployment in memory: stack, operation, rows and steps; every change is written through."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cloudarium.gateway.background import Event
from cloudarium.policy.principal import Principal
from cloudarium.services.cloudformation.engine import happenings
from cloudarium.services.cloudformation.engine.failures import CallFailed
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.prepare.sources import VIA
from cloudarium.services.cloudformation.prepare.target import Target, pseudo
from cloudarium.services.cloudformation.records import exports, resources, stacks, works
from cloudarium.services.cloudformation.records.resources import ResourceRow
from cloudarium.services.cloudformation.records.works import Operation, Step
from cloudarium.services.cloudformation.template import parameters
from cloudarium.services.cloudformation.template.active import Active
from cloudarium.services.cloudformation.template.functions import Context
from cloudarium.shared import stacks as types
from cloudarium.shared.errors import AwsError

ROLE_PRINCIPAL = "cloudformation.amazonaws.com"


class Work:
    """One stack's deployment. Load it at the start of a delivery; rows and steps are the store's, kept in step."""

    def __init__(self, event: Event, stack: stacks.Stack, operation: Operation) -> None:
        self.event = event
        self.store = event.store
        self.stack = stack
        self.operation = operation
        self.rows: dict[tuple[str, int], ResourceRow] = {row.key: row for row in resources.of(self.store, stack.arn)}
        self.steps: dict[tuple[str, int], Step] = {step.key: step for step in works.steps(self.store, stack.arn)}
        self.fresh: set[tuple[str, int]] = set()  # steps that this delivery began: no crash lies before them
        self.imported: set[str] = set()
        self._caller: Principal | None = None
        self._target: Target | None = None
        self._active: Active | None = None

    # ---- What is aimed at --------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The present moment."""
        return self.event.cloud.clock.now()

    @property
    def target(self) -> Target:
        """What the stack is to be."""
        if self._target is None:
            self._target = Target(**self.operation.detail["target"])
        return self._target

    @property
    def active(self) -> Active:
        """The target's resources and outputs."""
        if self._active is None:
            self._active = self.target.active()
        return self._active

    def current(self, logical: str) -> ResourceRow | None:
        """The physical resource that stands for a logical id now."""
        return next((row for row in self.rows.values() if row.logical == logical and row.current), None)

    def context(self) -> Context:
        """What functions in the target's template may look at, as things stand now."""
        return Context(
            self.target.values,
            pseudo(self.stack.account, self.stack.region, self.stack.name, self.stack.arn),
            self.target.processed.get("Mappings", {}),
            self.target.conditions,
            self._reference,
            self._attribute,
            self._imported,
        )

    def _reference(self, logical: str) -> str:
        row = self.current(logical)
        if row is None:
            raise ValidationError(
                f"Unresolved resource dependencies [{logical}] in the Resources block of the template"
            )
        return row.physical

    def _attribute(self, logical: str, name: str) -> Any:
        row = self.current(logical)
        if row is None:
            raise ValidationError(f"Template error: instance of Fn::GetAtt references undefined resource {logical}")
        found: Any = row.attributes
        if name in found:
            return found[name]
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            raise ValidationError(
                f"Template error: resource {logical} does not support attribute type {name} in Fn::GetAtt"
            )
        return found

    def _imported(self, name: str) -> str:
        export = exports.find(self.store, self.stack.scope, name)
        if export is None or export.stack == self.stack.arn:
            raise ValidationError(f"No export named {name} found.")
        self.imported.add(name)
        return export.value

    def hidden(self) -> list[str]:
        """The values that must not be shown: those of NoEcho parameters."""
        section = self.target.processed.get("Parameters", {}) if "target" in self.operation.detail else {}
        return [
            value
            for name, value in (self.target.raw.items() if section else ())
            if value and name in section and parameters.hidden(section[name])
        ]

    # ---- Writing -----------------------------------------------------------------------------------------------------

    def save(self, row: ResourceRow, status: str, reason: str | None = None, silent: bool = False) -> None:
        """Move a resource to a status and tell of it."""
        row.status, row.reason, row.changed = status, reason, self.now
        self.rows[row.key] = row
        resources.save(self.store, row)
        if not silent:
            self.tell(row, status, reason)

    def tell(self, row: ResourceRow, status: str, reason: str | None = None) -> None:
        """Record an event of a resource."""
        token = self.operation.detail.get("token")
        happenings.of_resource(self.store, self.stack, row, status, reason, self.now, token, self.hidden())

    def drop(self, row: ResourceRow) -> None:
        """Forget a resource that is gone."""
        self.rows.pop(row.key, None)
        resources.remove(self.store, row)

    def save_step(self, step: Step, state: str, at: float | None = None) -> None:
        """Move a step to a state."""
        step.state, step.at = state, at
        works.save_step(self.store, step)

    def save_operation(self) -> None:
        """Record how far the operation is."""
        works.save(self.store, self.operation)

    def set_status(self, status: str, reason: str | None = None) -> None:
        """Move the stack to a status and tell of it."""
        self.stack = self.stack._replace(status=status, reason=reason)
        stacks.set_status(self.store, self.stack.arn, status, reason)
        token = self.operation.detail.get("token")
        happenings.of_stack(self.store, self.stack, status, reason, self.now, token)

    def set_detail(self, **changes: Any) -> None:
        """Change what the stack is made of."""
        self.stack = self.stack._replace(detail={**self.stack.detail, **changes})
        stacks.set_detail(self.store, self.stack.arn, self.stack.detail)

    def start_phase(self, phase: str, steps: list[Step]) -> None:
        """Begin a phase with its steps."""
        self.operation.phase = phase
        self.steps = {step.key: step for step in steps}
        self.fresh = set()
        works.replace_steps(self.store, self.stack.arn, steps)
        self.save_operation()

    # ---- The way to other rooms --------------------------------------------------------------------------------------

    async def caller(self) -> Principal:
        """As whom the resources are made: a session of the stack's role, or whoever asked for the stack."""
        if self._caller is None:
            role = self.operation.detail.get("role")
            self._caller = (
                await assume(self.event, role) if role else principal_from(self.operation.detail["principal"])
            )
        return self._caller

    async def send(self, service: str, operation: str, input: dict[str, Any]) -> dict[str, Any]:
        """Call another room for a resource of the stack."""
        caller = await self.caller()
        context: dict[str, Any] = {} if self.operation.detail.get("role") else dict(VIA)
        if service == happenings.OWN_SERVICE:
            context["aws:SourceArn"] = self.stack.arn  # a nested stack learns who its parent is
        try:
            return await self.event.send(service, operation, input, as_=caller, context=context, scope=self.stack.scope)
        except AwsError as error:
            if error.status == 501:
                raise
            raise CallFailed(_service_name(service), error) from error


def _service_name(service: str) -> str:
    from cloudarium import model

    return model.service(service).service_id


async def assume(sender: Any, role: str) -> Principal:
    """A session of the stack's role. Raises ValidationError in AWS's words when it cannot be had."""
    service = Principal.service(ROLE_PRINCIPAL, sender.account)
    try:
        session: Principal = await sender.cloud.assume(sender, role, "AWSCloudFormation", service)
    except AwsError as error:
        if error.status == 501:
            raise
        raise ValidationError(f"Role {role} is invalid or cannot be assumed") from error
    return session


def principal_to(principal: Principal) -> dict[str, Any]:
    """A principal for a row."""
    return asdict(principal)


def principal_from(stored: dict[str, Any]) -> Principal:
    """A principal from a row."""
    return Principal(**{**stored, "session_policies": tuple(stored["session_policies"])})


def kind_of(name: str) -> types.ResourceType | None:
    """The built resource type of this name; every Custom:: type is the custom resource."""
    return types.find("AWS::CloudFormation::CustomResource" if name.startswith("Custom::") else name)
