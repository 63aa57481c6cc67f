import { useEffect, useRef } from "preact/hooks";
import type { RfcDetailJson } from "../views/rfc-view.ts";
import { showConcern } from "./concerns/shown-concern.ts";
import { flash, reveal, scrollTo } from "./document/reveal.ts";
import { insightApi } from "./insight-api.ts";
import { markThreadSeen } from "./notifications/news.ts";
import { useRfcShortcuts } from "./shortcuts/rfc-shortcuts.ts";
import { useDesk, type Desk } from "./state/desk.ts";
import { createStore, useStore } from "./state/store.ts";
import type { ThreadState } from "./state/thread-session.ts";
import { WhyLayer } from "./why/why-layer.tsx";

/** What works over the whole page of a document: keys, addresses of places, and questions about it. */
export function RfcLayers({ rfc }: { rfc: RfcDetailJson }) {
  useRfcShortcuts();
  useFragment(rfc);
  useReading();
  useKeptFocus(rfc);
  return <WhyLayer rfc={rfc} />;
}

/** Goes where the address's fragment points: `#change-12`, `#concern-3`, `#at-340` (an offset), `#message-…`. */
function useFragment(rfc: RfcDetailJson): void {
  const desk = useDesk();
  const { thread } = desk;
  const view = useStore(thread?.state ?? NO_THREAD).view;
  const ready = thread === null || view !== null;
  useEffect(() => {
    if (!ready) return undefined;
    const go = (): void => goTo(desk, location.hash.slice(1));
    // What is loaded now is drawn with the next frame.
    const frame = requestAnimationFrame(go);
    window.addEventListener("hashchange", go);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("hashchange", go);
    };
  }, [rfc.slug, thread, ready]);
}

const NO_THREAD = createStore<ThreadState>({ view: null, problem: null });

function goTo(desk: Desk, fragment: string): void {
  const [, kind, rest = ""] = /^(change|concern|at|message)-([\w-]+)$/.exec(fragment) ?? [];
  if (kind === "change") {
    const { rfc } = desk.rfc.state.get();
    const change = rfc?.changes.find(({ number }) => number === Number(rest));
    if (!change) return;
    history.replaceState(null, "", location.pathname);
    desk.showCard(change);
  } else if (kind === "concern") {
    const concerns = desk.rfc.state.get().rfc?.concerns ?? [];
    const concern = concerns.find(({ number }) => number === Number(rest));
    if (!concern) return;
    history.replaceState(null, "", location.pathname);
    showConcern(desk, concern.id);
  } else if (kind === "at") {
    const root = document.querySelector<HTMLElement>(".document-scroll");
    desk.pane.set("document");
    if (root) reveal(root, "", Number(rest));
  } else if (kind === "message") {
    const message = document.querySelector(`[data-message="${CSS.escape(rest)}"]`);
    desk.pane.set("conversation");
    if (!message) return;
    scrollTo(message, "start");
    flash(message);
  }
}

/** Notes what the person has before their eyes, so that it does not wait for them any more. */
function useReading(): void {
  const { thread } = useDesk();
  const { view } = useStore(thread?.state ?? NO_THREAD);
  const messages = view?.messages ?? [];
  const seq = Math.max(0, ...messages.map((message) => message.seq));
  const running = messages.some((message) => message.status === "streaming");
  useEffect(() => {
    if (!thread || seq === 0 || running) return undefined;
    const note = (): void => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", note);
      // What is not noted waits a little longer; nothing is lost.
      insightApi.markRead(thread.id, seq).catch(() => {});
      void markThreadSeen(thread.id);
    };
    document.addEventListener("visibilitychange", note);
    note();
    return () => document.removeEventListener("visibilitychange", note);
  }, [thread, seq, running]);
}

const CARDS = ".card, .concern, .merge";

/**
 * A card that loses the button which was just pressed takes the focus, so that the next key goes on from
 * there; so does what it was in, where the card itself goes.
 */
function useKeptFocus(rfc: RfcDetailJson): void {
  const { thread } = useDesk();
  const { view } = useStore(thread?.state ?? NO_THREAD);
  const last = useRef<Pressed | null>(null);
  useEffect(() => {
    const note = ({ target }: FocusEvent): void => {
      if (!(target instanceof Element)) return;
      const card = target.closest<HTMLElement>(CARDS);
      last.current = { control: target, card, around: card?.parentElement?.closest("[tabindex]") };
    };
    document.addEventListener("focusin", note);
    return () => document.removeEventListener("focusin", note);
  }, []);
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const { control, card, around } = last.current ?? {};
      const isLost = control && (!control.isConnected || control.matches(":disabled"));
      if (!isLost || !card || document.activeElement !== document.body) return;
      const next = card.isConnected ? card : around;
      if (next instanceof HTMLElement) next.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [rfc.changes, rfc.concerns, rfc.merge, view]);
}

interface Pressed {
  control: Element;
  card: HTMLElement | null;
  /** What the card is in. */
  around: Element | null | undefined;
}
