/** The workspaces that turns are charged to, by name. Pure. */

/** What is asked in the console is charged to a workspace of its own. */
export const CONSOLE_SHARE = "console";

/**
 * What turns were charged to whose workspace was deleted, with the sums of what it used. Nothing is charged to it,
 * and nobody sets limits for it.
 */
export const DELETED_SHARE = "deleted";

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

/** The workspace of a chat platform, or nothing for the console's. */
export function workspaceIn(share: string): { platform?: string; workspaceId?: string } {
  const [platform, workspaceId] = share.split("/", 2);
  return platform !== undefined && workspaceId !== undefined ? { platform, workspaceId } : {};
}

const SHARE = /^(?:console|(?:slack|discord|github)\/[^\s/]{1,100})$/;

export function isShare(text: string): boolean {
  return SHARE.test(text);
}
