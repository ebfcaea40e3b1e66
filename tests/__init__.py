"""The tests. boto3 signs and sums up in Python here, as it does for most: with awscrt at hand it would use that."""

import os

os.environ["BOTO_DISABLE_CRT"] = "true"
