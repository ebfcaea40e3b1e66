"""Groups, sampling rules and policies made by CloudFormation."""

import json

ALLOW = {
    "Effect": "Allow",
    "Principal": {"Service": "sns.amazonaws.com"},
    "Action": "xray:PutTraceSegments",
    "Resource": "*",
}


def test_what_stacks_make(client, cloud):
    cloudformation, xray = client("cloudformation"), client("xray")
    document = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]})

    def template(text, rate):
        rule = {
            "RuleName": "r", "ResourceARN": "*", "Priority": 5, "FixedRate": rate, "ReservoirSize": 1,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
        }  # fmt: skip
        resources = {
            "Group": {
                "Type": "AWS::XRay::Group",
                "Properties": {"GroupName": "g", "FilterExpression": text, "Tags": [{"Key": "k", "Value": text}]},
            },
            "Rule": {"Type": "AWS::XRay::SamplingRule", "Properties": {"SamplingRule": rule}},
            "Policy": {
                "Type": "AWS::XRay::ResourcePolicy",
                "Properties": {"PolicyName": "p", "PolicyDocument": document},
            },
        }
        outputs = {"Group": {"Value": {"Fn::GetAtt": ["Group", "GroupARN"]}}, "Rule": {"Value": {"Ref": "Rule"}}}
        return json.dumps({"Resources": resources, "Outputs": outputs})

    def outputs():
        cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), stack
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    cloudformation.create_stack(StackName="s", TemplateBody=template("ok", 0.5))
    made = outputs()
    assert xray.get_group(GroupName="g")["Group"]["GroupARN"] == made["Group"]
    cloudformation.update_stack(StackName="s", TemplateBody=template("fault", "0.25"))
    assert outputs() == made
    assert xray.get_group(GroupName="g")["Group"]["FilterExpression"] == "fault"
    assert xray.list_tags_for_resource(ResourceARN=made["Group"])["Tags"][0]["Value"] == "fault"
    rules = {
        one["SamplingRule"]["RuleARN"]: one["SamplingRule"] for one in xray.get_sampling_rules()["SamplingRuleRecords"]
    }
    assert rules[made["Rule"]]["FixedRate"] == 0.25
    assert xray.list_resource_policies()["ResourcePolicies"][0]["PolicyName"] == "p"
    cloudformation.delete_stack(StackName="s")
    cloud.settle()
    assert len(xray.get_groups()["Groups"]) == len(xray.get_sampling_rules()["SamplingRuleRecords"]) == 1
    assert xray.list_resource_policies()["ResourcePolicies"] == []
