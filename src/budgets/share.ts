/** The workspaces that turns are charged to, by name. Pure. */

/** What is asked in the console is charged to a workspace of its own. */
export const CONSOLE_SHARE = "console";

/** `slack/T012345`, `discord/4567`; on GitHub the owner of the repository is the workspace. */
export function shareName({
  platform,
  workspaceId,
}: {
  platform: string;
  workspaceId: string;
}): string {
  return `${platform}/${workspaceId}`;
}

const SHARE = /^(?:console|(?:slack|discord|github)\/[^\s/]{1,100})$/;

export function isShare(text: string): boolean {
  return SHARE.test(text);
}
