// The Node.js runtime: asks the Runtime API for events, calls the handler, answers. Node's own modules only.

import { existsSync, readFileSync, writeSync } from "node:fs";
import http from "node:http";
import { createRequire, register } from "node:module";
import path from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import util from "node:util";

const FRAME_TYPE = 0xa55a0003; // marks a record of several lines in the output; cannot begin anything in UTF-8
const RELAXED = Symbol.for("aws.lambda.runtime.handler.streaming");
const LEVELS = { TRACE: 5, DEBUG: 10, INFO: 20, WARN: 30, ERROR: 40, FATAL: 50 };
const asJson = (process.env.AWS_LAMBDA_LOG_FORMAT || "").toUpperCase() === "JSON";
const lowest = LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL || "").toUpperCase()] ?? 0;
let requestId = "undefined"; // what AWS prints before the first event

// ---- logs --------------------------------------------------------------------------------------------------------

function writeRecord(text) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(FRAME_TYPE, 0);
  head.writeUInt32BE(body.length, 4);
  head.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  let rest = Buffer.concat([head, body]);
  while (rest.length) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function jsonMessage(values) {
  if (values.length === 1 && values[0] instanceof Error) {
    const error = values[0];
    const stackTrace = (error.stack || "").split("\n").slice(1).map((line) => line.trim());
    return { errorType: error.name, errorMessage: error.message, stackTrace };
  }
  return { message: values.length === 1 && typeof values[0] === "object" ? values[0] : util.format(...values) };
}

function log(level, ...values) {
  if (LEVELS[level] < lowest) return;
  const timestamp = new Date().toISOString();
  if (asJson) {
    const record = { timestamp, level, requestId, ...jsonMessage(values) };
    try {
      writeRecord(JSON.stringify(record, (_, value) => (typeof value === "bigint" ? String(value) : value)));
    } catch {
      writeRecord(JSON.stringify({ timestamp, level, requestId, message: util.format(...values) }));
    }
    return;
  }
  writeRecord(`${timestamp}\t${requestId}\t${level}\t${util.format(...values)}`);
}

console.log = (...values) => log("INFO", ...values);
console.info = (...values) => log("INFO", ...values);
console.debug = (...values) => log("DEBUG", ...values);
console.warn = (...values) => log("WARN", ...values);
console.error = (...values) => log("ERROR", ...values);
console.trace = (...values) => log("TRACE", ...values);
console.fatal = (...values) => log("FATAL", ...values);

