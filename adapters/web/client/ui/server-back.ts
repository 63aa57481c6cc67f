const LOOK_MS = 1_500;

/** Calls `then` once, as soon as the server answers; returns the way to stop asking it. */
export function whenServerAnswers(then: () => void): () => void {
  let over = false;
  const stop = (): void => {
    over = true;
    clearInterval(timer);
    window.removeEventListener("online", look);
  };
  const look = (): void => {
    fetch("/healthz", { cache: "no-store" }).then(
      // A proxy may answer for a server that is gone.
      ({ ok }) => {
        if (!ok || over) return;
        stop();
        then();
      },
      () => {},
    );
  };
  const timer = setInterval(look, LOOK_MS);
  window.addEventListener("online", look);
  return stop;
}
