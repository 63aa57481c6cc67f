import type { Config, Secrets } from "../config.ts";
import type { SlackMode } from "../config/slack-mode.ts";
import { hasSignIn } from "../config.ts";
import { isLoopback } from "../loopback.ts";

interface Line {
  on: boolean;
  what: string;
  says: string;
}

/** What is on, what is off, and which variable changes it; shown once at the start. Pure. */
export function banner(
  config: Config,
  secrets: Secrets,
  url: string | null,
  dataDir: string,
  notes: readonly string[] = [],
): string {
  const lines = parts(config, secrets, dataDir);
  const width = Math.max(...lines.map((line) => line.what.length));
  return [
    "",
    `Redline is ready${url ? `: ${url}` : "."}`,
    "",
    ...lines.map(({ on, what, says }) => `  ${on ? "on " : "off"}  ${what.padEnd(width)}  ${says}`),
    "",
    ...notes.flatMap((note) => [note, ""]),
    "Ctrl-C stops it; running answers are finished or handed over first.",
    "",
  ].join("\n");
}

function parts(config: Config, secrets: Secrets, dataDir: string): Line[] {
  const { roles, models } = config;
  const database =
    secrets.databaseUrl === null
      ? `embedded Postgres, data in ${dataDir} (DATABASE_URL names another server)`
      : "Postgres at DATABASE_URL";
  const jobs =
    secrets.redisUrl === null
      ? "BullMQ in Postgres (REDIS_URL moves the queue to Redis)"
      : "BullMQ on Redis at REDIS_URL";
  const claude = secrets.anthropicApiKey !== null;
  const openAi = models.openAiBaseUrl !== null;
  const chosen = models.default ? `, by default ${models.default} (MODEL)` : "";
  return [
    { on: true, what: "database", says: database },
    { on: true, what: "jobs", says: jobs },
    { on: roles.has("worker"), what: "answers", says: rolesSay(roles.has("worker"), "worker") },
    {
      on: claude,
      what: "Claude",
      says: claude ? `ANTHROPIC_API_KEY is set${chosen}` : "ANTHROPIC_API_KEY turns it on",
    },
    {
      on: openAi,
      what: "OpenAI-compatible model",
      says: openAi ? `at OPENAI_BASE_URL${chosen}` : "OPENAI_BASE_URL turns it on",
    },
    {
      on: !claude && !openAi,
      what: "offline editor",
      says:
        claude || openAi
          ? "not needed: a language model answers"
          : "no language model; it understands plain edit requests only",
    },
    { on: true, what: "documents", says: "local Git repositories" },
    gitHubLine(config, secrets),
    accountsLine(config),
    signInLine(config, secrets),
    slackLine(config),
    discordLine(config),
    consoleLine(config, secrets),
  ];
}

function consoleLine({ roles, web: { host } }: Config, secrets: Secrets): Line {
  const on = roles.has("web");
  const asksForToken = on && !isLoopback(host) && secrets.token !== null;
  const how = asksForToken ? "; lets in with “?token=” and REDLINE_TOKEN behind its address" : "";
  return { on, what: "web console", says: rolesSay(on, "web") + how };
}

function gitHubLine({ github }: Config, secrets: Secrets): Line {
  const what = "GitHub";
  const by =
    github.appId !== null ? `as App ${github.appId}` : secrets.githubToken && "with GITHUB_TOKEN";
  if (!by) {
    return {
      on: false,
      what,
      says: "GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_PRIVATE_KEY, turns it on",
    };
  }
  const news =
    secrets.githubWebhookSecret === null
      ? `asked every ${github.pollMs / 1_000} s (GITHUB_WEBHOOK_SECRET turns webhooks on)`
      : "webhooks at /webhooks/github";
  return { on: true, what, says: `${by}, ${news}` };
}

function accountsLine({ github: { clientId } }: Config): Line {
  const says =
    clientId === null
      ? "GITHUB_CLIENT_ID turns it on: who may write to a repository decides on its RFCs"
      : "people show with “connect” whose they are; who may write to a repository decides on its RFCs";
  return { on: clientId !== null, what: "accounts on GitHub", says };
}

function signInLine(config: Config, secrets: Secrets): Line {
  const on = hasSignIn(config, secrets);
  const says = on
    ? `with GitHub at ${config.web.publicUrl}; REDLINE_TOKEN is for whoever runs Redline`
    : "GITHUB_CLIENT_SECRET with REDLINE_URL turns it on: people see what their account on GitHub may read";
  return { on, what: "signing in", says };
}

const SLACK: Record<SlackMode, string> = {
  socket: "one workspace, by Socket Mode",
  http: "one workspace, events at /slack/events",
  oauth: "every workspace that is added at /slack/install, events at /slack/events",
};

function slackLine({ slack: { mode } }: Config): Line {
  const what = "Slack";
  if (mode !== null) return { on: true, what, says: SLACK[mode] };
  return {
    on: false,
    what,
    says: "SLACK_BOT_TOKEN with SLACK_APP_TOKEN turns it on (“redline setup slack” makes the app)",
  };
}

function discordLine({ discord: { isOn, readsContent, guildId } }: Config): Line {
  const what = "Discord";
  if (!isOn) {
    const says = "DISCORD_TOKEN turns it on (“redline setup discord” prints the invite link)";
    return { on: false, what, says };
  }
  const where = guildId === null ? "every server that the bot is in" : `the server ${guildId}`;
  const hears = readsContent ? "" : ", mentions alone (DISCORD_MESSAGE_CONTENT is off)";
  return { on: true, what, says: `${where}${hears}` };
}

function rolesSay(on: boolean, role: string): string {
  return on ? "in this process" : `ROLES without “${role}”: another process has to do it`;
}
