"""Tags in AWS's two forms: a list of {Key, Value} and a plain mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def from_list(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """A mapping from [{"Key": …, "Value": …}]; a missing value is an empty string."""
    return {tag["Key"]: tag.get("Value") or "" for tag in tags or ()}


def to_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """[{"Key": …, "Value": …}] in the order of the mapping."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def problem(tags: Mapping[str, str], most: int = 50) -> str | None:
    """What is wrong with `tags` by the rules that all services share, or None.

    Keys have 1 to 128 characters and do not start with aws:, values have up to 256, a resource has at most `most`.
    Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    if len(tags) > most:
        return f"Too many tags: at most {most} are allowed"
    for key, value in tags.items():
        if not 1 <= len(key) <= 128:
            return f"Tag key must have 1 to 128 characters: {key[:140]!r}"
        if len(value) > 256:
            return f"Tag value of {key!r} is longer than 256 characters"
        if key.lower().startswith("aws:"):
            return "aws: prefixed tag key names are not allowed for external use."
    return None
