"""Makes a template's local code ready to deploy, as `sam build` and `sam package` do: build, zip, name by content.

What pip installs for a requirements.txt is kept apart from the code beside it: code changes all day, and pip takes
longer than everything else together.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cloudarium.runtime.interpreters import Interpreter, Interpreters, own_python

# Where each resource type keeps its local code: the property, and its form once the code is in S3.
_CODE = {
    "AWS::Serverless::Function": ("CodeUri", "uri"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "uri"),
    "AWS::Lambda::Function": ("Code", "S3"),
    "AWS::Lambda::LayerVersion": ("Content", "S3"),
    "AWS::Serverless::HttpApi": ("DefinitionUri", "uri"),
    "AWS::Serverless::Api": ("DefinitionUri", "uri"),
}
_LEFT_OUT = {"__pycache__", ".git", ".aws-sam", ".venv", "node_modules/.cache", ".pytest_cache", ".mypy_cache"}
# Requirements that name files (options, paths, archives) are installed anew whenever a file beside them has changed.
_NAMES_FILES = re.compile(rb"^\s*-|^[^#\n]*([/\\]|\.(whl|zip|tar))", re.MULTILINE)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip of the same files is the same bytes, so an unchanged deploy changes nothing


class PackagingFailed(Exception):
    """The code of a resource cannot be packaged; the message says which and why."""


@dataclass(frozen=True)
class Artifact:
    """The local code of one resource: where it is, and how it must be built."""

    logical_id: str
    member: str
    form: str
    source: Path
    layer_build: bool
    runtime: str

    @property
    def needs_pip(self) -> bool:
        """Whether requirements.txt is to be installed beside the code."""
        python = self.layer_build or self.runtime.startswith("python")
        return python and self.source.is_dir() and (self.source / "requirements.txt").exists()

    @property
    def prefix(self) -> str:
        """What the names in its zip begin with: a layer that is built is looked for below python/."""
        return "python/" if self.layer_build else ""


def artifacts(template: dict[str, Any], folder: Path) -> Iterator[Artifact]:
    """The resources of a template whose code is a local path. Raises PackagingFailed when a path does not exist."""
    defaults = _mapping(_mapping(template, "Globals"), "Function")
    resources = _mapping(template, "Resources")
    for logical_id in resources:
        resource = _mapping(resources, logical_id)
        kind = resource.get("Type")
        if not isinstance(kind, str) or kind not in _CODE:
            continue
        name, form = _CODE[kind]
        properties = _mapping(resource, "Properties")
        shared = defaults if kind == "AWS::Serverless::Function" else {}
        path = properties.get(name, shared.get(name))
        if not isinstance(path, str) or path.startswith(("s3://", "http://", "https://")):
            continue
        source = (folder / path).resolve()
        if not source.exists():
            raise PackagingFailed(f"{logical_id}: {name} {path!r} is not in {folder}")
        build = _mapping(resource, "Metadata").get("BuildMethod") if kind.endswith("LayerVersion") else None
        layer_build = isinstance(build, str) and build.startswith("python")
        runtime = str(build if layer_build else properties.get("Runtime", shared.get("Runtime", "")))
        yield Artifact(logical_id, name, form, source, layer_build, runtime)


def _mapping(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """A member that should be a mapping; what is none is CloudFormation's to refuse."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def zipped(artifact: Artifact, cache: Path) -> Path:
    """The zip of an artifact, built when its sources or requirements changed since the last time; named by content.

    Raises PackagingFailed.
    """
    if artifact.source.is_file():
        return artifact.source
    try:
        return _zipped(artifact, cache)
    except OSError as error:
        raise PackagingFailed(f"{artifact.logical_id}: {error}") from error


def _zipped(artifact: Artifact, cache: Path) -> Path:
    kept = cache / f"{_fingerprint(artifact)}.zip"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            archive = Path(work) / "built.zip"
            if artifact.needs_pip:
                _add(artifact, _libraries(artifact, cache), archive)
            else:
                _zip(archive, artifact.source, artifact.prefix)
            os.replace(archive, kept)
    return kept


