"""SQS: queues of messages, standard and FIFO."""
