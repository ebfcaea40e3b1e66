"""Caches: each a real Valkey server of its own, and the front that clients connect to."""

from cloudarium.runtime.caches.front import Front, Gate, Pass, Traffic
from cloudarium.runtime.caches.valkey import EngineFailed, EngineMissing, Valkey

__all__ = ["EngineFailed", "EngineMissing", "Front", "Gate", "Pass", "Traffic", "Valkey"]
