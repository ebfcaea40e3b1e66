"""The tests. boto3 signs and sums up in Python here, as it does for most: with awscrt at hand it would use that."""

import os

from hypothesis import HealthCheck, settings

os.environ["BOTO_DISABLE_CRT"] = "true"

# No test asserts a time: on a busy machine hypothesis would take slowness for a fault.
settings.register_profile("cloudarium", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cloudarium")
