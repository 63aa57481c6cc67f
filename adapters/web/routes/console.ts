import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { UserError } from "../../../src/errors.ts";
import { chooseEncoding, type Asset, type ClientBundle } from "../client-bundle.ts";
import { page } from "../page.ts";
import { NOTHING_HERE } from "../problem-handling.ts";
import { consolePolicy, newNonce } from "../policies.ts";

/** Addresses at which the console is served; the browser shows the view that fits. */
const PAGES = [
  "/",
  "/search",
  "/notifications",
  "/people",
  "/overview",
  "/you",
  "/rfcs/:slug",
  "/rfcs/:slug/threads/:id",
  "/rfcs/:slug/history",
  "/rfcs/:slug/commits/:sha",
  "/rfcs/:slug/record",
  "/rfcs/:slug/people",
];

/** Whether a browser asks there for a page to show, and not for data. */
export function isPagePath(path: string): boolean {
  return PAGES.includes(path) || path.startsWith("/rfcs/");
}

/** Whether a person came to this address with a browser: no page is there, and no data is asked for. */
export function comesToSee(request: FastifyRequest): boolean {
  const isData = /^\/(?:api|assets|webhooks)\//.test(request.url);
  return request.method === "GET" && !isData && /\btext\/html\b/.test(request.headers.accept ?? "");
}

/** Answers somebody who came by an address that is none: the console says so, with a way on. */
export async function sendLostPage(
  reply: FastifyReply,
  bundle: () => Promise<ClientBundle>,
): Promise<FastifyReply> {
  return sendPage(reply.code(404), await bundle());
}

/** `bundle` makes the console's files, or hands out those that were made. */
export function consoleRoutes(app: FastifyInstance, bundle: () => Promise<ClientBundle>): void {
  for (const path of PAGES) {
    app.get(path, async (_request, reply) => sendPage(reply, await bundle()));
  }

  app.get<{ Params: { file: string } }>("/assets/:file", async (request, reply) => {
    const { assets } = await bundle();
    const asset = assets.get(`/assets/${request.params.file}`);
    if (!asset) throw new UserError("not-found", NOTHING_HERE);
    return sendAsset(request, reply, asset, "public, max-age=31536000, immutable");
  });
}

/** Each time another, for its nonce. */
function sendPage(reply: FastifyReply, { paths }: ClientBundle): FastifyReply {
  const nonce = newNonce();
  return reply
    .headers({ "content-security-policy": consolePolicy(nonce), "cache-control": "no-store" })
    .type("text/html; charset=utf-8")
    .send(page(paths, nonce));
}

function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  asset: Asset,
  cacheControl: string,
): FastifyReply {
  const encoding = chooseEncoding(request.headers["accept-encoding"]);
  const etag = `"${asset.hash}-${encoding}"`;
  reply.headers({ etag, "cache-control": cacheControl, vary: "accept-encoding" });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  if (encoding !== "identity") reply.header("content-encoding", encoding);
  return reply.type(asset.type).send(asset.bodies[encoding]);
}
