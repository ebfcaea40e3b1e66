"""Calls of S3 that succeed, and what they need."""

from tests.permissions.examples.s3 import buckets, objects, uploads
from tests.permissions.examples.s3.places import EXAMPLES

__all__ = ["EXAMPLES", "buckets", "objects", "uploads"]
