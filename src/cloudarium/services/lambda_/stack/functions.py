"""Functions and what hangs on them: layers, permissions, asynchronous settings."""

from __future__ import annotations

from typing import Any

from cloudarium.services.lambda_ import inline
from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

_GONE = ("ResourceNotFoundException",)
_NUMBERS = ("Timeout", "MemorySize")
_SETTINGS = (
    "Role", "Handler", "Description", "Timeout", "MemorySize", "Environment", "Runtime", "DeadLetterConfig",
    "TracingConfig", "Layers", "EphemeralStorage", "LoggingConfig", "VpcConfig", "KmsKeyArn", "SnapStart",
)  # fmt: skip


def _given(properties: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The properties of these names as the API's input: a template's numbers may be strings."""
    given = {name: properties[name] for name in names if name in properties}
    for name in _NUMBERS:
        if name in given:
            given[name] = int(given[name])
    if "KmsKeyArn" in given:
        given["KMSKeyArn"] = given.pop("KmsKeyArn")
    if "EphemeralStorage" in given:
        given["EphemeralStorage"] = {"Size": int(given["EphemeralStorage"].get("Size", 512))}
    if "Environment" in given:
        values = given["Environment"].get("Variables") or {}
        given["Environment"] = {"Variables": {name: _text(value) for name, value in values.items()}}
    return given


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _code(r: Resource) -> dict[str, Any]:
    """The Code property as the API's input; inline code becomes a package."""
    code = dict(r.properties["Code"])
    if "ZipFile" in code:
        code["ZipFile"] = inline.package(str(code["ZipFile"]), str(r.properties.get("Runtime", "")))
    return code


@resource_type("AWS::Lambda::Function")
class Function(ResourceType):
    """A function."""

    properties = (
        *_SETTINGS,
        "FunctionName",
        "Code",
        "PackageType",
        "Architectures",
        "Tags",
        "ReservedConcurrentExecutions",
        "RecursiveLoop",
        "CodeSigningConfigArn",
    )
    refuses = (
        "FileSystemConfigs", "ImageConfig", "RuntimeManagementConfig",
        "TenancyConfig", "CapacityProviderConfig", "DurableConfig", "FunctionScalingConfig", "PublishToLatestPublished",
    )  # fmt: skip
    required = ("Code", "Role")
    replaces = ("FunctionName", "PackageType")
    attributes = ("Arn",)
    physical_name = "FunctionName"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the function."""
        r.id = r.properties.get("FunctionName") or r.name(64)
        given = _given(r.properties, (*_SETTINGS, "PackageType", "Architectures", "CodeSigningConfigArn"))
        given |= {"FunctionName": r.id, "Code": _code(r)}
        if r.tags:
            given["Tags"] = r.tags
        gone = ("ResourceConflictException",) if r.repeated else ()
        await r.send("lambda", "CreateFunction", given, gone=gone)
        r.arn = f"arn:aws:lambda:{r.scope.region}:{r.scope.account}:function:{r.id}"
        r.attributes = {"Arn": r.arn}
        await self._reserve(r)
        await self._loop(r)

    async def update(self, r: Resource) -> None:
        """Change what signs its code, code, then settings, then concurrency and tags."""
        if r.changed("CodeSigningConfigArn"):
            arn = r.properties.get("CodeSigningConfigArn")
            given = {"FunctionName": r.id, **({"CodeSigningConfigArn": arn} if arn else {})}
            await r.send("lambda", f"{'Put' if arn else 'Delete'}FunctionCodeSigningConfig", given)
        if r.changed("Code", "Architectures"):
            given = {"FunctionName": r.id, **_code(r)}
            given["Architectures"] = r.properties.get("Architectures", ["x86_64"])
            await r.send("lambda", "UpdateFunctionCode", given)
        if r.changed(*_SETTINGS):
            given = {**self._defaults(r), **_given(r.properties, _SETTINGS), "FunctionName": r.id}
            await r.send("lambda", "UpdateFunctionConfiguration", given)
        if r.changed("ReservedConcurrentExecutions"):
            await self._reserve(r)
        if r.changed("RecursiveLoop"):
            await self._loop(r)
        if r.removed_tags:
            await r.send("lambda", "UntagResource", {"Resource": r.arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("lambda", "TagResource", {"Resource": r.arn, "Tags": r.tags})

    def _defaults(self, r: Resource) -> dict[str, Any]:
        """What settings go back to that the template no longer has."""
        defaults: dict[str, Any] = {
            "Description": "",
            "Timeout": 3,
            "MemorySize": 128,
            "Environment": {"Variables": {}},
            "KmsKeyArn": "",
            "Layers": [],
            "TracingConfig": {"Mode": "PassThrough"},
            "EphemeralStorage": {"Size": 512},
            "DeadLetterConfig": {"TargetArn": ""},
            "LoggingConfig": {"LogFormat": "Text"},
            "SnapStart": {"ApplyOn": "None"},
        }
        found = {name: value for name, value in defaults.items() if name in r.old_properties}
        if "KmsKeyArn" in found:
            found["KMSKeyArn"] = found.pop("KmsKeyArn")
        return found

    async def _reserve(self, r: Resource) -> None:
        reserved = r.properties.get("ReservedConcurrentExecutions")
        if reserved is not None:
            given = {"FunctionName": r.id, "ReservedConcurrentExecutions": int(reserved)}
            await r.send("lambda", "PutFunctionConcurrency", given)
        elif "ReservedConcurrentExecutions" in r.old_properties:
            await r.send("lambda", "DeleteFunctionConcurrency", {"FunctionName": r.id})

    async def _loop(self, r: Resource) -> None:
        loop = r.properties.get("RecursiveLoop")
        if loop is not None or "RecursiveLoop" in r.old_properties:
            given = {"FunctionName": r.id, "RecursiveLoop": loop or "Terminate"}
            await r.send("lambda", "PutFunctionRecursionConfig", given)

    async def delete(self, r: Resource) -> None:
        """Delete the function."""
        await r.send("lambda", "DeleteFunction", {"FunctionName": r.id}, gone=_GONE)


@resource_type("AWS::Lambda::LayerVersion")
class LayerVersion(ResourceType):
    """A layer version; its Ref is its ARN."""

    properties = (
        "LayerName", "Content", "Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures",
    )  # fmt: skip
    required = ("Content",)
    replaces = properties
    attributes = ("LayerVersionArn",)

    async def create(self, r: Resource) -> None:
        """Publish it."""
        given = {"LayerName": r.name(140), **r.properties}
        answer = await r.send("lambda", "PublishLayerVersion", given)
        r.id = r.arn = answer["LayerVersionArn"]
        r.attributes = {"LayerVersionArn": r.id}

    async def delete(self, r: Resource) -> None:
        """Delete it."""
        name, _, number = r.id.rpartition(":")
        await r.send("lambda", "DeleteLayerVersion", {"LayerName": name, "VersionNumber": int(number)}, gone=_GONE)


@resource_type("AWS::Lambda::LayerVersionPermission")
class LayerVersionPermission(ResourceType):
    """Who may use a layer version."""

    properties = ("Action", "LayerVersionArn", "OrganizationId", "Principal")
    required = ("Action", "LayerVersionArn", "Principal")
    replaces = properties

    async def create(self, r: Resource) -> None:
        """Add the statement."""
        sid = r.name(100)
        name, _, number = r.properties["LayerVersionArn"].rpartition(":")
        names = ("Action", "Principal", "OrganizationId")
        given: dict[str, Any] = {key: r.properties[key] for key in names if key in r.properties}
        given |= {"LayerName": name, "VersionNumber": int(number), "StatementId": sid}
        gone = ("ResourceConflictException",) if r.repeated else ()
        await r.send("lambda", "AddLayerVersionPermission", given, gone=gone)
        r.id = f"{r.properties['LayerVersionArn']}#{sid}"

    async def delete(self, r: Resource) -> None:
        """Take it away."""
        arn, _, sid = r.id.partition("#")
        name, _, number = arn.rpartition(":")
        given = {"LayerName": name, "VersionNumber": int(number), "StatementId": sid}
        await r.send("lambda", "RemoveLayerVersionPermission", given, gone=_GONE)


@resource_type("AWS::Lambda::Permission")
class Permission(ResourceType):
    """Who may use a function."""

    properties = (
        "Action", "EventSourceToken", "FunctionName", "FunctionUrlAuthType", "InvokedViaFunctionUrl", "Principal",
        "PrincipalOrgID", "SourceAccount", "SourceArn",
    )  # fmt: skip
    required = ("Action", "FunctionName", "Principal")
    replaces = properties
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Add the statement."""
        r.id = r.name(100)
        given = {**r.properties, "StatementId": r.id}
        if "InvokedViaFunctionUrl" in given:
            given["InvokedViaFunctionUrl"] = given["InvokedViaFunctionUrl"] in (True, "true")
        gone = ("ResourceConflictException",) if r.repeated else ()
        await r.send("lambda", "AddPermission", given, gone=gone)
        r.attributes = {"Id": r.id}

    async def delete(self, r: Resource) -> None:
        """Take it away."""
        given = {"FunctionName": r.properties["FunctionName"], "StatementId": r.id}
        await r.send("lambda", "RemovePermission", given, gone=_GONE)


@resource_type("AWS::Lambda::EventInvokeConfig")
class EventInvokeConfig(ResourceType):
    """How asynchronous events are treated."""

    properties = (
        "DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier",
    )  # fmt: skip
    required = ("FunctionName", "Qualifier")
    replaces = ("FunctionName", "Qualifier")

    async def create(self, r: Resource) -> None:
        """Set it."""
        r.id = f"{r.properties['FunctionName']}|{r.properties['Qualifier']}"
        await self._put(r)

    async def update(self, r: Resource) -> None:
        """Set it anew."""
        await self._put(r)

    async def _put(self, r: Resource) -> None:
        given = dict(r.properties)
        for name in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts"):
            if name in given:
                try:
                    given[name] = int(given[name])
                except (TypeError, ValueError) as error:
                    raise ResourceFailed(f"{name} must be a number") from error
        await r.send("lambda", "PutFunctionEventInvokeConfig", given)

    async def delete(self, r: Resource) -> None:
        """Go back to the defaults."""
        given = {"FunctionName": r.properties["FunctionName"], "Qualifier": r.properties["Qualifier"]}
        await r.send("lambda", "DeleteFunctionEventInvokeConfig", given, gone=_GONE)
