/**
 * board.ts: all live conversations at a glance, from the server-sent events of /v1/live. Each has a signal of its own, so that what
 * changes is drawn alone. The order is by need, but nothing jumps: places change every three seconds at most, only where the
 * difference is more than a hair, and never while the board is held (the pointer or the focus is on it); what ended stays in its
 * place until then.
 */
import { signal, type Signal } from "@preact/signals";
import { address, get, Problem, type Path, type Query } from "./client";
import type { Core, Cue, Fired, Mode, Modality, Severity, StateName } from "./shapes";

export interface Glimpse {
  at: number; abstain: string | null; core: Core | null; confidence: number | null; valence: number | null; arousal: number | null;
  state: StateName | null; share: number | null; trend: number | null; direction: "rising" | "steady" | "falling" | null;
  cue?: string | null; cue_of?: Pick<Cue, "kind" | "value" | "unit" | "z"> | null; // in English, and what to say it by
}
export interface LivePerson { who: string; role: string; mode: Mode; read: Modality[]; kept?: boolean; state: Glimpse | null }
export interface LastEvent { rule: string; title: string; severity: Severity; who: string | null; always: boolean; at: number; age: number }
export interface Live {
  session: string; purpose: string; context: string; reference: string | null; since: number; need: number; events: number; kept: boolean;
  last: LastEvent | null; people: LivePerson[];
  heard: number; ended?: boolean; // of this page: when it came (ms), and whether it is over
}
interface Sessions { whole: boolean; missed: number; sessions: Live[]; ended: string[] }
export type Told = Fired & { session: string; seq: number; heard: number };

const SETTLE = 3000 /* ms */, HAIR = 0.05, FEED = 60;

/** The places anew: neighbours change only where the one behind needs more by more than a hair. */
export function settle(order: string[], need: (id: string) => number): string[] {
  const next = [...order];
  for (let i = 1; i < next.length; i++)
    for (let j = i; j > 0; j--) {
      const before = next[j - 1] as string, here = next[j] as string;
      if (need(here) - need(before) <= HAIR) break;
      next[j - 1] = here;
      next[j] = before;
    }
  return next;
}

export class Board {
  readonly order = signal<string[] | null>(null); // null: not heard yet
  readonly feed = signal<Told[]>([]);             // the newest first
  readonly link = signal<"connecting" | "open" | "lost">("connecting");
  readonly problem = signal<unknown>(null);
  readonly missed = signal(0);
  readonly held = signal(false);
  readonly ended = signal(false);                 // of one session alone: it is over
  private readonly all = new Map<string, Signal<Live>>();
  private readonly gone = new Set<string>();
  private readonly remains = new Map<string, boolean>(); // of those that are over: is there something left of it?
  private source: EventSource | null = null;
  private tries = 0;
  private readonly timer: ReturnType<typeof setInterval>;
  private again: ReturnType<typeof setTimeout> | undefined;

  /** Of one session alone, or of all; `panel`: as the panel beside a call. */
  constructor(private readonly session?: string, private readonly panel = false) {
    this.connect();
    this.timer = setInterval(() => this.place(), SETTLE);
  }

  private where(): [Path, Record<string, string>, Query] {
    return this.panel ? ["/v1/live/{id}", { id: this.session ?? "" }, {}] : ["/v1/live", {}, { session: this.session }];
  }

  of(id: string): Signal<Live> | undefined { return this.all.get(id); }

  /** There is something to see of it: it goes on, or it is kept. */
  seen(id: string): boolean { return this.remains.get(id) ?? true; }

  private connect(): void {
    const [path, params, query] = this.where();
    const source = new EventSource(address(path, params, query));
    this.source = source;
    source.onopen = () => { this.tries = 0; this.link.value = "open"; this.problem.value = null; };
    source.addEventListener("sessions", (message: MessageEvent<string>) => this.hear(JSON.parse(message.data) as Sessions));
    source.addEventListener("event", (message: MessageEvent<string>) => {
      const told = JSON.parse(message.data) as { session: string; seq: number; event: Fired };
      this.feed.value = [{ ...told.event, session: told.session, seq: told.seq, heard: Date.now() }, ...this.feed.value].slice(0, FEED);
    });
    source.onerror = () => { source.close(); this.lost(); };
  }

  /** Refused, or gone: the service says which. */
  private lost(): void {
    this.link.value = "lost";
    const wait = Math.min(8000, 500 * 2 ** this.tries++);
    const [path, params, query] = this.where();
    get(path, { params, query: this.panel ? {} : { ...query, limit: 1 } }).then(() => { this.problem.value = null; }, (error: unknown) => {
        if (this.session && error instanceof Problem && error.status === 404) this.over();
        else if (!(error instanceof Problem && error.status === 0)) this.problem.value = error; // that it is lost is said, and what was heard stays
      })
      .finally(() => { if (this.source) this.again = setTimeout(() => { if (this.source) this.connect(); }, wait); });
  }

  /** The one conversation is over. */
  private over(): void {
    const live = this.all.get(this.session ?? "");
    if (live) live.value = { ...live.value, ended: true };
    this.ended.value = true;
    this.close();
  }

  private hear(told: Sessions): void {
    const now = Date.now(), first = this.order.value === null, fresh: string[] = [];
    for (const each of told.sessions) {
      const live = { ...each, heard: now }, known = this.all.get(each.session);
      this.gone.delete(each.session);
      if (known) known.value = live;
      else { this.all.set(each.session, signal(live)); fresh.push(each.session); }
    }
    const left = told.whole ? [...this.all.keys()].filter((id) => !told.sessions.some((each) => each.session === id)) : told.ended;
    for (const id of left) {
      const live = this.all.get(id);
      if (!live) continue;
      live.value = { ...live.value, ended: true };
      this.remains.set(id, live.value.kept);
      this.gone.add(id);
    }
    if (this.session && left.includes(this.session)) { this.over(); return; }
    this.missed.value += told.missed;
    if (fresh.length || first) this.order.value = [...(this.order.value ?? []), ...fresh];
    if (first) this.place();
    else if (this.gone.size && !this.held.value) this.clear();
  }

  private clear(): void {
    if (!this.gone.size) return;
    this.order.value = (this.order.value ?? []).filter((id) => !this.gone.has(id));
    for (const id of this.gone) this.all.delete(id);
    this.gone.clear();
  }

  private place(): void {
    if (this.held.value || this.order.value === null) return;
    this.clear();
    const next = settle(this.order.value, (id) => this.all.get(id)?.value.need ?? 0);
    if (next.some((id, i) => id !== this.order.value?.[i])) this.order.value = next;
  }

  hold(held: boolean): void {
    if (this.held.value === held) return;
    this.held.value = held;
    if (!held) this.place();
  }

  close(): void {
    clearInterval(this.timer);
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }
}
