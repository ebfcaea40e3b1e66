"""Tests of Cognito user pools."""
