-- Everything in a VPC, by its id: VPCs, subnets, security groups and their rules, route tables, gateways, interfaces.
-- `data` is JSON with EC2's own member names; `parent` is what a thing lies in: a VPC, or a rule's security group.
CREATE TABLE IF NOT EXISTS vpc_resources (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    parent  TEXT NOT NULL,
    data    BLOB NOT NULL,
    PRIMARY KEY (account, region, kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS vpc_resources_by_parent ON vpc_resources (account, region, parent, kind);
