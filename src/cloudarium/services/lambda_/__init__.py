"""AWS Lambda: functions, their versions, aliases, layers and permissions, and running them."""
