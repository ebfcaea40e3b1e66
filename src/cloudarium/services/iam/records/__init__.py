"""What IAM keeps: entities (users, groups, roles, instance profiles), policies, credentials."""
