// The official client as a subprocess: reads {operation, options} as JSON, one a line, and answers each with a line.
// What comes back is also held against the client's own schemas; `mismatch` says where it differs.
import * as readline from "node:readline";

import * as shortio from "@short.io/client-node";
// The package's main file does not export the client object, although its README says so.
import { client } from "@short.io/client-node/dist/generated/client.gen.js";

const [, , baseUrl, apiKey] = process.argv;

client.setConfig({ baseUrl });
shortio.setApiKey(apiKey);

function mismatch(operation, data) {
  const schema = shortio[`z${operation[0].toUpperCase()}${operation.slice(1)}Response`];
  if (schema === undefined || data === undefined) return null;
  const result = schema.safeParse(data);
  return result.success ? null : JSON.stringify(result.error.issues);
}

// What is not JSON comes as a Blob: its type and its bytes.
async function printable(data) {
  if (!(data instanceof Blob)) return data;
  return { type: data.type, base64: Buffer.from(await data.arrayBuffer()).toString("base64") };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { operation, options } = JSON.parse(line);
  let answer;
  try {
    const { data, error, response } = await shortio[operation](options);
    answer = { status: response?.status ?? 0, data: await printable(data), error, mismatch: mismatch(operation, data) };
  } catch (failure) {
    answer = { status: 0, error: String(failure), mismatch: null };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
