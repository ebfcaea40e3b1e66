"""What an update would change, told before anything is touched."""