def _add(artifact: Artifact, libraries: Path, archive: Path) -> None:
    """Put an artifact's own files beside its libraries; where both have a file, its own counts."""
    shutil.copyfile(libraries, archive)
    own = {artifact.prefix + str(path.relative_to(artifact.source)) for path in _files(artifact.source)}
    with zipfile.ZipFile(libraries) as installed:
        if not own.isdisjoint(installed.namelist()):
            others = [each for each in installed.infolist() if each.filename not in own]
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
                for each in others:
                    out.writestr(each, installed.read(each))
    _zip(archive, artifact.source, artifact.prefix)


def _libraries(artifact: Artifact, cache: Path) -> Path:
    """The zip of what pip installs for an artifact; made once for the same requirements, interpreter and place."""
    requirements = artifact.source / "requirements.txt"
    wanted = requirements.read_bytes()
    beside = _fingerprint(artifact) if _NAMES_FILES.search(wanted) else ""
    known = repr((wanted, _python(artifact.runtime).version, artifact.prefix, beside))
    kept = cache / f"libraries-{hashlib.sha256(known.encode()).hexdigest()}.zip"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=cache) as work:
            target, archive = Path(work) / "installed", Path(work) / "installed.zip"
            _pip_install(artifact, requirements, target)
            _zip(archive, target, artifact.prefix)
            os.replace(archive, kept)
    return kept


def key_of(path: Path) -> str:
    """The S3 key of a package: its MD5, as SAM names them."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def point_to_s3(template: dict[str, Any], artifact: Artifact, bucket: str, key: str) -> None:
    """Let the resource take its code from S3."""
    resource = template["Resources"][artifact.logical_id]
    properties = resource["Properties"] = _mapping(resource, "Properties")
    if artifact.form == "S3":
        properties[artifact.member] = {"S3Bucket": bucket, "S3Key": key}
    else:
        properties[artifact.member] = f"s3://{bucket}/{key}"


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        dangling = path.is_symlink() and not path.exists()  # whoever reads it tells that it leads nowhere
        if (path.is_file() or dangling) and not _LEFT_OUT & set(path.relative_to(folder).parts):
            yield path


def _fingerprint(artifact: Artifact) -> str:
    python = _python(artifact.runtime).version if artifact.needs_pip else ""
    digest = hashlib.sha256(repr((artifact.layer_build, artifact.needs_pip, python)).encode())
    for path in _files(artifact.source):
        digest.update(f"\0{path.relative_to(artifact.source)}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _python(runtime: str) -> Interpreter:
    """The Python that the cloud takes for a runtime: compiled libraries must be made for that one."""
    if not re.fullmatch(r"python3\.\d{1,2}", runtime):
        return own_python()
    return asyncio.run(Interpreters().of(runtime))


def _pip_install(artifact: Artifact, requirements: Path, target: Path) -> None:
    """Install for the Python that will run it here: functions run on this machine, whatever Architectures says."""
    python = _python(artifact.runtime)
    other = [] if python.program == own_python().program else ["--python", python.program]
    command = [
        sys.executable, "-m", "pip", *other, "install", "--quiet", "--disable-pip-version-check", "--no-compile",
        "--requirement", str(requirements), "--target", str(target),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = [line for line in done.stderr.splitlines() if line.strip()][-3:]
        raise PackagingFailed(f"{artifact.logical_id}: pip could not install its requirements: {' '.join(last)}")
    for leftover in ("bin", "__pycache__"):
        shutil.rmtree(target / leftover, ignore_errors=True)


def _zip(archive: Path, folder: Path, prefix: str) -> None:
    """Add a folder's files to a zip, which is made where there is none."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        for path in _files(folder):
            info = zipfile.ZipInfo(prefix + str(path.relative_to(folder)), _EPOCH)
            info.external_attr = (0o755 if path.stat().st_mode & 0o111 else 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(info, path.read_bytes())


def stack_name_for(template: Path) -> str:
    """A stack's name from where the template lies: the folder's name as CloudFormation allows it."""
    name = re.sub(r"[^A-Za-z0-9-]+", "-", template.resolve().parent.name).strip("-")
    return name if name[:1].isalpha() else f"stack-{name}"
