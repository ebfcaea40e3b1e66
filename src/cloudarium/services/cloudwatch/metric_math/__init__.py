"""Metric math: expressions over time series. Pure: what they read comes in by a `Source`.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from cloudarium.services.cloudwatch.metric_math.evaluate import Frame, evaluate
from cloudarium.services.cloudwatch.metric_math.parser import parse
from cloudarium.services.cloudwatch.metric_math.values import MathError, Series

__all__ = ["Frame", "MathError", "Series", "evaluate", "parse"]
