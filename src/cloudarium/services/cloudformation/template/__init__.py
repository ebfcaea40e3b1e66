"""Templates, pure: text in, resolved resources out. No store, no clock, no room; reading.py is where to begin."""
