"""ElastiCache: caches that are real Valkey servers."""
