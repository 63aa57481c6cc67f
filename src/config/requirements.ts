/** What goes with what, in the words of the person who sets it. */
import { isLoopback } from "../loopback.ts";
import { ConfigError } from "./config-error.ts";
import type { Values } from "./variables.ts";
import { ENCRYPTION_KEY } from "./variables.ts";

/** @throws ConfigError for the first variable that lacks another */
export function assertTogether(values: Values): void {
  assertApp(values);
  assertConnecting(values);
  assertSignIn(values);
}

/** An App is its number and its key. @throws ConfigError */
function assertApp(values: Values): void {
  const { GITHUB_APP_ID: appId, GITHUB_PRIVATE_KEY: privateKey } = values;
  if ((appId === undefined) === (privateKey === undefined)) return;
  throw new ConfigError(
    appId === undefined
      ? "GITHUB_APP_ID must be set beside GITHUB_PRIVATE_KEY: the number of the GitHub App."
      : "GITHUB_PRIVATE_KEY must be set beside GITHUB_APP_ID: the App's private key in PEM, or its file.",
  );
}

/** People connect accounts to decide with them, and what shows that they may is kept. @throws ConfigError */
function assertConnecting(values: Values): void {
  if (values.GITHUB_CLIENT_ID === undefined) return;
  if (values.GITHUB_TOKEN === undefined && values.GITHUB_PRIVATE_KEY === undefined) {
    throw new ConfigError(
      "GITHUB_TOKEN, or GITHUB_APP_ID with GITHUB_PRIVATE_KEY, must be set beside GITHUB_CLIENT_ID: with it GitHub is asked who may write.",
    );
  }
  if (values.ENCRYPTION_KEY === undefined) {
    throw new ConfigError(
      `ENCRYPTION_KEY must be set beside GITHUB_CLIENT_ID: ${ENCRYPTION_KEY}, for the tokens of people's accounts.`,
    );
  }
}

/** GitHub sends people back to an address that it was told before. @throws ConfigError */
function assertSignIn(values: Values): void {
  if (values.GITHUB_CLIENT_SECRET === undefined) return;
  if (values.GITHUB_CLIENT_ID === undefined) {
    throw new ConfigError(
      "GITHUB_CLIENT_ID must be set beside GITHUB_CLIENT_SECRET: the client id of the same App.",
    );
  }
  if (isLoopback(values.HOST) || values.REDLINE_URL !== undefined) return;
  throw new ConfigError(
    "REDLINE_URL must be set beside GITHUB_CLIENT_SECRET: the address of the console, to which GitHub sends people back.",
  );
}
