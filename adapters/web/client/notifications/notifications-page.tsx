import { useEffect, useState } from "preact/hooks";
import type { NotificationJson, NotificationsJson } from "../../views/people-view.ts";
import { peopleApi } from "../people-api.ts";
import { useLoad, type Loaded } from "../state/load.ts";
import { useStore } from "../state/store.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Loading } from "../ui/loading.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { markSeen, unread } from "./news.ts";
import { NotificationItem } from "./notification-item.tsx";
import { NotificationSettings } from "./notification-settings.tsx";
import { WatchedList } from "./watched-list.tsx";

const REFRESH_MS = 15_000;
const PAGE = { limit: "30" };

/** What the person was told, what they watch, and how they want to hear of it. */
export function NotificationsPage() {
  useEffect(() => {
    document.title = "Notifications – Redline";
  }, []);
  const first = useLoad("notifications", () => peopleApi.notifications(PAGE), {
    everyMs: REFRESH_MS,
  });
  return (
    <>
      <PageBar />
      <main class="page">
        <section class="section" aria-labelledby="notifications-title">
          <Told of={first} />
        </section>
        <WatchedList />
        <NotificationSettings />
      </main>
    </>
  );
}

function Told({ of: first }: { of: Loaded<NotificationsJson> }) {
  const [earlier, setEarlier] = useState<NotificationsJson[]>([]);
  /** Seen here, before the server's answer says so. */
  const [seen, setSeen] = useState<ReadonlySet<number>>(new Set());
  const action = useAction();
  const pages = first.value === null ? [] : [first.value, ...earlier];
  const items = once(pages.flatMap((page) => page.notifications));
  const before = pages.at(-1)?.before ?? null;
  const isRead = ({ id, read_at: at }: NotificationJson): boolean => at !== null || seen.has(id);
  const see = async (ids: number[] | "all"): Promise<void> => {
    await markSeen(ids);
    const some = ids === "all" ? items.map(({ id }) => id) : ids;
    setSeen((known) => new Set([...known, ...some]));
  };
  const showEarlier = async (): Promise<void> => {
    const page = await peopleApi.notifications({ ...PAGE, before: String(before) });
    setEarlier((known) => [...known, page]);
  };
  // There may be unread ones among those that are not shown.
  const anyNew = useStore(unread) > 0 || items.some((item) => !isRead(item));
  return (
    <>
      <div class="section-head">
        <h1 id="notifications-title">Notifications</h1>
        {anyNew && items.length > 0 && (
          <button
            type="button"
            disabled={action.busy}
            onClick={() => void action.run(() => see("all"))}
          >
            Mark all as read
          </button>
        )}
      </div>
      <ActionProblem action={action} />
      <Loading of={first} rows={4}>
        {() => (
          <Items items={items} isRead={isRead} onSeen={(id) => void action.run(() => see([id]))} />
        )}
      </Loading>
      {before !== null && (
        <p class="more">
          <button type="button" disabled={action.busy} onClick={() => void action.run(showEarlier)}>
            Show earlier ones
          </button>
        </p>
      )}
    </>
  );
}

/** What came while one read moves the others to a later page. */
function once(items: readonly NotificationJson[]): NotificationJson[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

interface ItemsProps {
  items: readonly NotificationJson[];
  isRead(item: NotificationJson): boolean;
  onSeen(id: number): void;
}

function Items({ items, isRead, onSeen }: ItemsProps) {
  if (items.length === 0) {
    return (
      <p class="empty">
        Nothing yet. You are told here when somebody answers you, when your changes are decided, and
        when something waits for your decision.
      </p>
    );
  }
  return (
    <ul class="notifications">
      {items.map((item) => (
        <NotificationItem
          key={item.id}
          item={item}
          isRead={isRead(item)}
          onSeen={() => onSeen(item.id)}
        />
      ))}
    </ul>
  );
}