// ---- the Runtime API ---------------------------------------------------------------------------------------------

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, name, body, headers = {}) {
  return new Promise((resolve, reject) => {
    if (body !== undefined) headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers };
    const request = http.request({ hostname, port, agent, method, path: `/2018-06-01/runtime/${name}`, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function errorValue(error) {
  if (error instanceof Error || util.types.isNativeError(error)) {
    return { errorType: error.name?.replace(/\x7F/g, "%7F"), errorMessage: error.message, trace: (error.stack || "").split("\n") };
  }
  return { errorType: error === null ? "object" : typeof error, errorMessage: util.format(error), trace: [] };
}

function logError(title, error) {
  const value = errorValue(error);
  const own = error instanceof Error ? Object.fromEntries(Object.entries(error)) : {};
  const shown = { errorType: value.errorType, errorMessage: value.errorMessage, ...own, stack: value.trace };
  if (asJson) log("ERROR", error);
  else log("ERROR", `${title} \t${JSON.stringify(shown)}`);
}

async function postError(name, error) {
  const value = errorValue(error);
  const type = String(value.errorType || "Error").replace(/[^\x20-\x7e]/g, "?");
  await call("POST", name, JSON.stringify(value), { "Lambda-Runtime-Function-Error-Type": type });
}

// ---- loading the handler -----------------------------------------------------------------------------------------

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function isModuleFolder(folder) {
  for (; ; folder = path.dirname(folder)) {
    const file = path.join(folder, "package.json");
    if (existsSync(file)) {
      try {
        return JSON.parse(readFileSync(file, "utf8")).type === "module";
      } catch {
        return false;
      }
    }
    if (folder === path.dirname(folder)) return false;
  }
}

// Where the function has no root of its own, NODE_PATH must be made known to ES modules.
function teachNodePath() {
  if (process.env.LAMBDA_TASK_ROOT === "/var/task" || !register) return;
  const folders = (process.env.NODE_PATH || "").split(":").filter(Boolean).map((folder) => pathToFileURL(`${folder}/../x.mjs`).href);
  const source = `const parents = ${JSON.stringify(folders)};
    export async function resolve(name, context, next) {
      try { return await next(name, context); } catch (error) {
        if (error.code !== "ERR_MODULE_NOT_FOUND" || name.startsWith(".") || name.startsWith("/")) throw error;
        for (const parentURL of parents) { try { return await next(name, { ...context, parentURL }); } catch {} }
        throw error;
      }
    }`;
  register(`data:text/javascript,${encodeURIComponent(source)}`);
}

async function loadModule(base) {
  const root = process.env.LAMBDA_TASK_ROOT;
  const full = path.resolve(root, base);
  const require = createRequire(path.join(root, "noop.js"));
  for (const extension of ["", ".js", ".mjs", ".cjs"]) {
    const file = full + extension;
    if (!existsSync(file) || (extension === "" && !path.extname(file))) continue;
    if (file.endsWith(".mjs") || (file.endsWith(".js") && isModuleFolder(path.dirname(file)))) {
      teachNodePath();
      return import(pathToFileURL(file).href);
    }
    return require(file);
  }
  return require(existsSync(full) ? full : require.resolve(base, { paths: [root] }));
}

async function loadHandler(name) {
  const folder = path.dirname(name);
  const match = /^([^.]*)\.(.*)$/.exec(path.basename(name));
  if (!match || name.includes("..")) throw new RuntimeError("Runtime.MalformedHandlerName", "Bad handler");
  let module;
  try {
    module = await loadModule(path.join(folder, match[1]));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError("Runtime.UserCodeSyntaxError", String(error));
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
      throw new RuntimeError("Runtime.ImportModuleError", String(error));
    }
    throw error;
  }
  const find = (object) => match[2].split(".").reduce((value, key) => value?.[key], object);
  const handler = find(module) ?? find(module?.default);
  if (handler === undefined) throw new RuntimeError("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new RuntimeError("Runtime.HandlerNotFound", `${name} is not a function`);
  return handler;
}

// ---- streamed responses ------------------------------------------------------------------------------------------

const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";

// The answer of a handler that streams. The request to the Runtime API begins with its first piece.
class ResponseStream extends Writable {
  constructor(id) {
    super({ highWaterMark: 65536 });
    this.id = id;
    this.contentType = "application/octet-stream";
    this.taken = new Promise((resolve, reject) => Object.assign(this, { onTaken: resolve, onLost: reject }));
  }

  setContentType(type) {
    this.contentType = type;
  }

  write(piece, ...rest) {
    const plain = typeof piece === "string" || piece instanceof Uint8Array;
    return super.write(plain ? piece : JSON.stringify(piece), ...rest);
  }

  begin() {
    if (this.request) return;
    const headers = {
      "Content-Type": this.contentType,
      "Lambda-Runtime-Function-Response-Mode": "streaming",
      "Transfer-Encoding": "chunked",
      Trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    };
    const where = { hostname, port, agent, method: "POST", path: `/2018-06-01/runtime/invocation/${this.id}/response`, headers };
    this.request = http.request(where, (response) => response.resume().on("end", this.onTaken));
    this.request.on("error", this.onLost);
  }

  _write(piece, _, done) {
    this.begin();
    this.request.write(piece, done);
  }

  _final(done) {
    this.begin();
    this.request.end(done);
  }

  // The handler failed after its first piece: the trailers say so.
  fail(error) {
    const value = errorValue(error);
    const type = String(value.errorType || "Error").replace(/[^\x20-\x7e]/g, "?");
    this.request.addTrailers({ [ERROR_TYPE]: type, [ERROR_BODY]: Buffer.from(JSON.stringify(value)).toString("base64") });
    this.request.end();
  }
}

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[RELAXED] = "response";
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType("application/vnd.awslambda.http-integration-response");
      stream.write(Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]));
      return stream;
    },
  },
};

