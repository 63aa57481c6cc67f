import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";

/** The way back to the document from a page about it. */
export function RfcTrail({ slug, here }: { slug: string; here: string }) {
  return (
    <nav class="trail" aria-label="Where you are">
      <Link to={rfcPath(slug)}>{slug}</Link>
      <span aria-hidden="true">›</span>
      <span aria-current="page">{here}</span>
    </nav>
  );
}
