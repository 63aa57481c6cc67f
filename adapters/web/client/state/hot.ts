import { useEffect, useState } from "preact/hooks";
import { useDesk } from "./desk.ts";

/** Whether the change is under the pointer or the focus, somewhere. Draws again only when that turns. */
export function useHot(changeId: string): boolean {
  const { hot } = useDesk();
  const [isHot, setHot] = useState(hot.get() === changeId);
  useEffect(() => {
    const look = (): void => setHot(hot.get() === changeId);
    look();
    return hot.watch(look);
  }, [hot, changeId]);
  return isHot;
}
