"""Tests of DynamoDB."""
