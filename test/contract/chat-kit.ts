/** What the suites that hold on every chat platform need of one. */
import type { AppOverrides } from "../../src/app.ts";
import type { Scene } from "../support/chat-scene.ts";

export interface StartOptions {
  document?: string;
  overrides?: AppOverrides;
}

/** A form that somebody has open. */
export interface OpenForm {
  title: string;
  /** What its fields hold, by their names. */
  fields: Record<string, unknown>;
  submit(values: Record<string, string>): Promise<unknown>;
}

/** What people do on a platform. Buttons are named by their labels, `at` counts those that have the same. */
export interface ChatKit<World, Thread, User, Shown> extends Scene<World, Thread, Shown> {
  start(options?: StartOptions): Promise<World>;
  idOf(shown: Shown): string;
  buttonsOf(shown: Shown): string[];
  ask(world: World, user: User, thread: Thread, words: string): unknown;
  press(
    world: World,
    user: User,
    thread: Thread,
    card: Shown,
    button: string,
    at?: number,
  ): Promise<unknown>;
  opened(
    world: World,
    user: User,
    thread: Thread,
    card: Shown,
    button: string,
    at?: number,
  ): Promise<OpenForm>;
  /** Waits for the next thing that only this person is told. */
  toldNext(world: World, user: User, doing: () => unknown): Promise<string>;
}
