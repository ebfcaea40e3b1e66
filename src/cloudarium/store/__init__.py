"""The one crash-safe store: an SQLite file, a folder of blobs, and the outbox of what must still happen."""

from cloudarium.store.blobs import Blob, Blobs
from cloudarium.store.database import FolderInUse, NewerFolder, Store
from cloudarium.store.migrations import MigrationFailed

__all__ = ["Blob", "Blobs", "FolderInUse", "MigrationFailed", "NewerFolder", "Store"]
