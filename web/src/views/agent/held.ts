/** held.ts: a value that is shown only after it has lasted: what comes and goes within `seconds` never appears. The first is shown at once. */
import { useEffect, useRef, useState } from "preact/hooks";

export function useHeld<T>(now: T | null, key: string, seconds: number): T | null {
  const [shown, setShown] = useState<T | null>(now), shownKey = useRef(now === null ? null : key), newest = useRef(now);
  newest.current = now;
  useEffect(() => {
    if (key === shownKey.current) return;
    if (shownKey.current === null) {
      if (now === null) return;
      shownKey.current = key;
      setShown(now);
      return;
    }
    const timer = setTimeout(() => { shownKey.current = key; setShown(newest.current); }, seconds * 1000);
    return () => clearTimeout(timer);
  }, [key, seconds]);
  return shown;
}
