"""What rooms tell CloudFormation: generated names, tags, and every registered type's own promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.shared import stacks
from cloudarium.shared.scope import Scope
from cloudarium.shared.stacks import Resource


async def nobody(service: str, operation: str, input: dict[str, object]) -> dict[str, object]:
    raise AssertionError("nothing is sent here")


def resource(stack: str = "shop", logical: str = "Table", **more: object) -> Resource:
    known = {"suffix": "ABCDEF234567", "type": "AWS::X::Y", "properties": {}, "stack_id": "arn", **more}
    return Resource(logical_id=logical, stack_name=stack, scope=Scope("1", "r"), now=0.0, sender=nobody, **known)  # type: ignore[arg-type]


def test_names_are_made_as_aws_makes_them() -> None:
    assert resource().name() == "shop-Table-ABCDEF234567"
    assert resource().name(63, lower=True) == "shop-table-abcdef234567"
    assert resource(stack="s" * 100, logical="L" * 10).name(64) == f"{'s' * 40}-{'L' * 10}-ABCDEF234567"


@given(st.text("ab-", min_size=1, max_size=128), st.text("AB", min_size=1, max_size=255), st.integers(20, 300))
def test_names_keep_within_their_limit_and_keep_their_end(stack: str, logical: str, limit: int) -> None:
    name = resource(stack, logical).name(limit)
    assert len(name) <= limit and name.endswith("-ABCDEF234567")
    assert name == resource(stack, logical).name(limit)


def test_tags_that_an_update_takes_away() -> None:
    r = resource(tags={"a": "1", "b": "2"}, old_tags={"b": "1", "c": "3"})
    assert r.removed_tags == ["c"]
    assert r.tag_list == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


@pytest.mark.parametrize("name", stacks.names())
def test_a_type_knows_the_properties_it_speaks_of(name: str) -> None:
    kind = stacks.find(name)
    assert kind is not None and kind.type == name
    known = set(kind.properties)
    if not known:
        return
    spoken_of = {*kind.required, *kind.replaces, *filter(None, (kind.physical_name, kind.tags))}
    assert spoken_of <= known | set(kind.refuses), f"{name} speaks of {spoken_of - known}, which it does not build"
