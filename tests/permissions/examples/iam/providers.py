"""OpenID Connect providers."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Also, Case, Example, Examples, Stage
from tests.permissions.examples.iam.entities import TAGGED
from tests.permissions.examples.iam.made import TAGS

EXAMPLES = Examples()

THUMBPRINT = "a" * 40


def given(at: Stage) -> dict[str, Any]:
    """What makes a provider of the operation's name."""
    return {"Url": f"https://{at.name}.example.com", "ThumbprintList": [THUMBPRINT], "ClientIDList": ["one"]}


@EXAMPLES("CreateOpenIDConnectProvider")
def create_open_id_connect_provider(at: Stage) -> Case:
    arn = at.arn(f"oidc-provider/{at.name}.example.com", region="")
    also = [Also("iam:TagOpenIDConnectProvider", arn, TAGGED)]
    return Case({**given(at), "Tags": TAGS}, arn, also=also)


def of_provider(**more: Any) -> Example:
    """The example of a call that names a new provider."""

    def ready(at: Stage) -> Case:
        arn = at.root().create_open_id_connect_provider(**given(at), Tags=TAGS)["OpenIDConnectProviderArn"]
        return Case({"OpenIDConnectProviderArn": arn, **more}, arn)

    return ready


EXAMPLES.add("GetOpenIDConnectProvider", of_provider())
EXAMPLES.add("DeleteOpenIDConnectProvider", of_provider())
EXAMPLES.add("UpdateOpenIDConnectProviderThumbprint", of_provider(ThumbprintList=["b" * 40]))
EXAMPLES.add("AddClientIDToOpenIDConnectProvider", of_provider(ClientID="two"))
EXAMPLES.add("RemoveClientIDFromOpenIDConnectProvider", of_provider(ClientID="one"))
EXAMPLES.add("TagOpenIDConnectProvider", of_provider(Tags=[{"Key": "size", "Value": "1"}]))
EXAMPLES.add("UntagOpenIDConnectProvider", of_provider(TagKeys=["team"]))
EXAMPLES.add("ListOpenIDConnectProviderTags", of_provider())
