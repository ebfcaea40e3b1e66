"""What user pools keep."""
