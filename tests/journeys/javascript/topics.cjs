// A topic, a queue and a web server at its end, by the SDK v3; AWS's own sns-validator judges what arrives.
const http = require("http");
const { SNSClient, CreateTopicCommand, SubscribeCommand, PublishCommand, PublishBatchCommand, ConfirmSubscriptionCommand } = require("@aws-sdk/client-sns");
const { SQSClient, CreateQueueCommand, SetQueueAttributesCommand, ReceiveMessageCommand } = require("@aws-sdk/client-sqs");
const MessageValidator = require("sns-validator");

const [account] = process.argv.slice(2);
const sns = new SNSClient({});
const sqs = new SQSClient({});
const validator = new MessageValidator(/^127\.0\.0\.1:\d+$/);

function validated(message) {
  return new Promise((resolve) => validator.validate(message, (error) => resolve(error ? error.message : "valid")));
}

function listening(got) {
  return new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        got(request.headers["x-amz-sns-message-type"], JSON.parse(body));
        response.end();
      });
    });
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

async function main() {
  const said = {};
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "js", Attributes: { SignatureVersion: "2" } }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "js" }));
  const queue = `arn:aws:sqs:us-east-1:${account}:js`;
  const Statement = { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queue, Condition: { ArnEquals: { "aws:SourceArn": TopicArn } } };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) } }));
  const filter = { FilterPolicy: JSON.stringify({ kind: [{ prefix: "order" }] }) };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queue, Attributes: filter }));

  const kind = (StringValue) => ({ kind: { DataType: "String", StringValue } });
  await sns.send(new PublishCommand({ TopicArn, Message: "not for the queue", MessageAttributes: kind("other") }));
  const PublishBatchRequestEntries = [{ Id: "a", Message: "for the queue", Subject: "Ä", MessageAttributes: kind("order-1") }];
  said.batch = (await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }))).Successful.length;
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 }));
  const message = JSON.parse(Messages[0].Body);
  said.queue = { message: message.Message, count: Messages.length, signature: await validated(message) };
  said.changed = await validated({ ...message, Message: "changed" });

  const waiting = [];
  const came = [];
  const server = await listening((type, body) => (waiting.length ? waiting.shift()(body) : came.push(body)));
  const next = () => (came.length ? Promise.resolve(came.shift()) : new Promise((resolve) => waiting.push(resolve)));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint: `http://127.0.0.1:${server.address().port}/` }));
  const asked = await next();
  said.confirmation = await validated(asked);
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: asked.Token }));
  await sns.send(new PublishCommand({ TopicArn, Message: "to the server" }));
  const told = await next();
  said.server = { message: told.Message, signature: await validated(told) };
  server.close();
  server.closeAllConnections();
  console.log(JSON.stringify(said));
}

main();
