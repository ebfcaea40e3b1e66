"""The sign-in pages of a pool and its OAuth 2.0 endpoints."""
