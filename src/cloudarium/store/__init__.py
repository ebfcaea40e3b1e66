"""The one crash-safe store: an SQLite file, a folder of blobs, and the outbox of what must still happen."""

from cloudarium.store.blobs import Blob, Blobs
from cloudarium.store.database import Store
from cloudarium.store.folder import DamagedFolder, FolderInUse, FolderUnusable, MigrationFailed, NewerFolder

__all__ = ["Blob", "Blobs", "DamagedFolder", "FolderInUse", "FolderUnusable", "MigrationFailed", "NewerFolder", "Store"]
