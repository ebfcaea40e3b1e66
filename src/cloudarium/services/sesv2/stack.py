"""CloudFormation's resource types of the Simple Email Service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type


@resource_type("AWS::SES::EmailIdentity")
class EmailIdentity(ResourceType):
    """An address or a domain; the stack does not wait for its proof."""

    properties = (
        "EmailIdentity", "ConfigurationSetAttributes", "DkimAttributes", "DkimSigningAttributes", "FeedbackAttributes",
        "MailFromAttributes", "Tags",
    )  # fmt: skip
    required = ("EmailIdentity",)
    replaces = ("EmailIdentity",)
    attributes = tuple(f"DkimDNSToken{kind}{number}" for number in (1, 2, 3) for kind in ("Name", "Value"))
    physical_name = "EmailIdentity"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the identity with all its attributes."""
        r.id = r.properties["EmailIdentity"]
        given: dict[str, Any] = {"EmailIdentity": r.id, "Tags": r.tag_list}
        signing = r.properties.get("DkimSigningAttributes")
        if signing:
            given["DkimSigningAttributes"] = signing
        await r.send("sesv2", "CreateEmailIdentity", given, gone=("AlreadyExistsException",) if r.repeated else ())
        await self._put(r, create=True)
        await self._attributes(r)

    async def _put(self, r: Resource, create: bool) -> None:
        """Send the attributes that the template gives, or that an update takes away."""
        for name, operation, members in (
            ("ConfigurationSetAttributes", "PutEmailIdentityConfigurationSetAttributes", {}),
            ("DkimAttributes", "PutEmailIdentityDkimAttributes", {"SigningEnabled": True}),
            ("FeedbackAttributes", "PutEmailIdentityFeedbackAttributes", {"EmailForwardingEnabled": True}),
            ("MailFromAttributes", "PutEmailIdentityMailFromAttributes", {}),
        ):
            if r.properties.get(name) or (not create and r.changed(name)):
                chosen = {**members, **(r.properties.get(name) or {})}
                await r.send("sesv2", operation, {"EmailIdentity": r.id, **chosen})

    async def _attributes(self, r: Resource) -> None:
        r.arn = _arn(r, "identity")
        found = await r.send("sesv2", "GetEmailIdentity", {"EmailIdentity": r.id})
        signing = found["DkimAttributes"]
        tokens = signing.get("Tokens", []) if signing.get("SigningAttributesOrigin") == "AWS_SES" else []
        r.attributes = {}
        for number, token in enumerate(tokens, 1):
            r.attributes[f"DkimDNSTokenName{number}"] = f"{token}._domainkey.{r.id}"
            r.attributes[f"DkimDNSTokenValue{number}"] = f"{token}.dkim.amazonses.com"

    async def update(self, r: Resource) -> None:
        """Change what changed."""
        if r.changed("DkimSigningAttributes"):
            signing = r.properties.get("DkimSigningAttributes") or {}
            origin = "EXTERNAL" if signing.get("DomainSigningSelector") else "AWS_SES"
            given = {"EmailIdentity": r.id, "SigningAttributesOrigin": origin, "SigningAttributes": signing}
            await r.send("sesv2", "PutEmailIdentityDkimSigningAttributes", given)
        await self._put(r, create=False)
        await _retag(r, "identity")
        await self._attributes(r)

    async def delete(self, r: Resource) -> None:
        """Delete the identity."""
        await r.send("sesv2", "DeleteEmailIdentity", {"EmailIdentity": r.id}, gone=("NotFoundException",))


def _arn(r: Resource, kind: str) -> str:
    return f"arn:aws:ses:{r.scope.region}:{r.scope.account}:{kind}/{r.id}"


async def _retag(r: Resource, kind: str) -> None:
    """Bring an update's tags to the resource."""
    r.arn = _arn(r, kind)
    if r.removed_tags:
        await r.send("sesv2", "UntagResource", {"ResourceArn": r.arn, "TagKeys": r.removed_tags})
    if r.tags and r.tags != r.old_tags:
        await r.send("sesv2", "TagResource", {"ResourceArn": r.arn, "Tags": r.tag_list})


