"""What CloudWatch decides without store and clock."""
