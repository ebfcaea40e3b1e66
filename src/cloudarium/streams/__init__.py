"""Streams of changes: what both of DynamoDB's rooms (`dynamodb`, which writes them, and `dynamodbstreams`) stand on.

The two APIs are two rooms with one state, and rooms never import rooms; so what they share lies below them.
"""