@resource_type("AWS::SES::Template")
class Template(ResourceType):
    """A template."""

    properties = ("Template", "Tags")
    attributes = ("Id",)
    tags = "Tags"

    def _given(self, r: Resource) -> dict[str, Any]:
        told = r.properties.get("Template")
        if not isinstance(told, dict):
            raise ResourceFailed("AWS::SES::Template needs a Template.")
        parts = {
            part: told[f"{part}Part"] for part in ("Subject", "Text", "Html") if told.get(f"{part}Part") is not None
        }
        return {"TemplateName": r.id, "TemplateContent": parts}

    async def create(self, r: Resource) -> None:
        """Make the template, by the name that is given or one of its own."""
        r.id = (r.properties.get("Template") or {}).get("TemplateName") or r.name(64)
        given = {**self._given(r), "Tags": r.tag_list}
        await r.send("sesv2", "CreateEmailTemplate", given, gone=("AlreadyExistsException",) if r.repeated else ())
        self._attributes(r)

    def _attributes(self, r: Resource) -> None:
        r.arn = _arn(r, "template")
        r.attributes = {"Id": r.id}

    def replacing(self, old: Any, new: Any) -> tuple[str, ...]:
        """Another TemplateName is another template."""
        names = [(each.get("Template") or {}).get("TemplateName") for each in (old, new)]
        return ("Template",) if names[0] != names[1] else ()

    async def update(self, r: Resource) -> None:
        """Put the new content, and change the tags."""
        if r.changed("Template"):
            await r.send("sesv2", "UpdateEmailTemplate", self._given(r))
        self._attributes(r)
        await _retag(r, "template")

    async def delete(self, r: Resource) -> None:
        """Delete the template."""
        await r.send("sesv2", "DeleteEmailTemplate", {"TemplateName": r.id}, gone=("NotFoundException",))


# What an update of a configuration set sends in place of an option that is taken away.
_OPTIONS: dict[str, dict[str, Any]] = {
    "SendingOptions": {"SendingEnabled": True},
    "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    "DeliveryOptions": {"TlsPolicy": "OPTIONAL"},
    "ReputationOptions": {"ReputationMetricsEnabled": False},
    "TrackingOptions": {},
}


