/** router.ts: where in the app: #/session/s_1?at=12. Behind the #, so that every page is one file and no address reaches a server's log. */
import { signal } from "@preact/signals";

export interface Place { view: string; rest: string[]; query: URLSearchParams }

function read(): Place {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", ...rest] = path.split("/").map((part) => { try { return decodeURIComponent(part); } catch { return ""; } });
  return { view, rest, query: new URLSearchParams(query) };
}

export const place = signal<Place>(read());
addEventListener("hashchange", () => { place.value = read(); });

export function go(path: string, replace = false): void {
  if (replace) { history.replaceState(null, "", `#/${path}`); place.value = read(); }
  else location.hash = `#/${path}`;
}
