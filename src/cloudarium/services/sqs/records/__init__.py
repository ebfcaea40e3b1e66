"""What SQS keeps: queues, messages, groups of FIFO queues, move tasks."""
