// A program as a JavaScript backend has it. It knows nothing of where it runs: endpoint, region and credentials come from
// the environment. Prints what it saw as one JSON document.
const { readFileSync } = require("node:fs");
const { DynamoDBClient, CreateTableCommand, waitUntilTableExists } = require("@aws-sdk/client-dynamodb");
const { DynamoDBDocumentClient, PutCommand, GetCommand, QueryCommand } = require("@aws-sdk/lib-dynamodb");
const { S3Client, CreateBucketCommand, PutObjectCommand, GetObjectCommand } = require("@aws-sdk/client-s3");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");
const { LambdaClient, CreateFunctionCommand, InvokeCommand, waitUntilFunctionActiveV2 } = require("@aws-sdk/client-lambda");
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");

const [bucket, role, runtime, zip] = process.argv.slice(2);
const seen = {};

async function identity() {
  const who = await new STSClient().send(new GetCallerIdentityCommand({}));
  seen.identity = { account: who.Account, arn: who.Arn };
}

async function documents() {
  const client = new DynamoDBClient();
  const documents = DynamoDBDocumentClient.from(client);
  const TableName = "notes";
  await client.send(new CreateTableCommand({
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "owner", AttributeType: "S" }, { AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "owner", KeyType: "HASH" }, { AttributeName: "id", KeyType: "RANGE" }],
  }));
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
  const note = { id: "n1", tags: ["a", "b"], price: 12.5, nested: { deep: [1, null, true] } };
  await documents.send(new PutCommand({ TableName, Item: { owner: "ada", ...note } }));
  await documents.send(new PutCommand({ TableName, Item: { owner: "ada", id: "n2" } }));
  const { owner, ...item } = (await documents.send(new GetCommand({ TableName, Key: { owner: "ada", id: "n1" } }))).Item;
  seen.item = item;
  seen.conditional = await documents
    .send(new PutCommand({ TableName, Item: { owner, id: "n1" }, ConditionExpression: "attribute_not_exists(id)" }))
    .catch((error) => error.name);
  const found = await documents.send(new QueryCommand({
    TableName, KeyConditionExpression: "#o = :o",
    ExpressionAttributeNames: { "#o": "owner" }, ExpressionAttributeValues: { ":o": "ada" },
  }));
  seen.queried = found.Items.map((each) => each.id);
}

async function objects() {
  const s3 = new S3Client({ forcePathStyle: true });
  const Key = "folder/a note ü.txt";
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new PutObjectCommand({
    Bucket: bucket, Key, Body: "hello from node", ContentType: "text/plain", Metadata: { "made-by": "node" },
  }));
  const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  seen.object = { body: await got.Body.transformToString(), type: got.ContentType, meta: got.Metadata };
  seen.missing = await s3
    .send(new GetObjectCommand({ Bucket: bucket, Key: "nothing" }))
    .catch((error) => ({ name: error.name, status: error.$metadata.httpStatusCode }));

  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key }), { expiresIn: 60 });
  const read = await fetch(url);
  seen.presigned = { status: read.status, body: await read.text() };
  seen.tampered = (await fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))).status;
  const target = { Bucket: bucket, Key: "sent.txt" };
  const sent = await fetch(await getSignedUrl(s3, new PutObjectCommand(target)), { method: "PUT", body: "sent by URL" });
  const back = await s3.send(new GetObjectCommand(target));
  seen.put = { status: sent.status, body: await back.Body.transformToString() };
}

async function functions() {
  const client = new LambdaClient();
  const FunctionName = "hello";
  await client.send(new CreateFunctionCommand({
    FunctionName, Role: role, Runtime: runtime, Handler: "app.handler", Code: { ZipFile: readFileSync(zip) },
  }));
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30 }, { FunctionName });
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ name: "Ada" }) }));
  seen.invoked = JSON.parse(Buffer.from(answer.Payload).toString());
}

(async () => {
  await identity();
  await documents();
  await objects();
  await functions();
  console.log(JSON.stringify(seen));
})();
