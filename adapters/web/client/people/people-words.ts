/** People in words. Pure. */
import type { PersonJson } from "../../views/people-view.ts";

const PLATFORMS: Readonly<Record<string, string>> = {
  slack: "Slack",
  discord: "Discord",
  github: "GitHub",
  console: "Console",
};

export function platformName(platform: string): string {
  return PLATFORMS[platform] ?? platform;
}

/** Those whose name, or an account of theirs, has the words in it. */
export function findPeople(people: readonly PersonJson[], words: string): PersonJson[] {
  const wanted = words.trim().toLocaleLowerCase();
  return people.filter(({ name, accounts }) =>
    [name, ...accounts.flatMap((one) => [one.name, one.workspace, platformName(one.platform)])]
      .join("\n")
      .toLocaleLowerCase()
      .includes(wanted),
  );
}
