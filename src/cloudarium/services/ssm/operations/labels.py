"""Labels: names for versions of a parameter, each on one version at a time."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.ssm import errors, records, resources, rules, telling
from cloudarium.services.ssm.operations.parameters import find
from cloudarium.services.ssm.records import Version

Data = dict[str, Any]


def _version(call: Call) -> Version:
    found = find(call, call.input["Name"])
    if found is None:
        raise errors.ParameterNotFound
    number = call.input.get("ParameterVersion")
    if number is None:
        return found
    chosen = records.version(call.store, call.scope, found.name, number) if abs(number) < 1 << 62 else None
    if chosen is None:
        raise errors.VersionNotFound(found.name, str(number))
    return chosen


@operation("LabelParameterVersion", on=resources.parameter)
def label_parameter_version(call: Call) -> Data:
    """Put labels onto a version (the newest by default), taking them off any other; malformed ones are named."""
    version = _version(call)
    labels = list(dict.fromkeys(call.input["Labels"]))
    good = [label for label in labels if rules.is_label(label)]
    wanted = [*version.labels, *(label for label in good if label not in version.labels)]
    if len(wanted) > rules.MOST_LABELS:
        raise errors.TooManyLabels
    for other in records.versions(call.store, call.scope, version.name):
        if other.version != version.version and set(other.labels) & set(good):
            left = [label for label in other.labels if label not in good]
            records.set_labels(call.store, call.scope, version.name, other.version, left)
    records.set_labels(call.store, call.scope, version.name, version.version, wanted)
    telling.change(call, "LabelParameterVersion", version.name, version.data)
    return {
        "InvalidLabels": [label for label in labels if label not in good],
        "ParameterVersion": version.version,
    }


@operation("UnlabelParameterVersion", on=resources.parameter)
def unlabel_parameter_version(call: Call) -> Data:
    """Take labels off a version; those that it does not have are named."""
    version = _version(call)
    labels = list(dict.fromkeys(call.input["Labels"]))
    removed = [label for label in labels if label in version.labels]
    left = [label for label in version.labels if label not in removed]
    records.set_labels(call.store, call.scope, version.name, version.version, left)
    return {"RemovedLabels": removed, "InvalidLabels": [label for label in labels if label not in removed]}
