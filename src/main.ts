/** The command line. */
import { ConfigError } from "./config/config-error.ts";
import { UserError } from "./errors.ts";
import type { Command } from "./main/arguments.ts";
import { readArguments, USAGE } from "./main/arguments.ts";
import {
  doctor,
  jobs,
  migrateOnly,
  retryJob,
  start,
  transcript,
  verifyTranscript,
} from "./main/commands.ts";
import { chooseRecordMode, repositories } from "./main/repositories.ts";
import { setupSlack } from "./main/setup-slack.ts";

async function run(command: Command): Promise<number> {
  switch (command.name) {
    case "start":
      return start(command.path);
    case "migrate":
      return migrateOnly();
    case "doctor":
      return doctor();
    case "check": {
      const { check } = await import("./main/check.ts");
      return check(command);
    }
    case "rotate-key": {
      const { rotateKeyCommand } = await import("./main/rotate-key.ts");
      return rotateKeyCommand(command);
    }
    case "backup":
      return (await import("./main/backup.ts")).backupTo(command.path);
    case "restore":
      return (await import("./main/backup.ts")).restoreFrom(command.path);
    case "retention":
      return (await import("./main/retention.ts")).retention(command.change);
    case "delete-workspace":
      return (await import("./main/delete-workspace.ts")).deleteWorkspace(command);
    case "budget":
      return (await import("./main/budgets.ts")).budget(command);
    case "models":
      return (await import("./main/budgets.ts")).models(command);
    case "stop-answers":
      return (await import("./main/budgets.ts")).stopAnswers(command.reason);
    case "resume-answers":
      return (await import("./main/budgets.ts")).resumeAnswers();
    case "jobs":
      return jobs();
    case "retry job":
      return retryJob(command.queue, command.id);
    case "setup slack":
      return setupSlack();
    case "setup discord": {
      const { setupDiscord } = await import("./main/setup-discord.ts");
      return setupDiscord(command.guildId);
    }
    case "repositories":
      return repositories(command.change);
    case "repositories record":
      return chooseRecordMode(command.repository, command.mode);
    case "verify-transcript":
      return verifyTranscript(command.path, command.hash);
    case "transcript":
      return transcript(command.slug, command.json);
    case "help":
      process.stdout.write(USAGE);
      return 0;
  }
}

// Whoever reads us through a pipe may have had enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const command = readArguments(process.argv.slice(2));
if (command === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await run(command);
  } catch (error) {
    const told = error instanceof UserError || error instanceof ConfigError;
    const says = error instanceof Error ? (told ? error.message : error.stack) : String(error);
    process.stderr.write(`redline: ${says}\n`);
    process.exitCode = 1;
  }
}
