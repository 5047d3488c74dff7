/**
 * load.ts: a conversation that is open or kept, into a Recorded. Of one that is open, what waits for its reader (with its words), then
 * what is kept of the time before, page by page, then what comes. The browser takes a stream that was cut up again by itself, from the
 * last number on.
 */
import { signal } from "@preact/signals";
import { address, get, Problem } from "../../api/client";
import type { Participant, Result } from "../../api/shapes";
import { Recorded } from "./record";

export interface Told {
  session: string; purpose: string; context: string; jurisdiction: string; opened: number; closed?: number | null; finished: boolean; kept?: boolean;
  results: number; participants: Participant[];
}
interface Page { results: Result[]; after: number }
const AGAIN = 3000; // milliseconds
const KINDS = ["reading", "state", "turn", "event", "trouble", "finished"];

export class Loaded {
  readonly told = signal<Told | null>(null);
  readonly problem = signal<unknown>(null);
  readonly version = signal(0);      // of what is there
  readonly is = signal<"loading" | "live" | "lost" | "ended">("loading");
  record = new Recorded();
  private stream: EventSource | null = null;
  private readonly stop = new AbortController();
  private due = 0;
  private retry = 0;

  /** `had`: results that are here already. */
  constructor(readonly id: string, private readonly had: readonly Result[] = []) {}

  async begin(): Promise<void> {
    try {
      const told = await get<Told>("/v1/sessions/{id}", { params: { id: this.id }, signal: this.stop.signal });
      this.record = new Recorded(told.participants);
      for (const result of this.had) this.record.take(result);
      this.told.value = told;
      const open = !told.kept;
      const waiting = open ? await get<Page>("/v1/sessions/{id}/results", { params: { id: this.id }, signal: this.stop.signal }) : null;
      for (const result of waiting?.results ?? []) this.record.take(result);
      this.version.value = this.record.version;
      await this.pages(open, waiting?.after || Infinity);
      this.version.value = this.record.version;
      if (this.stop.signal.aborted) return;
      if (open && !this.record.finished) this.follow();
      else this.ended();
    } catch (problem) {
      if (!this.stop.signal.aborted) this.problem.value = problem;
    }
  }

  /** Of one that is open, what is kept so far: nothing where nothing is. The next page is on its way while one is taken in. */
  private async pages(open: boolean, until: number): Promise<void> {
    const ask = (after: number): Promise<Page> => get<Page>("/v1/sessions/{id}/results", { params: { id: this.id }, query: { after, kept: open ? 1 : undefined }, signal: this.stop.signal });
    let drawn = this.record.version, coming: Promise<Page> | null = ask(0);
    for (let after = 0; coming;) {
      let page: Page;
      try {
        page = await coming;
      } catch (problem) {
        if (open && problem instanceof Problem && problem.status === 404) return;
        throw problem;
      }
      coming = page.results.length > 0 && page.after > after && page.after < until ? ask(page.after) : null;
      coming?.catch(() => undefined); // told where it is awaited
      after = page.after;
      for (const result of page.results) if (result.seq <= until) this.record.take(result);
      if (this.record.version < 4 * drawn) continue; // all is drawn anew each time: a few times on the way, and at the end
      drawn = this.record.version;
      this.soon();
    }
  }

  private follow(): void {
    const stream = new EventSource(address("/v1/sessions/{id}/results", { id: this.id }, { after: this.record.last, stream: 1 }));
    this.stream = stream;
    stream.onopen = () => { this.is.value = "live"; };
    stream.onerror = () => {
      this.is.value = "lost"; // the browser tries again, unless it was refused
      if (stream.readyState === EventSource.CLOSED) this.retry = window.setTimeout(() => void this.again(), AGAIN);
    };
    for (const kind of KINDS) stream.addEventListener(kind, (event) => {
      if (!(event instanceof MessageEvent)) return;
      this.record.take(JSON.parse(String(event.data)) as Result);
      if (kind === "finished") this.ended();
      this.soon();
    });
  }

  /** Refused: is it still there, and may we? */
  private async again(): Promise<void> {
    try {
      const told = await get<Told>("/v1/sessions/{id}", { params: { id: this.id }, signal: this.stop.signal });
      if (told.kept) await this.pages(false, Infinity).then(() => this.ended());
      else this.follow();
    } catch (problem) {
      if (this.stop.signal.aborted) return;
      if (problem instanceof Problem && problem.status === 0) this.retry = window.setTimeout(() => void this.again(), AGAIN);
      else if (problem instanceof Problem && problem.status === 404) this.ended(); // over, and nothing of it is kept: what was seen stays
      else this.problem.value = problem;
    }
  }

  /** Four times a second at most: nothing flickers, and many results are one drawing. */
  private soon(): void {
    if (!this.due) this.due = window.setTimeout(() => { this.due = 0; this.version.value = this.record.version; }, 250);
  }

  private ended(): void {
    this.stream?.close();
    this.stream = null;
    this.is.value = "ended";
  }

  end(): void {
    this.stop.abort();
    window.clearTimeout(this.due);
    window.clearTimeout(this.retry);
    this.stream?.close();
    this.stream = null;
  }
}
