// Queues by the SDK v3, which checks the digests of all that it sends and receives, and reads errors by their names.
const sdk = require("@aws-sdk/client-sqs");

const sqs = new sdk.SQSClient({});
const ask = (name, given) => sqs.send(new sdk[`${name}Command`](given));

async function worker(QueueUrl, count) {
  const got = [];
  while (got.length < count) {
    const { Messages = [] } = await ask("ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
    got.push(...Messages);
    if (Messages.length) {
      const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }));
      await ask("DeleteMessageBatch", { QueueUrl, Entries });
    }
  }
  return got;
}

async function failure(name, given) {
  try {
    return await ask(name, given);
  } catch (error) {
    return { name: error.name, type: error instanceof sdk.SQSServiceException, status: error.$metadata.httpStatusCode };
  }
}

async function main() {
  const said = {};
  const { QueueUrl } = await ask("CreateQueue", { QueueName: "js", tags: { team: "red" } });
  const working = worker(QueueUrl, 12);
  const MessageAttributes = {
    text: { DataType: "String", StringValue: "ä€😀" },
    number: { DataType: "Number.int", StringValue: "42" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 1, 255]) },
  };
  await ask("SendMessage", { QueueUrl, MessageBody: "with <attributes> & \"quotes\"", MessageAttributes });
  const Entries = [...Array(10).keys()].map((n) => ({ Id: `${n}`, MessageBody: `m${n}`, MessageAttributes }));
  said.batch = (await ask("SendMessageBatch", { QueueUrl, Entries })).Successful.length;
  await ask("SendMessage", { QueueUrl, MessageBody: "x".repeat(1048576) });
  const got = await working;
  said.bodies = got.map(({ Body }) => (Body.length < 100 ? Body : Body.length)).sort();
  said.bytes = [...got.find(({ Body }) => Body === "m1").MessageAttributes.bytes.BinaryValue];
  said.count = got[0].Attributes.ApproximateReceiveCount;

  const fifo = (await ask("CreateQueue", { QueueName: "js.fifo", Attributes: { FifoQueue: "true", ContentBasedDeduplication: "true" } })).QueueUrl;
  for (const body of ["1", "2", "2", "3"]) await ask("SendMessage", { QueueUrl: fifo, MessageBody: body, MessageGroupId: "g" });
  said.ordered = (await worker(fifo, 3)).map(({ Body }) => Body);

  said.missing = await failure("GetQueueUrl", { QueueName: "nothing" });
  said.handle = await failure("DeleteMessage", { QueueUrl, ReceiptHandle: "nothing" });
  said.empty = await ask("ReceiveMessage", { QueueUrl }).then(({ Messages }) => Messages ?? null);
  console.log(JSON.stringify(said));
}

main();
