// Events by the SDK v3: a rule of a bus brings what matches to a queue; an entry that is wrong fails alone.
const bridge = require("@aws-sdk/client-eventbridge");
const queues = require("@aws-sdk/client-sqs");

const events = new bridge.EventBridgeClient({});
const sqs = new queues.SQSClient({});
const ask = (name, given) => events.send(new bridge[`${name}Command`](given));

async function failure(name, given) {
  try {
    return await ask(name, given);
  } catch (error) {
    return { name: error.name, known: error instanceof bridge[error.name], status: error.$metadata.httpStatusCode };
  }
}

async function main() {
  const [account] = process.argv.slice(2);
  const queue = `arn:aws:sqs:us-east-1:${account}:seen`;
  const statement = { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queue };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: statement });
  const { QueueUrl } = await sqs.send(new queues.CreateQueueCommand({ QueueName: "seen", Attributes: { Policy } }));
  const { EventBusArn } = await ask("CreateEventBus", { Name: "shop" });
  await ask("CreateArchive", { ArchiveName: "kept", EventSourceArn: EventBusArn, RetentionDays: 1 });
  const EventPattern = JSON.stringify({ detail: { price: [{ numeric: [">", 5] }] } });
  await ask("PutRule", { Name: "dear", EventBusName: "shop", EventPattern });
  await ask("PutTargets", { Rule: "dear", EventBusName: "shop", Targets: [{ Id: "q", Arn: queue, InputPath: "$.detail" }] });
  const entry = (Detail) => ({ EventBusName: "shop", Source: "till", DetailType: "sold", Detail, Time: new Date(0) });
  const put = await ask("PutEvents", { Entries: ['{"price": 5}', '{"price": 6}', "no"].map(entry) });
  const { Messages } = await sqs.send(new queues.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  const { Rules } = await ask("ListRules", { EventBusName: "shop" });
  const archive = await ask("DescribeArchive", { ArchiveName: "kept" });
  console.log(JSON.stringify({
    failed: [put.FailedEntryCount, put.Entries[2].ErrorCode],
    got: Messages.map(({ Body }) => Body),
    rules: Rules.map(({ Name, ManagedBy }) => [Name, ManagedBy ?? null]),
    kept: [archive.EventCount, archive.CreationTime instanceof Date],
    managed: await failure("DisableRule", { Name: "Events-Archive-kept", EventBusName: "shop" }),
    missing: await failure("DescribeRule", { Name: "none" }),
  }));
}

main();
