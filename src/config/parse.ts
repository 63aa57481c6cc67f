import type { z } from "zod";
import { fileVariable, readSecretFile } from "../secret-files.ts";
import { ConfigError } from "./config-error.ts";
import type { Values } from "./variables.ts";
import { VARIABLES } from "./variables.ts";

export type Environment = Record<string, string | undefined>;

/** @throws ConfigError for the first wrong value */
export function parse(environment: Environment): Values {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(VARIABLES)) {
    const { given, file } = lookUp(environment, name);
    const result = schema.safeParse(given);
    if (!result.success) throw new ConfigError(describe(name, file, given, result.error));
    values[name] = result.data;
  }
  return values as Values;
}

/** A variable that is set to nothing, as `.env` files have it, is not set. */
const valueOf = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() || undefined;

/** A variable's value, with the variable of the file in which it was found. @throws ConfigError */
function lookUp(
  environment: Environment,
  name: string,
): { given: string | undefined; file: string | null } {
  const given = valueOf(environment, name);
  const file = fileVariable(name);
  const path = file === null ? undefined : valueOf(environment, file);
  if (file === null || path === undefined) return { given, file: null };
  if (given !== undefined) {
    throw new ConfigError(`${file} must not be set beside ${name}: keep one of the two.`);
  }
  const found = readSecretFile(path);
  if ("text" in found) return { given: found.text, file };
  throw new ConfigError(`${file} must be the path of a file with ${name} in it: ${found.wrong}.`);
}

/** Values are shown only of variables that hold no secret. */
const SECRET = /KEY|TOKEN$|SECRET$|_URL$/;

function describe(
  name: string,
  file: string | null,
  given: string | undefined,
  error: z.ZodError,
): string {
  const issue = error.issues[0];
  const message = issue?.message ?? "something else";
  const options = /expected one of (.*)$/
    .exec(message)?.[1]
    ?.replaceAll("|", ", ")
    .replaceAll('"', "");
  // An option inside of a list has a path.
  const which = issue?.path.length ? "one or more of" : "one of";
  const shown = SECRET.test(name) ? "" : ` It is “${given?.replace(/\s+/g, " ").slice(0, 100)}”.`;
  const subject = file === null ? `${name} must be` : `${file} must hold`;
  return `${subject} ${options ? `${which} ${options}` : message}.${shown}`;
}
