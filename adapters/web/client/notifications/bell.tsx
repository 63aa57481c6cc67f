import { useEffect } from "preact/hooks";
import { NOTIFICATIONS } from "../router.ts";
import { useStore } from "../state/store.ts";
import { Link } from "../ui/link.tsx";
import { unread, watchNews } from "./news.ts";

const MOST = 99;

/** Leads to what the person was told, and says how much of it is new. */
export function Bell() {
  const count = useStore(unread);
  useEffect(watchNews, []);
  return (
    <Link class="bell" to={NOTIFICATIONS} keys="n" title="Notifications (n)">
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d="M10 2.5a5 5 0 0 0-5 5v3L3.5 13.5h13L15 10.5v-3a5 5 0 0 0-5-5Z" />
        <path d="M8.2 16a2 2 0 0 0 3.6 0" />
      </svg>
      <span class="visually-hidden">Notifications</span>
      {count > 0 && (
        <span class="bell-count">
          {count > MOST ? `${MOST}+` : count}
          <span class="visually-hidden"> unread</span>
        </span>
      )}
    </Link>
  );
}
