"""Signing in: from the first step over the challenges to the tokens."""
