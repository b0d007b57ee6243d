// A server for tests: files with ranges, counted, and faults on demand.

import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".svg": "image/svg+xml" };

/** Serves `roots` (`{prefix: folder}`). `faults` holds what is to go wrong now; `sent` the bytes sent, by path. */
export async function serve(roots, { cors = false, isolated = false } = {}) {
  const state = { sent: {}, requests: {}, faults: {} };
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    const prefix = Object.keys(roots).find((prefix) => path.startsWith(prefix));
    const file = prefix === undefined ? undefined : join(roots[prefix], path.slice(prefix.length) || "index.html");
    const size = file && (await stat(file).then((found) => (found.isFile() ? found.size : undefined), () => undefined));
    if (cors) response.setHeader("access-control-allow-origin", "*");
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    if (size === undefined) return response.writeHead(404).end();
    const fault = state.faults[path] ?? {};
    if (fault.status) return response.writeHead(fault.status).end();
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    const { etag = `"${size}"`, total = size } = fault;
    if (etag !== null) response.setHeader("etag", etag);
    if (fault.instead !== undefined) {
      response.setHeader("content-length", Buffer.byteLength(fault.instead));
      return response.writeHead(200).end(request.method === "HEAD" ? undefined : fault.instead);
    }
    if (fault.packed && /gzip/.test(request.headers["accept-encoding"])) {
      const packed = gzipSync(await readFile(file));
      response.setHeader("content-encoding", "gzip").setHeader("content-length", packed.length);
      return response.writeHead(200).end(request.method === "HEAD" ? undefined : packed);
    }
    const found = /^bytes=(\d+)-(\d+)$/.exec(fault.noRanges ? "" : (request.headers.range ?? ""));
    const [start, end] = found ? [Number(found[1]), Math.min(Number(found[2]), size - 1)] : [0, size - 1];
    response.setHeader("content-length", end - start + 1);
    if (found) response.setHeader("content-range", `bytes ${start}-${end}/${total}`);
    response.writeHead(found ? 206 : 200);
    if (request.method === "HEAD") return response.end();
    state.requests[path] = (state.requests[path] ?? 0) + 1;
    await fault.until;
    const most = (fault.cutFrom ?? Infinity) - start;
    const stream = createReadStream(file, { start, end });
    let sent = 0;
    stream.on("data", (bytes) => {
      sent += bytes.length;
      if (sent > most) return stream.destroy(), response.destroy();
      state.sent[path] = (state.sent[path] ?? 0) + bytes.length;
      response.write(fault.damage ? Buffer.from(bytes).fill(0, 0, Math.min(fault.damage, bytes.length)) : bytes);
    });
    stream.on("end", () => response.end());
    response.on("close", () => stream.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { ...state, url: `http://localhost:${server.address().port}`, close: () => server.close() };
}
