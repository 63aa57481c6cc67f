/** What a program is started with. */
export interface SlackAccount {
  apiUrl: string;
  botToken: string;
  appToken: string;
}

/** One answer to write. */
export interface Asked {
  stream: number;
  teamId: string;
  channel: string;
  threadTs: string;
  userId: string;
}
