"""Parameters and log groups made by CloudFormation."""

import json


def test_a_parameter_and_a_log_group(client, account, cloud):
    cloudformation, ssm, logs = client("cloudformation"), client("ssm"), client("logs")

    def template(value, days):
        return {
            "Resources": {
                "Parameter": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {"Name": "/app/a", "Type": "String", "Value": value, "Tags": {"k": value}},
                },
                "Group": {
                    "Type": "AWS::Logs::LogGroup",
                    "Properties": {"RetentionInDays": days, "Tags": [{"Key": "k", "Value": "v"}]},
                },
                "Stream": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "Group"}}},
            },
            "Outputs": {
                "Value": {"Value": {"Fn::GetAtt": ["Parameter", "Value"]}},
                "Group": {"Value": {"Ref": "Group"}},
                "Arn": {"Value": {"Fn::GetAtt": ["Group", "Arn"]}},
            },
        }

    def outputs():
        cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), stack
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(template("one", 7)))
    made = outputs()
    assert made["Value"] == "one" and ssm.get_parameter(Name="/app/a")["Parameter"]["Value"] == "one"
    assert made["Arn"] == f"arn:aws:logs:us-east-1:{account}:log-group:{made['Group']}:*"
    [group] = logs.describe_log_groups()["logGroups"]
    assert group["logGroupName"] == made["Group"] and group["retentionInDays"] == 7
    assert len(logs.describe_log_streams(logGroupName=made["Group"])["logStreams"]) == 1
    cloudformation.update_stack(StackName="s", TemplateBody=json.dumps(template("two", "14")))
    assert outputs()["Value"] == "two"
    assert ssm.get_parameter(Name="/app/a")["Parameter"]["Version"] == 2
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/a")["TagList"]
    assert {"Key": "k", "Value": "two"} in tags
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 14
    cloudformation.delete_stack(StackName="s")
    cloud.settle()
    assert logs.describe_log_groups()["logGroups"] == [] and ssm.describe_parameters()["Parameters"] == []
