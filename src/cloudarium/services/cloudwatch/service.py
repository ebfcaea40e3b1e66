"""The card of CloudWatch, and how other rooms feed it.

A room that measures itself counts with `cloud.meter` (gateway/meters.py), which asks nobody and costs a microsecond.
One that acts for somebody sends PutMetricData: from inside, the namespaces AWS/… are open.
"""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="cloudwatch",
    purpose="Keeps metrics as statistics that grow coarser with age, watches them with alarms, draws dashboards.",
    signing_name="monitoring",
    validation_error="ValidationException",
    usage="CloudWatch",
)