@resource_type("AWS::SES::ConfigurationSet")
class ConfigurationSet(ResourceType):
    """A configuration set."""

    properties = ("Name", *_OPTIONS, "Tags")
    refuses = ("VdmOptions", "ArchivingOptions")
    replaces = ("Name",)
    attributes = ()
    physical_name = "Name"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the set with its options."""
        r.id = r.properties.get("Name") or r.name(64)
        options = {name: r.properties[name] for name in _OPTIONS if r.properties.get(name) is not None}
        given = {"ConfigurationSetName": r.id, "Tags": r.tag_list, **options}
        await r.send("sesv2", "CreateConfigurationSet", given, gone=("AlreadyExistsException",) if r.repeated else ())
        r.arn = _arn(r, "configuration-set")

    async def update(self, r: Resource) -> None:
        """Change options and tags."""
        for name, default in _OPTIONS.items():
            if r.changed(name):
                given = {"ConfigurationSetName": r.id, **(r.properties.get(name) or default)}
                await r.send("sesv2", f"PutConfigurationSet{name}", given)
        await _retag(r, "configuration-set")

    async def delete(self, r: Resource) -> None:
        """Delete the set."""
        await r.send("sesv2", "DeleteConfigurationSet", {"ConfigurationSetName": r.id}, gone=("NotFoundException",))


@resource_type("AWS::SES::ConfigurationSetEventDestination")
class ConfigurationSetEventDestination(ResourceType):
    """An event destination; the template has the first API's words."""

    properties = ("ConfigurationSetName", "EventDestination")
    required = ("ConfigurationSetName", "EventDestination")
    replaces = ("ConfigurationSetName",)
    attributes = ("Id",)

    def _name(self, r: Resource) -> str:
        told = r.properties["EventDestination"]
        if not isinstance(told, dict):
            raise ResourceFailed("EventDestination must be an object.")
        return str(told.get("Name") or r.name(64))

    def _given(self, r: Resource) -> dict[str, Any]:
        told = dict(r.properties["EventDestination"])
        told.pop("Name", None)
        types = [_words(each) for each in told.pop("MatchingEventTypes", None) or []]
        found: dict[str, Any] = {"Enabled": told.pop("Enabled", False), "MatchingEventTypes": types}
        for name, value in told.items():
            known = isinstance(value, dict) and name in _DESTINATIONS
            if not known:
                raise ResourceFailed(f"Encountered unsupported property {name}")
            found[name] = _DESTINATIONS[name](value)
        return found

    async def create(self, r: Resource) -> None:
        """Make the destination."""
        name = self._name(r)
        given = {
            "ConfigurationSetName": r.properties["ConfigurationSetName"], "EventDestinationName": name,
            "EventDestination": self._given(r),
        }  # fmt: skip
        gone = ("AlreadyExistsException",) if r.repeated else ()
        await r.send("sesv2", "CreateConfigurationSetEventDestination", given, gone=gone)
        r.id = f"{r.properties['ConfigurationSetName']}|{name}"
        r.attributes = {"Id": r.id}

    def replacing(self, old: Any, new: Any) -> tuple[str, ...]:
        """Another name is another destination."""
        names = [(each.get("EventDestination") or {}).get("Name") for each in (old, new)]
        return ("EventDestination",) if names[0] != names[1] else ()

    def _named(self, r: Resource) -> dict[str, Any]:
        set_name, _, name = r.id.partition("|")
        return {"ConfigurationSetName": set_name, "EventDestinationName": name}

    async def update(self, r: Resource) -> None:
        """Change the destination."""
        given = {**self._named(r), "EventDestination": self._given(r)}
        await r.send("sesv2", "UpdateConfigurationSetEventDestination", given)
        r.attributes = {"Id": r.id}

    async def delete(self, r: Resource) -> None:
        """Delete the destination."""
        gone = ("NotFoundException",)
        await r.send("sesv2", "DeleteConfigurationSetEventDestination", self._named(r), gone=gone)


def _words(text: Any) -> str:
    """renderingFailure, as the first API and templates have it, is RENDERING_FAILURE in the second."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in str(text))


def _watched(given: dict[str, Any]) -> dict[str, Any]:
    dimensions = given.get("DimensionConfigurations") or []
    return {
        "DimensionConfigurations": [
            {**each, "DimensionValueSource": _words(each.get("DimensionValueSource", ""))} for each in dimensions
        ]
    }


_DESTINATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "SnsDestination": lambda given: {"TopicArn": given.get("TopicARN")},
    "EventBridgeDestination": lambda given: {"EventBusArn": given.get("EventBusArn")},
    "CloudWatchDestination": _watched,
    "KinesisFirehoseDestination": lambda given: {
        "IamRoleArn": given.get("IAMRoleARN"),
        "DeliveryStreamArn": given.get("DeliveryStreamARN"),
    },
}


@resource_type("AWS::SES::ContactList")
class ContactList(ResourceType):
    """A contact list."""

    properties = ("ContactListName", "Description", "Topics", "Tags")
    replaces = ("ContactListName",)
    attributes = ()
    physical_name = "ContactListName"
    tags = "Tags"

    def _given(self, r: Resource) -> dict[str, Any]:
        told = {name: r.properties[name] for name in ("Description", "Topics") if r.properties.get(name) is not None}
        return {"ContactListName": r.id, **told}

    async def create(self, r: Resource) -> None:
        """Make the list."""
        r.id = r.properties.get("ContactListName") or r.name(64)
        given = {**self._given(r), "Tags": r.tag_list}
        await r.send("sesv2", "CreateContactList", given, gone=("AlreadyExistsException",) if r.repeated else ())
        r.arn = _arn(r, "contact-list")

    async def update(self, r: Resource) -> None:
        """Change topics, description and tags."""
        if r.changed("Description", "Topics"):
            await r.send("sesv2", "UpdateContactList", self._given(r))
        await _retag(r, "contact-list")

    async def delete(self, r: Resource) -> None:
        """Delete the list."""
        await r.send("sesv2", "DeleteContactList", {"ContactListName": r.id}, gone=("NotFoundException",))
