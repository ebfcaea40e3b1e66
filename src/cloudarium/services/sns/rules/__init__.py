"""What SNS takes and how it decides, without store and clock."""
