/** What Redline shows GitHub. `privateKey` is a PEM text. */
export type GitHubCredentials =
  | { kind: "token"; token: string }
  | { kind: "app"; appId: string; privateKey: string };
