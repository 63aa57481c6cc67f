import { readConfig } from "../../src/config.ts";

/** Those that are the machine's or npm's own, and no settings. */
const GIVEN = ["PATH", "HOME", "INIT_CWD"];

/** Every setting that is looked at, among them `NAME_FILE` of every secret. */
export function variablesRead(): string[] {
  const names = new Set<string>();
  readConfig(new Proxy({}, { get: (_, name) => void names.add(String(name)) }));
  return [...names].filter((name) => !GIVEN.includes(name));
}
