"""Find and read botocore's service models and lay the corrections over them."""

from __future__ import annotations

import gzip
import importlib.resources
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import botocore
import orjson

from cloudarium.model.service import ServiceModel


class UnknownService(KeyError):
    """botocore has no service of that name."""


@cache
def service(name: str) -> ServiceModel:
    """The model of the service that botocore calls `name`, loaded once; raises UnknownService."""
    raw = _read(name)
    _correct(raw, _corrections(name))
    return ServiceModel(name, raw)


@cache
def service_names() -> tuple[str, ...]:
    """The names of all services that botocore knows."""
    return tuple(sorted(entry.name for entry in os.scandir(_data()) if entry.is_dir()))


@lru_cache(maxsize=256)
def protocol_of(name: str) -> str:
    """The wire protocol of a service, without keeping its model; "" for a name that botocore does not know."""
    if name not in service_names():
        return ""
    metadata = _read(name)["metadata"]
    return str((metadata.get("protocols") or [metadata["protocol"]])[0])


def _data() -> Path:
    return Path(botocore.__file__).parent / "data"


def _read(name: str) -> dict[str, Any]:
    if not name or "/" in name or name.startswith("."):
        raise UnknownService(name)
    for version in sorted((_data() / name).glob("*/service-2.json*"), reverse=True):
        if version.name in ("service-2.json", "service-2.json.gz"):
            content = version.read_bytes()
            return orjson.loads(gzip.decompress(content) if version.suffix == ".gz" else content)
    raise UnknownService(name)


def _corrections(name: str) -> list[dict[str, Any]]:
    file = importlib.resources.files("cloudarium.model") / "corrections" / f"{name}.json"
    return orjson.loads(file.read_bytes()) if file.is_file() else []


def _correct(raw: dict[str, Any], corrections: list[dict[str, Any]]) -> None:
    """Merge each correction's `set` into the model; a null value removes the key."""
    for correction in corrections:
        _merge(raw, correction["set"])


def _merge(target: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value
