"""Amazon Cognito identity pools: whoever signed in somewhere gets an identity, and credentials of a role for it."""
