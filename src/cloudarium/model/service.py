"""A service, its operations and its errors, as botocore's model describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cloudarium.model.shapes import Shape, Shapes


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """An error that a service can answer: its shape's name and what each protocol needs of it."""

    name: str
    query_code: str
    status: int
    sender_fault: bool
    shape: Shape | None

    @property
    def members(self) -> Mapping[str, Shape]:
        """The members of the error's shape."""
        return self.shape.members if self.shape else {}


class OperationModel:
    """One operation of a service. `compiled` caches what codecs and validators made of it."""

    def __init__(self, service: ServiceModel, name: str, raw: Mapping[str, Any]) -> None:
        self.service = service
        self.name = name
        http = raw.get("http", {})
        self.method: str = http.get("method", "POST")
        self.uri: str = http.get("requestUri", "/")
        self.http_status: int = int(http.get("responseCode", 200))
        self.deprecated: bool = bool(raw.get("deprecated"))
        self.auth: tuple[str, ...] = tuple(raw.get("auth", ()))
        self.unsigned: bool = raw.get("authtype") == "none" or "smithy.api#noAuth" in self.auth
        self.raw = raw
        self.compiled: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"OperationModel({self.service.name}:{self.name})"

    @cached_property
    def input(self) -> Shape | None:
        """The input structure, or None where the operation takes nothing."""
        return self.service.shapes.resolve(self.raw["input"]) if "input" in self.raw else None

    @cached_property
    def output(self) -> Shape | None:
        """The output structure, or None where the operation answers nothing."""
        return self.service.shapes.resolve(self.raw["output"]) if "output" in self.raw else None

    @cached_property
    def errors(self) -> tuple[str, ...]:
        """The names of the error shapes that the model lists for this operation."""
        return tuple(error["shape"] for error in self.raw.get("errors", ()))

    @cached_property
    def input_members(self) -> tuple[str, ...]:
        """The names of the top-level input members."""
        return tuple(self.input.members) if self.input else ()

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The names of the required top-level input members."""
        return self.input.required if self.input else ()

    @cached_property
    def streaming_input(self) -> str | None:
        """The input member whose bytes stay a stream (S3 PutObject's Body), or None."""
        return self.input.streaming if self.input else None

    @cached_property
    def streaming_output(self) -> str | None:
        """The output member that may be an asynchronous stream of bytes, or None."""
        return self.output.streaming if self.output else None


class Operations(Mapping[str, OperationModel]):
    """The operations of a service by name, made on first use."""

    def __init__(self, service: ServiceModel, raw: Mapping[str, Any]) -> None:
        self._service = service
        self._raw = raw
        self._made: dict[str, OperationModel] = {}

    def find(self, name: str) -> OperationModel | None:
        """The operation of this name, None when there is none: asked once for every call."""
        return self._made.get(name) or (self[name] if name in self._raw else None)

    def former(self) -> Iterator[tuple[str, OperationModel]]:
        """The operations that older clients send in another way (`formerly` of the corrections), each with what `find`
        knows it by."""
        for name, changed in self._service.metadata.get("formerly", {}).items():
            key = f"{name} as before"
            self._made[key] = OperationModel(self._service, name, {**self._raw[name], **changed})
            yield key, self._made[key]

    def __getitem__(self, name: str) -> OperationModel:
        operation = self._made.get(name)
        if operation is None:
            operation = self._made[name] = OperationModel(self._service, name, self._raw[name])
        return operation

    def __contains__(self, name: object) -> bool:
        return name in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class ServiceModel:
    """One service as botocore describes it. `compiled` caches what codecs made of its shapes."""

    def __init__(self, name: str, raw: Mapping[str, Any]) -> None:
        metadata = raw["metadata"]
        self.name = name
        self.metadata: Mapping[str, Any] = metadata
        self.protocols: tuple[str, ...] = tuple(metadata.get("protocols") or (metadata["protocol"],))
        self.endpoint_prefix: str = metadata.get("endpointPrefix", name)
        self.signing_name: str = metadata.get("signingName") or self.endpoint_prefix
        self.target_prefix: str = metadata.get("targetPrefix", "")
        self.json_version: str = metadata.get("jsonVersion", "1.0")
        self.api_version: str = metadata["apiVersion"]
        self.xml_namespace: str = metadata.get("xmlNamespace", "")
        self.service_id: str = metadata.get("serviceId", name)
        self.query_compatible: bool = "awsQueryCompatible" in metadata
        self.shapes = Shapes(raw["shapes"])
        self.operations = Operations(self, raw["operations"])
        self.compiled: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"ServiceModel({self.name})"

    @cached_property
    def errors(self) -> Mapping[str, ErrorShape]:
        """Every error by its shape's name; a query code finds the same error unless it is another shape's name."""
        found: dict[str, ErrorShape] = {}
        for name, raw in self.shapes.raw.items():
            if raw.get("exception") or "error" in raw:
                found[name] = self._error(name, raw)
        for error in list(found.values()):
            found.setdefault(error.query_code, error)
        return found

    def _error(self, name: str, raw: Mapping[str, Any]) -> ErrorShape:
        trait = raw.get("error", {})
        status = int(trait.get("httpStatusCode", 500 if raw.get("fault") else 400))
        sender = bool(trait.get("senderFault", status < 500))
        return ErrorShape(name, trait.get("code", name), status, sender, self.shapes.resolve({"shape": name}))

    def error_shape(self, code: str) -> ErrorShape | None:
        """The error with this shape name or query code, or None where the model has no such error."""
        return self.errors.get(code)
