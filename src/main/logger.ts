/** Makes the logger of a process. Part of the composition root. */
import { pino } from "pino";
import type { DestinationStream } from "pino";

import type { Config, Secrets } from "../config.ts";
import type { Logger } from "../log.ts";
import { logOptions } from "../log.ts";

/** @param to where lines go; stderr when left out */
export function createLogger(
  { logLevel }: Pick<Config, "logLevel">,
  secrets: Secrets,
  to: DestinationStream = pino.destination({ dest: 2, sync: false }),
): Logger {
  return pino(logOptions(logLevel, valuesOf(secrets)), to);
}

/** Every secret by itself, and the passwords of addresses. */
function valuesOf(secrets: Secrets): string[] {
  const { encryptionKeys, ...texts } = secrets;
  const given = Object.values(texts).flatMap((value) => (typeof value === "string" ? [value] : []));
  const keys = encryptionKeys ? [encryptionKeys.current, ...encryptionKeys.previous] : [];
  return [
    ...given.filter((value) => !URL.canParse(value)),
    ...given.flatMap(passwordOf),
    ...keys.flatMap((key) => [key.toString("base64"), key.toString("hex")]),
  ];
}

function passwordOf(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  return password === "" ? [] : [decodeURIComponent(password), password];
}
