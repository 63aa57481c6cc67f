/** Who calls, as far as limits go: a person who is signed in, else the address that the call comes from. */
import { isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";

const known = new WeakMap<FastifyRequest, string>();

/** From here on the call counts as this person's, wherever it comes from. */
export function noteCaller(request: FastifyRequest, userId: string): void {
  known.set(request, `person ${userId}`);
}

export function callerOf(request: FastifyRequest): string {
  return known.get(request) ?? `address ${placeOf(request.ip)}`;
}

/** Whoever has one address of IPv6 has its whole network of 64 bits (RFC 4291, 2.5.4). */
export function placeOf(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.toLowerCase().split("%", 1)[0]!.split("::");
  const first = head.split(":").filter((group) => group !== "");
  const last = tail?.split(":").filter((group) => group !== "") ?? [];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  const groups = [...first, ...zeros, ...last].slice(0, 4);
  return groups.map((group) => group.replace(/^0+(?=.)/, "")).join(":");
}
