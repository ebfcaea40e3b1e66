"""The operations of SNS, by noun."""

from cloudarium.services.sns.operations import phones, publishing, subscriptions, tags, topics

__all__ = ["phones", "publishing", "subscriptions", "tags", "topics"]
