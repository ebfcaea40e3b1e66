"""What Secrets Manager does by itself: it goes the steps of rotations, begins those that are due, deletes secrets."""

from __future__ import annotations

import orjson

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.services.secretsmanager.operations.rotation import STEPS, as_service, begin, plan
from cloudarium.services.secretsmanager.records import rotations, secrets, versions
from cloudarium.services.secretsmanager.records.rotations import Rotation
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.rules import stages
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

_MOST_FAILURES = 5  # attempts at a rotation, each from its first step; then it waits for the next on the schedule
_PAUSE = 60.0  # seconds after the first failure, doubled with each


@delivery("DeleteSecret")
async def delete_secret(event: Event) -> None:
    """Forget a secret whose recovery window is over."""
    with event.transaction():
        found = secrets.find(event.store, event.scope, event.payload["Name"])
        if found is not None and found.deleted is not None and found.deleted <= event.now:
            secrets.remove(event.store, found)
            event.tags.drop(found.arn)


@delivery("ScheduledRotation")
async def begin_scheduled(event: Event) -> None:
    """Begin the rotation that is due and set the next; one that has failed is tried again with its version."""
    with event.transaction():
        found = secrets.find(event.store, event.scope, event.payload["Name"])
        if found is None or found.deleted is not None or not found.data.get("RotationEnabled"):
            return
        plan(event, found)
        found = secrets.find(event.store, event.scope, found.name) or found
        earlier = rotations.find(event.store, found)
        begin(event, found, earlier.version if earlier is not None else ids.uuid())


@delivery("Rotate")
async def rotate(event: Event) -> Retry | None:
    """Go the steps of a rotation from where it is; after a failure from the first one, some time later."""
    while True:
        found = secrets.find(event.store, event.scope, event.payload["Name"])
        rotation = rotations.find(event.store, found) if found is not None else None
        if found is None or rotation is None or rotation.failures >= _MOST_FAILURES:
            return None
        done = await _step(event, found, rotation)
        with event.transaction():
            if rotations.find(event.store, found) != rotation:
                continue  # cancelled, or begun anew, meanwhile
            if not done:
                return _failed(event, found, rotation)
            if rotation.trial or rotation.step == STEPS[-1]:
                return _finished(event, found, rotation)
            following = STEPS[STEPS.index(rotation.step) + 1]
            rotations.put(event.store, found, rotation._replace(step=following))


async def _step(event: Event, found: Secret, rotation: Rotation) -> bool:
    """Invoke the function for one step; whether it did it."""
    said = {"Step": rotation.step, "SecretId": found.arn, "ClientRequestToken": rotation.version}
    given = {"FunctionName": found.data["RotationLambdaARN"], "Payload": orjson.dumps(said)}
    try:
        answer = await event.send("lambda", "Invoke", given, **as_service(found))
    except AwsError:
        return False  # Lambda does not run it: to be tried again like a step that failed
    return not answer.get("FunctionError")


def _failed(event: Event, found: Secret, rotation: Rotation) -> Retry | None:
    failures = rotation.failures + 1
    if rotation.trial:
        _drop_trial(event, found, rotation)
        return None
    rotations.put(event.store, found, rotation._replace(step=STEPS[0], failures=failures))
    return Retry(event.now + _PAUSE * 2 ** (failures - 1)) if failures < _MOST_FAILURES else None


def _finished(event: Event, found: Secret, rotation: Rotation) -> Retry | None:
    """The function has done all steps; what counts is whether its version is the current one."""
    if rotation.trial:
        _drop_trial(event, found, rotation)
        return None
    now = secrets.find(event.store, event.scope, found.name)
    version = versions.find(event.store, found, rotation.version)
    if now is None or version is None or stages.CURRENT not in version.stages:
        return _failed(event, found, rotation)
    rotations.remove(event.store, now)
    # AWSPENDING goes with the rotation: LocalStack's tests, validated against AWS, find AWSCURRENT alone afterwards.
    versions.relabel(event.store, now, version.id, [each for each in version.stages if each != stages.PENDING])
    secrets.put(event.store, now._replace(data={**now.data, "LastRotatedDate": event.now}))
    return None


def _drop_trial(event: Event, found: Secret, rotation: Rotation) -> None:
    """Take away the version that was there for the trial of the function only."""
    rotations.remove(event.store, found)
    if lookup.labels(event, found).get(rotation.version) == [stages.PENDING]:
        versions.remove(event.store, found, rotation.version)
