"""What EventBridge decides without looking at anything it keeps."""
