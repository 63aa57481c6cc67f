/** How sentences name commands on a platform. Pure. */
import type { PlatformWords } from "./chat-platform.ts";

type Prefix = Pick<PlatformWords, "commandPrefix">;

/** A command as it is written there, as code. */
export function asCode({ commandPrefix }: Prefix, command: string): string {
  return `\`${commandPrefix}${command}\``;
}

/** A command's usage, with whom it may name there. */
export function usageOn({ maintainer }: Pick<PlatformWords, "maintainer">, usage: string): string {
  return usage.replace("@user", maintainer);
}

/** How somebody is asked to give a command in a thread, such as “mention me with `link <slug>`”. */
export function toSay(words: Prefix, command: string): string {
  const verb = words.commandPrefix === "" ? "mention me with" : "write";
  return `${verb} ${asCode(words, command)}`;
}
