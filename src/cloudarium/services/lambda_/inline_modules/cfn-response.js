// Tells CloudFormation how a custom resource went: what AWS puts beside a function's inline code.
exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho) {
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  console.log("Response body:\n", body);
  const url = new URL(event.ResponseURL);
  const http = require(url.protocol === "http:" ? "http" : "https");
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
  const request = http.request(url, { method: "PUT", headers }, (response) => {
    console.log("Status code: " + response.statusCode);
    context.done();
  });
  request.on("error", (error) => {
    console.log("send(..) failed executing https.request(..): " + error);
    context.done();
  });
  request.end(body);
};
