"""Tags of users, roles, instance profiles and policies."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Case, Example, Examples, Stage
from tests.permissions.examples.iam.made import TAGS, named
from tests.permissions.examples.iam.policies import by_arn

EXAMPLES = Examples()

for _kind, _noun in (("user", "User"), ("role", "Role"), ("instance-profile", "InstanceProfile")):
    _tag = (f"tag_{_kind.replace('-', '_')}", {"Tags": TAGS})
    EXAMPLES.add(f"Tag{_noun}", named(_kind, Tags=TAGS))
    EXAMPLES.add(f"Untag{_noun}", named(_kind, [_tag], TagKeys=["team"]))
    EXAMPLES.add(f"List{_noun}Tags", named(_kind, [_tag]))


def of_policy(**more: Any) -> Example:
    """The example of a call on the tags of a new policy."""

    def ready(at: Stage) -> Case:
        made = by_arn(at)
        at.root().tag_policy(**made.input, Tags=TAGS)
        return Case({**made.input, **more}, made.on)

    return ready


EXAMPLES.add("TagPolicy", of_policy(Tags=[{"Key": "size", "Value": "1"}]))
EXAMPLES.add("UntagPolicy", of_policy(TagKeys=["team"]))
EXAMPLES.add("ListPolicyTags", of_policy())
