"""ElastiCache's decisions: no store, no clock."""
