"""Cognito's post-confirmation trigger: who has signed up becomes a customer and gets a welcome mail.

Cognito waits for the answer and asks three times at most when there is none, so both steps may be done twice: the
customer is put once, and a second welcome is better than none. A mail that cannot be sent keeps nobody out. Should the
table not answer at all, the account is confirmed without its customer: README.md says what to do before production.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import event_source
from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import PostConfirmationTriggerEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import BotoCoreError, ClientError

from shop import mail
from shop import table as shop

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])

SIGNED_UP = "PostConfirmation_ConfirmSignUp"  # the other trigger source is a forgotten password


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_source(data_class=PostConfirmationTriggerEvent)
def handler(event: PostConfirmationTriggerEvent, context: LambdaContext) -> dict[str, Any]:
    """Answer Cognito with its own event, as every trigger does."""
    if event.trigger_source == SIGNED_UP:
        attributes = event.request.user_attributes
        add(attributes["sub"], attributes["name"], attributes["email"])
        greet(attributes["sub"], attributes["name"], attributes["email"])
    return event.raw_event


@tracer.capture_method(capture_response=False)
def add(customer_id: str, name: str, email: str) -> None:
    """Put the customer, unless an earlier run of the trigger has."""
    moment = shop.now()
    customer = {"id": customer_id, "name": name, "email": email, "created_at": moment, "updated_at": moment}
    try:
        shop.table().put_item(
            Item={**shop.customer_key(customer_id), **customer}, ConditionExpression=Attr("pk").not_exists()
        )
    except ClientError as error:
        if shop.error_code(error) != "ConditionalCheckFailedException":
            raise
        return
    metrics.add_metric("CustomersCreated", MetricUnit.Count, 1)
    logger.info("customer created", extra={"customer_id": customer_id})


@tracer.capture_method(capture_response=False)
def greet(customer_id: str, name: str, email: str) -> None:
    """Send the welcome mail; when that fails, the log and a metric say so."""
    try:
        message_id = mail.send(email, {"name": name})
    except (ClientError, BotoCoreError):
        logger.exception("the welcome mail was not sent", extra={"customer_id": customer_id})
        metrics.add_metric("WelcomeMailsFailed", MetricUnit.Count, 1)
        return
    metrics.add_metric("WelcomeMailsSent", MetricUnit.Count, 1)
    logger.info("welcome mail sent", extra={"customer_id": customer_id, "message_id": message_id})
