/**
 * What stands before Sotto on a server: ends TLS, and speaks HTTP/2. Standard input gives `key` and `cert` (PEM) and Sotto's `port`, in JSON;
 * standard output gets the address.
 */

import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createSecureServer } from "node:http2";

/** What is said of one connection only. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding"]);

const { key, cert, port } = JSON.parse(readFileSync(0, "utf8"));
const agent = new Agent({ keepAlive: true });
const server = createSecureServer({ key, cert, allowHTTP1: true }, pass);
server.listen(0, "127.0.0.1", () => process.stdout.write(`https://localhost:${server.address().port}\n`));

function pass(incoming, outgoing) {
  const { method, url: path, authority } = incoming;
  const headers = { ...kept(incoming.headers), host: authority ?? incoming.headers.host, "x-forwarded-proto": "https" };
  const passed = request({ host: "127.0.0.1", port, method, path, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode, kept(answer.headers));
    answer.pipe(outgoing);
  });
  passed.on("error", () => outgoing.destroy());
  outgoing.on("close", () => passed.destroy());
  incoming.pipe(passed);
}

/** Without HTTP/2's own, which HTTP/1.1 does not know, and without what concerns the other connection. */
function kept(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":") && !HOP_BY_HOP.has(name)));
}
