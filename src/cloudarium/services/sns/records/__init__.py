"""What SNS keeps: topics and subscriptions, what FIFO topics remember, text messages, the signing key."""
