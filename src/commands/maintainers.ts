import { changeMaintainers, describeMaintainers } from "../chat/maintaining.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";

export const maintainers: CommandDefinition<Extract<Command, { kind: "maintainers" }>> = {
  name: "maintainers",
  usage: "maintainers add|remove|list [@user] [rfc]",
  summary: "says who may accept and decline here; with rfc, on this RFC wherever it is discussed",
  parse({ words, rest }) {
    const act = words[0]?.toLowerCase();
    if (act === undefined || (act === "list" && words.length === 1)) {
      return { kind: "maintainers", act: "list" };
    }
    if (act !== "add" && act !== "remove") return null;
    const named = rest.slice(act.length).trim();
    if (named === "") return "usage";
    const who = named.replace(/(?<!\s)\s+rfc$/i, "");
    return /^<?@/.test(who)
      ? { kind: "maintainers", act, who, of: who === named ? null : "rfc" }
      : null;
  },
  async run(command, context) {
    if (command.act === "list") return forPerson(await describeMaintainers(context));
    return changeMaintainers(context, command);
  },
};
