/** When something happened, short; the full time is in its title. */
export function Time({ iso }: { iso: string }) {
  const date = new Date(iso);
  return (
    <time dateTime={iso} title={wholeTime(iso)}>
      {shortTime(date, new Date())}
    </time>
  );
}

export function wholeTime(iso: string): string {
  return WHOLE.format(new Date(iso));
}

export function shortTime(date: Date, now: Date): string {
  const time = TIME.format(date);
  if (date.toDateString() === now.toDateString()) return time;
  const sameYear = date.getFullYear() === now.getFullYear();
  return `${(sameYear ? DAY : DAY_AND_YEAR).format(date)}, ${time}`;
}

// Made once: to make one takes as long as to draw a card.
const TIME = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat([], { day: "numeric", month: "short" });
const DAY_AND_YEAR = new Intl.DateTimeFormat([], {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const WHOLE = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium" });
