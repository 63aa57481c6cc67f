/** A Redis server, or some nodes of a cluster by which the others are found. */
export interface RedisAddress {
  isCluster: boolean;
  /** Over TLS; a certificate of one's own authority needs `NODE_EXTRA_CA_CERTS`. */
  isTls: boolean;
  nodes: [RedisNode, ...RedisNode[]];
  username: string | null;
  password: string | null;
  /** Number of the database; a cluster has only 0. */
  database: number;
}

interface RedisNode {
  host: string;
  port: number;
}

const DEFAULT_PORT = 6_379;
const HOST = /^[^,]+$/;
const SCHEME = /^(redis|rediss)(\+cluster)?:\/\//;

/**
 * Reads `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS, and `redis+cluster://` or
 * `rediss+cluster://` with one node or several, with commas between. Null for anything else.
 */
export function readRedisAddress(text: string): RedisAddress | null {
  const [, scheme, cluster] = SCHEME.exec(text) ?? [];
  if (scheme === undefined) return null;
  const isCluster = cluster !== undefined;
  // Of several nodes the first stands in a URL of its own, and the others beside it.
  const rest = text.replace(SCHEME, "");
  const [first = "", ...others] = isCluster ? rest.split(/,(?!.*@)/) : [rest];
  const [url, ...more] = [first, ...others].map((node) => readUrl(node));
  if (!url || more.some((node) => node === null || node.username !== "")) return null;
  const database = Number(url.pathname.slice(1));
  if (!Number.isInteger(database) || (isCluster && database !== 0)) return null;
  return {
    isCluster,
    isTls: scheme === "rediss",
    nodes: [nodeOf(url), ...more.map((node) => nodeOf(node!))],
    username: decoded(url.username),
    password: decoded(url.password),
    database,
  };
}

function readUrl(text: string): URL | null {
  const url = `redis://${text.trim()}`;
  return URL.canParse(url) && HOST.test(new URL(url).hostname) ? new URL(url) : null;
}

function nodeOf({ hostname, port }: URL): RedisNode {
  // An IPv6 address stands in brackets in a URL alone.
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? DEFAULT_PORT : Number(port),
  };
}

function decoded(text: string): string | null {
  if (text === "") return null;
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that stands for itself.
    return text;
  }
}
