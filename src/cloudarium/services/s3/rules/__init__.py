"""What S3 decides without looking at its store: names, checksums, ranges, conditions, lists, configurations."""
