/**
 * What a card is known again by. Discord tells the nonce of a message only when it is posted, but keeps the
 * numbers that components are given: the container and its first three parts carry the random id of the showing,
 * 31 bits each. Numbers of 31 bits are those that Discord takes.
 */
import { createHash } from "node:crypto";

import { parseCardRef } from "../../../src/chat/card-ref.ts";
import { list, record } from "../../../src/json.ts";
import type { Json } from "../../../src/json.ts";
import type { Component } from "./component.ts";

const PARTS = 4;
const BITS = 31n;
/** A random UUID; the digit of its version is the same in all of them. */
const UUID = /^([\da-f]{8})-([\da-f]{4})-4([\da-f]{3})-([\da-f]{4})-([\da-f]{12})$/u;

/** The same components with the reference's id in their numbers; as they are for any other reference. */
export function keyIds(ref: string, components: readonly Component[]): readonly Component[] {
  const digits = UUID.exec(parseCardRef(ref).id)?.slice(1).join("");
  const [outer, ...rest] = components;
  if (digits === undefined || !outer) return components;
  const value = BigInt(`0x${digits}`);
  const ids = Array.from({ length: PARTS }, (_, at) =>
    Number((value >> (BITS * BigInt(at))) & ((1n << BITS) - 1n)),
  );
  // Numbers are to differ, from those that Discord gives, too: of random ids they practically always do.
  if (new Set(ids).size < PARTS || ids.some((id) => id <= MOST_PARTS)) return components;
  const inner = (outer["components"] as readonly Component[]).map((part, at) =>
    at < PARTS - 1 ? { ...part, id: ids[at + 1] } : part,
  );
  return [{ ...outer, id: ids[0], components: inner }, ...rest];
}

/** Null where a message carries none. */
export function readKey(message: Json): string | null {
  const outer = record(list(message["components"])[0]);
  const inner = list(outer["components"])
    .slice(0, PARTS - 1)
    .map(record);
  const ids = [outer, ...inner].map(({ id }) => id);
  if (ids.length < PARTS || !ids.every((id) => typeof id === "number" && id > MOST_PARTS)) {
    return null;
  }
  const value = (ids as number[]).reduce(
    (sum, id, at) => sum | (BigInt(id) << (BITS * BigInt(at))),
    0n,
  );
  const digits = value.toString(16).padStart(31, "0");
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(12, 15)}`,
    digits.slice(15, 19),
    digits.slice(19),
  ].join("-");
}

/** Discord numbers components that have no number from 1 on. */
const MOST_PARTS = 100;

/** The number of a text that is posted under a key, by which it is looked for. */
export function numberOf(key: string): number {
  return createHash("sha256").update(key).digest().readUInt32BE(0) >>> 1;
}
