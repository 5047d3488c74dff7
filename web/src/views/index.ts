/** views/index.ts: the rooms of the app: their address, the scope they need, and whence they are loaded. */
import type { ComponentType } from "preact";
import { may, type Scope } from "../session";

export interface View {
  path: string;                 // #/path
  scopes: Scope[];              // all are needed; none: anybody, without logging in
  open?: boolean;               // shown without logging in
  group: "live" | "insight" | "trust" | "person";
  bare?: boolean;               // without the shell: captions, signals
  hidden?: boolean;             // not in the menu
  wide?: boolean;               // tiles, tables and lines of time: as wide as the screen
  load: () => Promise<{ default: ComponentType }>;
}

export const views: View[] = [
  { path: "try", scopes: ["read", "stream", "consent"], group: "live", load: () => import("./try") },
  { path: "supervisor", scopes: ["read", "review"], group: "live", wide: true, load: () => import("./supervisor") },
  { path: "agent", scopes: ["read", "stream"], group: "live", load: () => import("./agent") },
  { path: "sessions", scopes: ["read"], group: "live", wide: true, load: () => import("./sessions") },
  { path: "captions", scopes: ["read", "stream", "consent"], group: "live", bare: true, load: () => import("./captions") },
  { path: "signals", scopes: ["read", "stream", "consent"], group: "live", load: () => import("./signals") },
  { path: "market", scopes: ["read"], group: "insight", wide: true, load: () => import("./market") },
  { path: "privacy", scopes: ["privacy"], group: "trust", load: () => import("./privacy") },
  { path: "settings", scopes: ["admin"], group: "trust", load: () => import("./settings") },
  { path: "mine", scopes: [], open: true, group: "person", load: () => import("./mine") },
];
/** Without a path: the first that this role may see. */
export const viewOf = (path: string): View | undefined => (path ? views.find((view) => view.path === path) : views.find((view) => view.scopes.length > 0 && view.scopes.every(may)) ?? views[0]);
