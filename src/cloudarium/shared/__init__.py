"""What every part may use: ARNs, errors, ids, paging, tags and the clock."""
