"""What Scheduler decides without looking at anything it keeps."""
