"""Staging labels: each on one version at a time; AWSPREVIOUS follows AWSCURRENT by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloudarium.services.secretsmanager import errors

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
MOST = 20

Labels = dict[str, list[str]]


def holder(labels: Mapping[str, Sequence[str]], stage: str) -> str | None:
    """The version that has a label."""
    return next((id for id, stages in labels.items() if stage in stages), None)


def moved(labels: Mapping[str, Sequence[str]], target: str, wanted: Sequence[str]) -> Labels:
    """The labels of all versions after `wanted` moved to the version `target`. Raises LimitExceeded.

    Whence AWSCURRENT comes it leaves AWSPREVIOUS, and takes a label AWSPENDING away that a rotation has left.
    """
    current = holder(labels, CURRENT)
    found = {id: set(stages) for id, stages in labels.items()}
    for id, stages in found.items():
        if id != target:
            stages.difference_update(wanted)
    found.setdefault(target, set()).update(wanted)
    if CURRENT in wanted and current is not None and current != target:
        for stages in found.values():
            stages.discard(PREVIOUS)
        found[current].discard(PENDING)
        found[current].add(PREVIOUS)
    if len(found[target]) > MOST:
        raise errors.LimitExceeded(f"A secret version can have at most {MOST} staging labels.")
    return {id: sorted(stages) for id, stages in found.items()}


def rearranged(labels: Mapping[str, Sequence[str]], stage: str, source: str | None, target: str | None) -> Labels:
    """The labels after UpdateSecretVersionStage. Raises what AWS has against it."""
    for id in (source, target):
        if id is not None and id not in labels:
            raise errors.NotFound.version(id)
    held = holder(labels, stage)
    if source is not None and held != source:
        raise errors.InvalidParameter(f"The staging label {stage} is not attached to version {source}.")
    if target is None:
        if source is None:
            raise errors.InvalidParameter("You must specify MoveToVersionId, RemoveFromVersionId, or both.")
        if stage == CURRENT:
            raise errors.InvalidParameter(
                "You can only move staging label AWSCURRENT to a different secret version. It can't be completely "
                "removed."
            )
        return {id: [each for each in stages if id != source or each != stage] for id, stages in labels.items()}
    if held is not None and held != target and source is None:
        raise errors.InvalidParameter(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version "
            f"{held}, so you must explicitly reference that version in RemoveFromVersionId."
        )
    return moved(labels, target, [stage])
