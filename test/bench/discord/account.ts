/** What a program is started with. */
export interface DiscordAccount {
  /** Without a version. */
  apiUrl: string;
  token: string;
  applicationId: string;
}
