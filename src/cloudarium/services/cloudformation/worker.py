"""The child process of this room: the SAM transform, and patterns of strangers."""

from __future__ import annotations

from cloudarium.gateway.workers import Worker

worker = Worker("cloudarium.services.cloudformation.work")
