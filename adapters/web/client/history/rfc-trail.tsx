import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";

interface Props {
  slug: string;
  /** Null while it is not known. */
  title: string | null;
  here: string;
}

/** The way back to the document from a page about it. */
export function RfcTrail({ slug, title, here }: Props) {
  return (
    <nav class="trail" aria-label="Where you are">
      {title !== null && (
        <>
          <Link to={rfcPath(slug)}>{title}</Link>
          <span aria-hidden="true">›</span>
        </>
      )}
      <span aria-current="page">{here}</span>
    </nav>
  );
}
