"""Amazon Cognito user pools: people who sign up, sign in and get tokens."""
