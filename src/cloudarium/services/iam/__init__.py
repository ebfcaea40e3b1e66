"""AWS Identity and Access Management: users, groups, roles, their credentials and policies."""
