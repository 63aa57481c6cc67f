import { historyPath, recordPath, rfcPeoplePath } from "../router.ts";
import { Link } from "../ui/link.tsx";

const PAGES = [
  ["history", "History", historyPath],
  ["record", "Record", recordPath],
  ["people", "People", rfcPeoplePath],
] as const;

/** From one page about an RFC to the others. */
export function RfcPages({ slug, here }: { slug: string; here: (typeof PAGES)[number][0] }) {
  return (
    <nav class="rfc-pages" aria-label="About this RFC">
      {PAGES.map(([name, label, path]) => (
        <Link key={name} to={path(slug)} current={name === here}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
