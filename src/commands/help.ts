import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const help: CommandDefinition<Extract<Command, { kind: "help" }>> = {
  name: "help",
  usage: "help",
  summary: "shows this list",
  parse: takesNothing({ kind: "help" }),
  async run(_command, { definitions, held, at }) {
    const lines = definitions.map(({ usage, summary }) => `- \`${usage}\` ${summary}`);
    const begin = held ? HERE : at ? NOT_LINKED : OUTSIDE;
    return forPerson(
      [
        begin,
        "",
        "What else works after a mention, or after `/rfc` outside of threads:",
        ...lines,
      ].join("\n"),
    );
  },
};

const HERE =
  "Mention me with a question or a wish about the document; I answer here, and propose changes to be accepted or declined.";
const NOT_LINKED =
  "Link this place to an RFC first; then mention me with a question or a wish about it.";
const OUTSIDE =
  "`link` begins a thread about an RFC; mention me there with a question or a wish about the document.";