async function stream(handler, event, headers) {
  const response = new ResponseStream(requestId);
  const finished = new Promise((resolve, reject) => response.on("finish", resolve).on("error", reject));
  finished.catch(() => {});
  try {
    await handler(event, response, makeContext(headers, () => {}));
    await finished; // a handler may return before what it has begun to pipe is through
  } catch (error) {
    logError("Invoke Error", error);
    if (!response.request) return postError(`invocation/${requestId}/error`, error);
    response.fail(error);
  }
  await response.taken;
}

// ---- the loop ----------------------------------------------------------------------------------------------------

function makeContext(headers, done) {
  const environment = process.env;
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parse = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parse("lambda-runtime-client-context"),
    identity: parse("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, result) => done(error, result),
    succeed: (result) => done(null, result),
    fail: (error) => done(error ?? "handled"),
  };
}

// Runs the handler once: a promise of its result, by whichever of the styles it answers.
function run(handler, event, headers) {
  return new Promise((resolve, reject) => {
    const finish = (error, result) => (error !== undefined && error !== null ? reject(error) : resolve(result));
    const context = makeContext(headers, finish);
    const onEmpty = () => resolve(null); // nothing left that could still answer
    const callback = (error, result) => {
      process.off("beforeExit", onEmpty);
      if (context.callbackWaitsForEmptyEventLoop) process.once("beforeExit", () => finish(error, result));
      else setImmediate(() => finish(error, result));
    };
    process.once("beforeExit", onEmpty);
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") result.then((value) => finish(null, value), (error) => reject(error ?? "handled"));
  }).finally(() => process.removeAllListeners("beforeExit"));
}

function encode(result) {
  try {
    return JSON.stringify(result === undefined ? null : result);
  } catch (error) {
    throw new RuntimeError("Runtime.MarshalError", `Unable to stringify response body as json: ${error.message}`);
  }
}

async function serve(handler) {
  const { headers, body } = await call("GET", "invocation/next");
  requestId = headers["lambda-runtime-aws-request-id"];
  if (headers["lambda-runtime-trace-id"]) process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  else delete process.env._X_AMZN_TRACE_ID;
  if (handler[RELAXED]) return stream(handler, JSON.parse(body), headers);
  let answer;
  try {
    answer = encode(await run(handler, JSON.parse(body), headers)) ?? "null";
  } catch (error) {
    logError("Invoke Error", error);
    await postError(`invocation/${requestId}/error`, error);
    return;
  }
  await call("POST", `invocation/${requestId}/response`, answer);
}

async function die(title, error, code) {
  logError(title, error);
  const name = requestId === "undefined" ? "init/error" : `invocation/${requestId}/error`;
  await postError(name, error).catch(() => {});
  process.exit(code);
}

process.on("uncaughtException", (error) => die("Uncaught Exception", error, 129));
process.on("unhandledRejection", (reason) => {
  const error = new RuntimeError("Runtime.UnhandledPromiseRejection", String(reason));
  error.reason = reason;
  return die("Unhandled Promise Rejection", error, 128);
});

let handler;
try {
  handler = await loadHandler(process.env._HANDLER || "");
} catch (error) {
  await die("Uncaught Exception", error, 1);
}
try {
  for (;;) await serve(handler);
} catch {
  process.exit(0); // the cloud is gone
}
