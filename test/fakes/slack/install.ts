/** Putting the app into a workspace, and taking it out. */
import type { Install, TeamState } from "./model.ts";
import type { World } from "./world.ts";

export const BOT_SCOPES: readonly string[] = [
  "app_mentions:read",
  "assistant:write",
  "channels:history",
  "channels:join",
  "channels:read",
  "chat:write",
  "commands",
  "files:write",
  "groups:history",
  "groups:read",
  "im:history",
  "im:read",
  "im:write",
  "links:read",
  "links:write",
  "mpim:history",
  "mpim:read",
  "mpim:write",
  "reactions:read",
  "reactions:write",
  "team:read",
  "users:read",
  "users:read.email",
];

/** The bot user stays who it was; so does the token, where the scopes are the same. */
export function install(world: World, team: TeamState, scopes: readonly string[]): Install {
  if (team.install?.scopes.join() === scopes.join()) return team.install;
  const known = [...team.users.values()].find((person) => person.appId === world.app.id);
  const user =
    known ??
    world.addPerson(team, {
      name: world.app.name.toLowerCase(),
      realName: world.app.name,
      displayName: world.app.name,
      email: "",
      botId: world.nextId("B"),
      appId: world.app.id,
    });
  user.deleted = false;
  const botToken = world.secret("xoxb");
  world.addToken({ token: botToken, kind: "bot", team, userId: user.id, scopes });
  team.install = { botToken, botUserId: user.id, botId: user.botId ?? "", scopes };
  return team.install;
}

/** By the app's own auth.revoke, or by an administrator. The app is told by both events. */
export function uninstall(world: World, team: TeamState, how: "revoked" | "removed"): void {
  const gone = team.install;
  if (!gone) return;
  for (const token of world.tokens.values()) {
    if (token.team === team && token.state === "active") {
      token.state = how === "revoked" ? "revoked" : "inactive";
    }
  }
  const revoked = { type: "tokens_revoked", tokens: { oauth: [], bot: [gone.botUserId] } };
  world.tell({ kind: "plain", team, channel: null, event: revoked });
  world.tell({ kind: "plain", team, channel: null, event: { type: "app_uninstalled" } });
  for (const channel of team.channels.values()) {
    if (channel.kind !== "im") channel.members.delete(gone.botUserId);
  }
  team.install = null;
}
