/** People's accounts on GitHub, as they connect and disconnect them. */
import type { CommandAnswer } from "../commands/command.ts";
import { forPerson } from "../commands/command.ts";
import { UserError } from "../errors.ts";
import type { DeviceCode } from "../ports.ts";
import { JOINABLE_MS } from "../rfcs/connected-accounts.ts";
import type { CommandContext } from "./command-context.ts";
import type { Connecting } from "./connecting.ts";
import { orTold } from "./host-busy.ts";
import { describeNowhere, isNowhere } from "./permissions.ts";
import { asCode } from "./wording.ts";

/** @throws UserError */
export async function connectAccount(
  context: CommandContext,
  joins: boolean,
): Promise<CommandAnswer> {
  const { platform, by, user, reply } = context;
  // Somebody is known by their workspace, and would be connected for nowhere.
  if (isNowhere(by)) throw new UserError("not-found", describeNowhere(platform.words));
  const connecting = connectingOf(context);
  const known = await orTold(connecting.accounts.confirmed(user.id));
  if (known) {
    const [disconnect, join] = [
      asCode(platform.words, "disconnect"),
      asCode(platform.words, "connect join"),
    ];
    const already = `You are connected already: ${known.login} on GitHub is you; ${disconnect} ends that.`;
    if (!joins) return forPerson(already);
    await connecting.accounts.letJoin(user.id);
    return forPerson(
      `${already} Within ${JOINABLE_MS / 60_000} minutes an account of yours elsewhere becomes one person with you: write ${join} there, and show that ${known.login} is you there, too. Whatever either of the two said, or may do, is then the other's as well.`,
    );
  }
  const connector = { by, userId: user.id, reply, joins };
  return forPerson(describeCode(await orTold(connecting.begin(connector))));
}

/** @throws UserError */
export async function disconnectAccount(context: CommandContext): Promise<CommandAnswer> {
  const { platform, user } = context;
  const login = await connectingOf(context).accounts.disconnect(user.id);
  if (login !== null) {
    return forPerson(
      `${login} on GitHub is not connected to you any more, and its token is deleted; GitHub lists under Settings, Applications, what you have let in.`,
    );
  }
  const connect = asCode(platform.words, "connect");
  return forPerson(`No account on GitHub is connected to you; ${connect} connects one.`);
}

/** @throws UserError not-ready */
function connectingOf({ services }: CommandContext): Connecting {
  if (services.connecting) return services.connecting;
  throw new UserError(
    "not-ready",
    "Accounts on GitHub cannot be connected here yet; whoever runs Redline turns that on with GITHUB_CLIENT_ID.",
  );
}

function describeCode({ code, url }: DeviceCode): string {
  return [
    `Open ${url} and enter the code \`${code}\` there; I tell you once GitHub has told me whose account it is.`,
    "Enter a code only if you asked for it yourself, as you do here: whoever gave it to you could decide in your name.",
  ].join("\n\n");
}
