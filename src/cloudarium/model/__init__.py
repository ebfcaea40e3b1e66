"""AWS's own description of every operation: botocore's models, loaded lazily, with corrections as data."""

from cloudarium.model.loading import UnknownService, protocol_of, service, service_names
from cloudarium.model.service import ErrorShape, OperationModel, ServiceModel
from cloudarium.model.shapes import Shape

__all__ = [
    "ErrorShape",
    "OperationModel",
    "ServiceModel",
    "Shape",
    "UnknownService",
    "protocol_of",
    "service",
    "service_names",
]
