"""The most that an on-demand table is to bear, and what a table or index bears at once (warm): what may be asked.

Nothing is throttled here, as with provisioned capacity; the settings are checked, kept and shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.services.dynamodb.errors import Invalid

Input = Mapping[str, Any]
Record = dict[str, Any]

MOST_ACCOUNT_UNITS = 80_000  # that tables may have provisioned together, of each kind
MOST_TABLE_UNITS = 40_000
_MOST = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
_WARM = {"ReadUnitsPerSecond": ("ReadCapacityUnits", 12_000), "WriteUnitsPerSecond": ("WriteCapacityUnits", 4_000)}
_INITIAL = (
    "lower than initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
)
CLEARED = -1  # what an update sets the most to, to have none


def add(record: Record, given: Input, on_demand: bool, index: str | None = None) -> None:
    """Put into the record of a new table or index what is asked for it. Raises ValidationException."""
    most = {name: given["OnDemandThroughput"][name] for name in _MOST if name in given.get("OnDemandThroughput", {})}
    if most and not on_demand:
        raise Invalid(f"{_first(most)}{_colon(index)} cannot be specified when table BillingMode is PROVISIONED.")
    for name, value in most.items():
        _check_most(name, value, index)
    if most:
        record["OnDemandThroughput"] = most
    wanted = given.get("WarmThroughput") or {}
    for name, value in wanted.items():
        if value < warm(record)[name]:
            least = _INITIAL if on_demand else f"lower than {_WARM[name][0]} of ProvisionedThroughput"
            raise Invalid(f"Requested {name} for WarmThroughput for {_place(index)} is {least}")
    if wanted:
        record["WarmThroughput"] = {**warm(record), **wanted}


def change_most(record: Record, given: Input, on_demand: bool, index: str | None = None) -> None:
    """Change the most that a table or index is to bear, member by member. Raises ValidationException."""
    if not on_demand and given:
        raise Invalid(f"{_first(given)}{_colon(index)} cannot be specified when the table BillingMode is PROVISIONED")
    for name, value in given.items():
        if value != CLEARED:
            _check_most(name, value, index)
    merged = {**record.pop("OnDemandThroughput", {}), **given}
    left = {name: value for name, value in merged.items() if value != CLEARED}
    if left:
        record["OnDemandThroughput"] = left


def change_warm(record: Record, wanted: Input, index: str | None = None) -> None:
    """Raise what a table or index bears at once. Raises ValidationException when that is less than now."""
    now = warm(record)
    for name, value in wanted.items():
        if value < now[name]:
            raise Invalid(
                f"Requested {name} for WarmThroughput for {_place(index)} is lower than current WarmThroughput,"
                " decreasing WarmThroughput is not supported"
            )
    if wanted:
        record["WarmThroughput"] = {**now, **wanted}


def keep_warm(record: Record, before: Input) -> None:
    """Let a changed table or index bear at least what it bore before."""
    after = warm(record)
    kept = {name: max(units, before[name]) for name, units in after.items()}
    if kept != after:
        record["WarmThroughput"] = kept


def warm(record: Input) -> dict[str, int]:
    """What a table or index bears at once: what was asked for, at least what is provisioned or on demand's start."""
    units, kept = record["ProvisionedThroughput"], record.get("WarmThroughput", {})
    return {name: max(kept.get(name, 0), units[part] or least) for name, (part, least) in _WARM.items()}


def _first(most: Input) -> str:
    return f"{next(name for name in _MOST if name in most)} for OnDemandThroughput"


def _colon(index: str | None) -> str:
    return "" if index is None else f" for index: {index}"


def _place(index: str | None) -> str:
    return "table" if index is None else f"index {index}"


def _check_most(name: str, value: int, index: str | None) -> None:
    if value < 1:
        where = "table" if index is None else f"index : {index}"
        raise Invalid(f"Requested {name} for OnDemandThroughput for {where} is outside of valid range")
