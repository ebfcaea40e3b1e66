"""The buckets and objects of S3's examples."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Examples, Stage

EXAMPLES = Examples()


def arn(bucket: str, key: str = "") -> str:
    """The ARN of a bucket, or of an object in it."""
    return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")


def new_bucket(at: Stage) -> str:
    """A bucket of the operation's own; its name says the account, so that another account is tried on it too."""
    name = f"{at.name}-{at.account}"
    at.root().create_bucket(Bucket=name)
    return name


def shared(at: Stage) -> str:
    """A versioned bucket for the examples of objects."""
    name = f"shared-{at.account}"
    at.root().create_bucket(Bucket=name)
    at.root().put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def place(at: Stage) -> dict[str, Any]:
    """A key of the operation's own in the shared bucket."""
    return {"Bucket": at.once(shared), "Key": at.name}


def put(at: Stage, **settings: Any) -> dict[str, Any]:
    """A tagged object at the operation's own key; the answer to the put."""
    return at.root().put_object(**place(at), Body=b"content", Tagging="a=1", **settings)
