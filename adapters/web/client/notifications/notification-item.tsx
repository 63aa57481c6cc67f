import type { ComponentChildren } from "preact";
import type { NotificationJson } from "../../views/people-view.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";
import { targetOf } from "./notification-face.ts";

interface Props {
  item: NotificationJson;
  isRead: boolean;
  onSeen(): void;
}

/** One thing that the person was told; it leads to where that is to be seen. */
export function NotificationItem({ item, isRead, onSeen }: Props) {
  return (
    <li class="notification" data-read={isRead}>
      <Way url={item.url} onFollow={isRead ? undefined : onSeen}>
        <span class="notification-text">
          {!isRead && <span class="visually-hidden">New: </span>}
          {item.text}
        </span>
        <span class="quiet notification-where">
          {item.rfc_title}
          {item.pr_number !== null && ` · #${item.pr_number}`} · <Time iso={item.created_at} />
        </span>
        {item.excerpt !== null && <span class="notification-excerpt">{item.excerpt}</span>}
      </Way>
      {!isRead && (
        <button type="button" class="small" onClick={onSeen}>
          Mark as read<span class="visually-hidden"> {item.text}</span>
        </button>
      )}
    </li>
  );
}

interface WayProps {
  url: string;
  onFollow: (() => void) | undefined;
  children: ComponentChildren;
}

function Way({ url, onFollow, children }: WayProps) {
  const target = targetOf(url, location.origin);
  if (target === null) return <div class="notification-way">{children}</div>;
  if ("inside" in target) {
    return (
      <Link class="notification-way" to={target.inside} onFollow={onFollow}>
        {children}
      </Link>
    );
  }
  return (
    <a
      class="notification-way"
      href={target.outside}
      target="_blank"
      rel="noreferrer"
      onClick={onFollow}
    >
      {children}
    </a>
  );
}
