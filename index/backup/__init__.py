"""Backups of collections: consistent, incremental, checksummed; and their way back.

A *repository* is a folder for one collection: content-addressed objects, and *points*, each a manifest that names
the objects of one moment.
"""

from index.backup.backup import BackupOrder, back_up
from index.backup.point import Point
from index.backup.restore import RestoreOrder, restore

__all__ = ["BackupOrder", "Point", "RestoreOrder", "back_up", "restore"]
