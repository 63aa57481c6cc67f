interface Props {
  /** In the order in which they are drawn. */
  parts: readonly { kind: string; value: number }[];
  /** What the whole width stands for. */
  most: number;
}

/** Numbers of a row as one bar; the row itself has them in words. */
export function ShareBar({ parts, most }: Props) {
  let x = 0;
  return (
    <svg class="share-bar" width="100%" height="12" aria-hidden="true">
      {parts.map(({ kind, value }) => {
        const begin = x;
        const size = (100 * value) / Math.max(1, most);
        x += size;
        return (
          size > 0 && (
            <rect
              key={kind}
              class={`share-${kind}`}
              x={`${begin}%`}
              width={`${size}%`}
              height="12"
            />
          )
        );
      })}
    </svg>
  );
}
