/** auth.*, apps.*, bots.*, team.*, users.*, oauth.* */
import type { BotCall, Call, Handler } from "./call.ts";
import { bot, needScope, text } from "./call.ts";
import { install, uninstall } from "./install.ts";
import type { Json } from "./model.ts";
import { teamJson, teamUrl, userJson } from "./show.ts";
import { SlackError } from "./slack-error.ts";

export const APP_METHODS: Record<string, Handler> = {
  "auth.test": bot((call) => ({
    url: teamUrl(call.team),
    team: call.team.name,
    user: call.bot.name,
    team_id: call.team.id,
    user_id: call.bot.id,
    bot_id: call.install.botId,
    is_enterprise_install: false,
  })),
  "auth.revoke": bot((call) => {
    if (call.args["test"] === true) return { revoked: false };
    uninstall(call.world, call.team, "revoked");
    return { revoked: true };
  }),
  "apps.connections.open": {
    kind: "app",
    answer: ({ sockets, origin }) => {
      const host = origin().replace(/^http/, "ws");
      return { url: `${host}/link/?ticket=${sockets.newTicket()}&app_id=1` };
    },
  },
  "bots.info": bot(botsInfo),
  "team.info": bot((call) => {
    const asked = text(call.args, "team");
    if (asked !== null && asked !== call.team.id) throw new SlackError("team_not_found");
    return { team: teamJson(call.team) };
  }),
  "users.info": bot((call) => {
    const person = call.team.users.get(String(call.args["user"]));
    if (!person) throw new SlackError("user_not_found");
    return { user: withEmail(call, userJson(person)) };
  }),
  "users.lookupByEmail": bot((call) => {
    const wanted = String(call.args["email"]).toLowerCase();
    const found = [...call.team.users.values()].find(
      (person) => person.email.toLowerCase() === wanted && !person.deleted,
    );
    if (!found) throw new SlackError("users_not_found");
    needScope(call, "users:read.email");
    return { user: userJson(found) };
  }),
  "oauth.v2.access": { kind: "open", answer: access },
};

/** Addresses are for those who may read them. */
function withEmail(call: BotCall, user: Json): Json {
  if (call.token.scopes.includes("users:read.email")) return user;
  const { email: _, ...profile } = user["profile"] as Json;
  return { ...user, profile };
}

function botsInfo(call: BotCall): Json {
  const id = text(call.args, "bot");
  if (id === null) throw new SlackError("missing_argument");
  const person = [...call.team.users.values()].find((one) => one.botId === id);
  if (!person) throw new SlackError("bot_not_found");
  return {
    bot: {
      id,
      deleted: person.deleted,
      name: person.realName,
      updated: 1_700_000_000,
      app_id: person.appId ?? "",
      user_id: person.id,
      icons: { image_36: "https://avatars.example/36.png" },
    },
  };
}

function access({ world, args }: Call): Json {
  const { app } = world;
  if (args["client_id"] !== app.clientId) throw new SlackError("invalid_client_id");
  if (args["client_secret"] !== app.clientSecret) throw new SlackError("bad_client_secret");
  const grant = text(args, "grant_type") ?? "authorization_code";
  if (grant !== "authorization_code") throw new SlackError("invalid_grant_type");
  const code = String(args["code"]);
  const granted = world.codes.get(code);
  if (!granted) throw new SlackError("invalid_code");
  const redirect = text(args, "redirect_uri");
  if (granted.redirectUri !== null && redirect !== granted.redirectUri) {
    throw new SlackError("bad_redirect_uri");
  }
  world.codes.delete(code);
  const { team, by, isOrgWide } = granted;
  const made = install(world, team, granted.scopes);
  return {
    access_token: made.botToken,
    token_type: "granular_bot",
    scope: made.scopes.join(","),
    bot_user_id: made.botUserId,
    app_id: app.id,
    team: isOrgWide ? null : { id: team.id, name: team.name },
    enterprise: isOrgWide ? { id: team.id, name: team.name } : null,
    authed_user: { id: by.id },
    is_enterprise_install: isOrgWide,
  };
}
