import { heldLink } from "../chat/command-context.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const exportRecord: CommandDefinition<Extract<Command, { kind: "export" }>> = {
  name: "export",
  usage: "export",
  summary: "writes the record of the RFC: what was said, proposed and decided",
  parse: takesNothing({ kind: "export" }),
  async run(_command, context) {
    const { engine, links } = context.services;
    const { rfcSlug } = (await heldLink(context)).thread;
    const { lastSeq, headHash } = await engine.record.write(rfcSlug, context.user);
    const entries = lastSeq === 1 ? "1 entry" : `${lastSeq} entries`;
    return forPerson(
      [
        `The record of \`${rfcSlug}\` is written: ${entries}, the last with the hash \`${headHash}\`.`,
        `- To read, or to save as Markdown and JSON: ${links.rfc(rfcSlug)}/record`,
        `- \`redline transcript ${rfcSlug} --json\` prints it, and \`redline verify-transcript <file>\` checks it.`,
      ].join("\n"),
    );
  },
};
