"""What a room shows of itself in accounts and regions side by side, and the samples of rooms that send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NAME = "same"
Clients = Callable[[str], Any]  # by service, all of one scope


class Sample:
    """How a room makes, shows, changes, tags, lists and deletes something called NAME, told apart by its `value`."""

    regional = True
    taggable = True

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    def make(self, value: str) -> None: ...

    def names(self) -> list[str]: ...  # type: ignore[empty-body]

    def value(self) -> str: ...  # type: ignore[empty-body]

    def change(self, value: str) -> None: ...

    def delete(self) -> None: ...

    def tag(self, value: str) -> None: ...

    def tags(self) -> dict[str, str]: ...  # type: ignore[empty-body]


class SecurityGroup(Sample):
    """In the default VPC; its one rule is the value."""

    def make(self, value: str) -> None:
        self.clients("ec2").create_security_group(GroupName=NAME, Description="d")
        self.change(value)

    def _groups(self) -> list[dict[str, Any]]:
        return self.clients("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": [NAME]}])[
            "SecurityGroups"
        ]

    def names(self) -> list[str]:
        return [each["GroupName"] for each in self._groups()]

    def value(self) -> str:
        return self._groups()[0]["IpPermissions"][0]["IpRanges"][0]["Description"]

    def change(self, value: str) -> None:
        group = self._groups()[0]
        named = {"GroupId": group["GroupId"]}
        if group["IpPermissions"]:
            self.clients("ec2").revoke_security_group_ingress(**named, IpPermissions=group["IpPermissions"])
        rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}
        peers = [{"CidrIp": "10.0.0.0/8", "Description": value}]
        rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": peers}
        self.clients("ec2").authorize_security_group_ingress(**named, IpPermissions=[rule])

    def delete(self) -> None:
        self.clients("ec2").delete_security_group(GroupName=NAME)

    def tag(self, value: str) -> None:
        id = self._groups()[0]["GroupId"]
        self.clients("ec2").create_tags(Resources=[id], Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        return {each["Key"]: each["Value"] for each in self._groups()[0].get("Tags", [])}


class MailTemplate(Sample):
    taggable = False  # by the first API nothing is

    def make(self, value: str) -> None:
        self.clients("ses").create_template(Template={"TemplateName": NAME, "SubjectPart": value})

    def names(self) -> list[str]:
        return [each["Name"] for each in self.clients("ses").list_templates()["TemplatesMetadata"]]

    def value(self) -> str:
        return self.clients("ses").get_template(TemplateName=NAME)["Template"]["SubjectPart"]

    def change(self, value: str) -> None:
        self.clients("ses").update_template(Template={"TemplateName": NAME, "SubjectPart": value})

    def delete(self) -> None:
        self.clients("ses").delete_template(TemplateName=NAME)


class ConfigurationSet(Sample):
    def _arn(self) -> str:
        scope = self.clients("sts").get_caller_identity()["Account"]
        return f"arn:aws:ses:{self.clients('sesv2').meta.region_name}:{scope}:configuration-set/{NAME}"

    def make(self, value: str) -> None:
        self.clients("sesv2").create_configuration_set(ConfigurationSetName=NAME)
        self.change(value)

    def names(self) -> list[str]:
        return self.clients("sesv2").list_configuration_sets()["ConfigurationSets"]

    def value(self) -> str:
        found = self.clients("sesv2").get_configuration_set(ConfigurationSetName=NAME)["Tags"]
        return next(each["Value"] for each in found if each["Key"] == "value")

    def change(self, value: str) -> None:
        self.clients("sesv2").tag_resource(ResourceArn=self._arn(), Tags=[{"Key": "value", "Value": value}])

    def delete(self) -> None:
        self.clients("sesv2").delete_configuration_set(ConfigurationSetName=NAME)

    def tag(self, value: str) -> None:
        self.clients("sesv2").tag_resource(ResourceArn=self._arn(), Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        found = self.clients("sesv2").list_tags_for_resource(ResourceArn=self._arn())["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found if tag["Key"] != "value"}


class CacheUser(Sample):
    """The keys that the user of a cache may read are the value."""

    def make(self, value: str) -> None:
        given = {"UserId": NAME, "UserName": NAME, "Engine": "valkey", "NoPasswordRequired": True}
        self.clients("elasticache").create_user(**given, AccessString=f"on ~{value.replace(' ', '_')} +get")

    def _users(self) -> list[dict[str, Any]]:
        return [each for each in self.clients("elasticache").describe_users()["Users"] if each["UserId"] != "default"]

    def names(self) -> list[str]:
        return [each["UserId"] for each in self._users()]

    def value(self) -> str:
        return self._users()[0]["AccessString"].split()[1][1:].replace("_", " ")

    def change(self, value: str) -> None:
        self.clients("elasticache").modify_user(UserId=NAME, AccessString=f"on ~{value.replace(' ', '_')} +get")

    def delete(self) -> None:
        self.clients("elasticache").delete_user(UserId=NAME)

    def tag(self, value: str) -> None:
        tags = [{"Key": "k", "Value": value}]
        self.clients("elasticache").add_tags_to_resource(ResourceName=self._users()[0]["ARN"], Tags=tags)

    def tags(self) -> dict[str, str]:
        found = self.clients("elasticache").list_tags_for_resource(ResourceName=self._users()[0]["ARN"])["TagList"]
        return {tag["Key"]: tag["Value"] for tag in found}


class Queue(Sample):
    """The one message in it is the value."""

    def _url(self) -> str:
        return self.clients("sqs").get_queue_url(QueueName=NAME)["QueueUrl"]

    def make(self, value: str) -> None:
        self.clients("sqs").create_queue(QueueName=NAME)
        self.change(value)

    def names(self) -> list[str]:
        return [url.rpartition("/")[2] for url in self.clients("sqs").list_queues().get("QueueUrls", [])]

    def value(self) -> str:
        got = self.clients("sqs").receive_message(QueueUrl=self._url(), VisibilityTimeout=0)["Messages"]
        return got[0]["Body"]

    def change(self, value: str) -> None:
        sqs = self.clients("sqs")
        for message in sqs.receive_message(QueueUrl=self._url()).get("Messages", []):
            sqs.delete_message(QueueUrl=self._url(), ReceiptHandle=message["ReceiptHandle"])
        sqs.send_message(QueueUrl=self._url(), MessageBody=value)

    def delete(self) -> None:
        self.clients("sqs").delete_queue(QueueUrl=self._url())

    def tag(self, value: str) -> None:
        self.clients("sqs").tag_queue(QueueUrl=self._url(), Tags={"k": value})

    def tags(self) -> dict[str, str]:
        return self.clients("sqs").list_queue_tags(QueueUrl=self._url()).get("Tags", {})


class Topic(Sample):
    def _arn(self) -> str:
        clients = self.clients
        place = f"{clients('sns').meta.region_name}:{clients('sts').get_caller_identity()['Account']}"
        return f"arn:aws:sns:{place}:{NAME}"

    def make(self, value: str) -> None:
        self.clients("sns").create_topic(Name=NAME, Attributes={"DisplayName": value})

    def names(self) -> list[str]:
        return [each["TopicArn"].rpartition(":")[2] for each in self.clients("sns").list_topics()["Topics"]]

    def value(self) -> str:
        return self.clients("sns").get_topic_attributes(TopicArn=self._arn())["Attributes"]["DisplayName"]

    def change(self, value: str) -> None:
        given = {"AttributeName": "DisplayName", "AttributeValue": value}
        self.clients("sns").set_topic_attributes(TopicArn=self._arn(), **given)

    def delete(self) -> None:
        self.clients("sns").delete_topic(TopicArn=self._arn())

    def tag(self, value: str) -> None:
        self.clients("sns").tag_resource(ResourceArn=self._arn(), Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        found = self.clients("sns").list_tags_for_resource(ResourceArn=self._arn())["Tags"]
        return {each["Key"]: each["Value"] for each in found}


class Alarm(Sample):
    def make(self, value: str) -> None:
        self.clients("cloudwatch").put_metric_alarm(
            AlarmName=NAME, AlarmDescription=value, Namespace="shop", MetricName="m", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip

    def _found(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.clients("cloudwatch").describe_alarms()["MetricAlarms"]
        return found

    def names(self) -> list[str]:
        return [each["AlarmName"] for each in self._found()]

    def value(self) -> str:
        return str(self._found()[0]["AlarmDescription"])

    def change(self, value: str) -> None:
        self.make(value)

    def delete(self) -> None:
        self.clients("cloudwatch").delete_alarms(AlarmNames=[NAME])

    def tag(self, value: str) -> None:
        arn = self._found()[0]["AlarmArn"]
        self.clients("cloudwatch").tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        arn = self._found()[0]["AlarmArn"]
        found = self.clients("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}


class Bus(Sample):
    def make(self, value: str) -> None:
        self.clients("events").create_event_bus(Name=NAME, Description=value)

    def names(self) -> list[str]:
        found = [bus["Name"] for bus in self.clients("events").list_event_buses()["EventBuses"]]
        found.remove("default")
        return found

    def value(self) -> str:
        return self.clients("events").describe_event_bus(Name=NAME)["Description"]

    def change(self, value: str) -> None:
        self.clients("events").update_event_bus(Name=NAME, Description=value)

    def delete(self) -> None:
        self.clients("events").delete_event_bus(Name=NAME)

    def _arn(self) -> str:
        return self.clients("events").describe_event_bus(Name=NAME)["Arn"]

    def tag(self, value: str) -> None:
        self.clients("events").tag_resource(ResourceARN=self._arn(), Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        found = self.clients("events").list_tags_for_resource(ResourceARN=self._arn())["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}


class Parameter(Sample):
    def make(self, value: str) -> None:
        self.clients("ssm").put_parameter(Name=NAME, Value=value, Type="String")

    def names(self) -> list[str]:
        return [each["Name"] for each in self.clients("ssm").describe_parameters()["Parameters"]]

    def value(self) -> str:
        return self.clients("ssm").get_parameter(Name=NAME)["Parameter"]["Value"]

    def change(self, value: str) -> None:
        self.clients("ssm").put_parameter(Name=NAME, Value=value, Type="String", Overwrite=True)

    def delete(self) -> None:
        self.clients("ssm").delete_parameter(Name=NAME)

    def tag(self, value: str) -> None:
        tags = [{"Key": "k", "Value": value}]
        self.clients("ssm").add_tags_to_resource(ResourceType="Parameter", ResourceId=NAME, Tags=tags)

    def tags(self) -> dict[str, str]:
        found = self.clients("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=NAME)["TagList"]
        return {tag["Key"]: tag["Value"] for tag in found}


class TraceGroup(Sample):
    def make(self, value: str) -> None:
        self.clients("xray").create_group(GroupName=NAME, FilterExpression=f'user = "{value}"')

    def names(self) -> list[str]:
        found = [group["GroupName"] for group in self.clients("xray").get_groups()["Groups"]]
        found.remove("Default")
        return found

    def _group(self) -> dict[str, Any]:
        return self.clients("xray").get_group(GroupName=NAME)["Group"]

    def value(self) -> str:
        return self._group()["FilterExpression"].split('"')[1]

    def change(self, value: str) -> None:
        self.clients("xray").update_group(GroupName=NAME, FilterExpression=f'user = "{value}"')

    def delete(self) -> None:
        self.clients("xray").delete_group(GroupName=NAME)

    def tag(self, value: str) -> None:
        arn = self._group()["GroupARN"]
        self.clients("xray").tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        found = self.clients("xray").list_tags_for_resource(ResourceARN=self._group()["GroupARN"])["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}


class ScheduleGroup(Sample):
    """Its one tag beside the tested ones is the value."""

    def make(self, value: str) -> None:
        self.clients("scheduler").create_schedule_group(Name=NAME)
        self.change(value)

    def names(self) -> list[str]:
        found = [each["Name"] for each in self.clients("scheduler").list_schedule_groups()["ScheduleGroups"]]
        found.remove("default")
        return found

    def _arn(self) -> str:
        return self.clients("scheduler").get_schedule_group(Name=NAME)["Arn"]

    def value(self) -> str:
        return self._tags()["value"]

    def change(self, value: str) -> None:
        tags = [{"Key": "value", "Value": value}]
        self.clients("scheduler").tag_resource(ResourceArn=self._arn(), Tags=tags)

    def delete(self) -> None:
        self.clients("scheduler").delete_schedule_group(Name=NAME)

    def tag(self, value: str) -> None:
        self.clients("scheduler").tag_resource(ResourceArn=self._arn(), Tags=[{"Key": "k", "Value": value}])

    def _tags(self) -> dict[str, str]:
        found = self.clients("scheduler").list_tags_for_resource(ResourceArn=self._arn())["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    def tags(self) -> dict[str, str]:
        return {key: value for key, value in self._tags().items() if key != "value"}


class ChangeStream(Sample):
    """Of a table; what changed last is the value. It stays for a day when its table goes, but has ended."""

    taggable = False

    def make(self, value: str) -> None:
        self.clients("dynamodb").create_table(
            TableName=NAME, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )  # fmt: skip
        self.change(value)

    def _described(self) -> list[dict[str, Any]]:
        streams = self.clients("dynamodbstreams")
        arns = [each["StreamArn"] for each in streams.list_streams()["Streams"]]
        found = [streams.describe_stream(StreamArn=arn)["StreamDescription"] for arn in arns]
        return [each for each in found if each["StreamStatus"] == "ENABLED"]

    def names(self) -> list[str]:
        return [each["TableName"] for each in self._described()]

    def value(self) -> str:
        (stream,) = self._described()
        place = {"ShardId": stream["Shards"][0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        streams = self.clients("dynamodbstreams")
        iterator = streams.get_shard_iterator(StreamArn=stream["StreamArn"], **place)["ShardIterator"]
        return streams.get_records(ShardIterator=iterator)["Records"][-1]["dynamodb"]["Keys"]["id"]["S"]

    def change(self, value: str) -> None:
        self.clients("dynamodb").put_item(TableName=NAME, Item={"id": {"S": value}})

    def delete(self) -> None:
        self.clients("dynamodb").delete_table(TableName=NAME)
