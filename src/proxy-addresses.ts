/** Which proxies are believed about who calls. */
import { z } from "zod";

/** Names that Fastify knows for networks of this machine and its surroundings. */
const NETWORKS: readonly string[] = ["loopback", "linklocal", "uniquelocal"];
const address = z.union([z.ipv4(), z.ipv6()]);
const network = z.union([z.cidrv4(), z.cidrv6()]);

/** Addresses and networks with commas between; null where one of them is neither. Pure. */
export function readProxies(text: string): string[] | null {
  const proxies = text.split(",").map((proxy) => proxy.trim());
  return proxies.every(isProxy) ? proxies : null;
}

function isProxy(text: string): boolean {
  if (NETWORKS.includes(text) || address.safeParse(text).success) return true;
  // A network of everybody would let everybody say who they are.
  return network.safeParse(text).success && !text.endsWith("/0");
}
