"""DynamoDB: tables of items, their expressions, indexes, transactions, expiry and streams."""
