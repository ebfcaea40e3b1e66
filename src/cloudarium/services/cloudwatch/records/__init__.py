"""What CloudWatch keeps: metrics with their points, alarms with their history, dashboards."""
