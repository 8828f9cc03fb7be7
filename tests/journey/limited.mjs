// Makes many links at once with the official client's own handling of rate limits, and tells as JSON how that went.
import * as shortio from "@short.io/client-node";
import { client } from "@short.io/client-node/dist/generated/client.gen.js";

const [, , baseUrl, apiKey, domain, number] = process.argv;
const waits = [];

client.setConfig({ baseUrl });
shortio.setApiKey(apiKey);
shortio.enableRateLimiting({ onRateLimited: ({ request, ...info }) => waits.push(info) });

const answers = await Promise.all(
  Array.from({ length: Number(number) }, (_, n) =>
    shortio.createLink({ body: { domain, originalURL: `https://example.com/limited/${n}` } }),
  ),
);
const statuses = answers.map(({ response }) => response.status);
process.stdout.write(JSON.stringify({ statuses, waits, ids: answers.map(({ data }) => data?.idString) }));
