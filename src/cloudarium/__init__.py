"""Cloudarium: AWS under glass."""

__version__ = "0.1.0"
