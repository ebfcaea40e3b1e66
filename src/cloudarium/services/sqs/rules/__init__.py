"""Pure decisions of SQS: what queues and messages may be."""
