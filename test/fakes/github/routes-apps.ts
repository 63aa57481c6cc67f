/** The caller's own account, Apps and their installations, and the state of the rate limit. */
import { ApiError, badCredentials, notFound, validationFailed } from "./api-error.ts";
import type { App, Permissions } from "./auth.ts";
import { permissionOf, reaches } from "./auth.ts";
import type { Repository } from "./model.ts";
import { ok, paged } from "./router.ts";
import type { Call, Reply, RepositoryCall, Route } from "./router.ts";
import {
  showAccount,
  showApp,
  showInstallation,
  showOwnUser,
  showPermissions,
  showRepository,
} from "./show.ts";

function getUser(call: Call): Reply {
  const { actor, show } = call;
  if (actor.kind === "anonymous") throw new ApiError(401, "Requires authentication");
  if (actor.kind !== "user" || !actor.account) {
    throw new ApiError(403, "Resource not accessible by integration");
  }
  return ok(showOwnUser(show, actor.account));
}

/** @throws ApiError 401 for everyone but an App itself */
function theApp(call: Call): App {
  if (call.actor.kind === "app" && call.actor.app) return call.actor.app;
  throw badCredentials("A JSON web token could not be decoded");
}

const getApp = (call: Call): Reply => ok(showApp(call.show, theApp(call)));

function listInstallations(call: Call): Reply {
  const app = theApp(call);
  const own = [...call.auth.installations.values()].filter((one) => one.app === app);
  return paged(
    call,
    own.map((one) => showInstallation(call.show, one)),
  );
}

function getRepositoryInstallation(call: Call): Reply {
  const app = theApp(call);
  const name = `${call.params["owner"]}/${call.params["repo"]}`.toLowerCase();
  const repository = call.world.repositories.get(name);
  const installation = repository && call.auth.installationOf(app, repository);
  if (!installation) throw notFound();
  return ok(showInstallation(call.show, installation));
}

function postAccessToken(call: Call): Reply {
  const app = theApp(call);
  const installation = call.auth.installations.get(Number(call.params["installation_id"]));
  if (!installation || installation.app !== app) throw notFound();
  const asked = call.body["permissions"] as Permissions | undefined;
  const repositories = limitOf(call, [...installation.repositories]);
  for (const [name, level] of Object.entries(asked ?? {})) {
    const has = installation.permissions[name];
    if (has !== "write" && has !== level) {
      throw validationFailed(
        "Installation",
        "permissions",
        "The permissions requested are not granted to this installation.",
      );
    }
  }
  const made = call.auth.createInstallationToken(installation, {
    ...(repositories && { repositories }),
    ...(asked && { permissions: asked }),
  });
  const json = {
    token: made.token,
    expires_at: made.expiresAt,
    permissions: asked ?? installation.permissions,
    repository_selection: "selected",
    ...(repositories && {
      repositories: [...repositories].map((one) => showRepository(call.show, one)),
    }),
  };
  return { status: 201, json };
}

function limitOf(call: Call, installed: readonly Repository[]): Set<Repository> | null {
  const names = call.body["repositories"] as string[] | undefined;
  const ids = call.body["repository_ids"] as number[] | undefined;
  if (!names && !ids) return null;
  const chosen = installed.filter(({ name, id }) => names?.includes(name) || ids?.includes(id));
  if (chosen.length < (names?.length ?? 0) + (ids?.length ?? 0)) {
    throw validationFailed(
      "Installation",
      "repositories",
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    );
  }
  return new Set(chosen);
}

function getRateLimit(call: Call): Reply {
  const rate = call.limits.overview(call.actor.bucket);
  return ok({ resources: { core: rate, search: rate, graphql: rate }, rate });
}

const route = (answer: (call: Call) => Reply): Route => ({ kind: "global", answer });

function getUserById(call: Call): Reply {
  const id = Number(call.params["account_id"]);
  const account = [...call.world.accounts.values()].find((one) => one.id === id);
  if (!account) throw notFound();
  return ok({ ...showOwnUser(call.show, account), user_view_type: "public" });
}

function getCollaboratorPermission(call: RepositoryCall): Reply {
  const { actor, repository, show } = call;
  const isPusher = reaches(permissionOf(repository, actor.account), "write");
  if (actor.kind === "user" && !isPusher) {
    throw new ApiError(403, "Must have push access to view collaborator permission.");
  }
  const account = call.world.accounts.get(String(call.params["username"]).toLowerCase());
  if (!account) throw notFound(`${call.params["username"]} is not a user`);
  const role = permissionOf(repository, account);
  const nearest = { maintain: "write", triage: "read" } as const;
  const permission = role === "maintain" || role === "triage" ? nearest[role] : role;
  const permissions = showPermissions(repository, account);
  const user = { ...showAccount(show, account), permissions, role_name: role };
  return ok({ permission, role_name: role, user });
}

export const APP_ROUTES: Record<string, Route> = {
  "GET /user": route(getUser),
  "GET /user/{account_id}": route(getUserById),
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": {
    kind: "repository",
    needs: ["metadata"],
    answer: getCollaboratorPermission,
  },
  "GET /app": route(getApp),
  "GET /app/installations": route(listInstallations),
  "POST /app/installations/{installation_id}/access_tokens": route(postAccessToken),
  "GET /repos/{owner}/{repo}/installation": route(getRepositoryInstallation),
  "GET /rate_limit": route(getRateLimit),
};
