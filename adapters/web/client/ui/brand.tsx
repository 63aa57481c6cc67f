import { Link } from "./link.tsx";

export function Brand() {
  return (
    <Link class="brand" to="/">
      <span class="brand-mark" aria-hidden="true" />
      Redline
    </Link>
  );
}
