"""Decisions of KMS: no store, no clock."""
