/** stage.ts: where one looks in a conversation: the moment under the cursor, the span that is shown, whom it is about. */
import { signal } from "@preact/signals";
import type { Span } from "./draw";
import type { Loaded } from "./load";

const SHORTEST = 10; // seconds
const RESTS = 80;    // milliseconds
const TOLD = 80;     // milliseconds: words that change faster are not read, and each change is laid out and painted

export class Stage {
  readonly at = signal(0);
  readonly told = signal(0);    // the same a dozen times a second: for words
  readonly settled = signal(0); // the same, once it rests: for what takes longer than a frame
  readonly span = signal<Span>({ from: 0, until: SHORTEST });
  readonly who = signal("");
  readonly follows = signal(true); // a live one: the cursor stays at its end until one scrubs
  private whole = true;

  private resting = 0;
  private telling = 0;

  constructor(readonly loaded: Loaded) {
    this.at.subscribe((at) => {
      window.clearTimeout(this.resting);
      this.resting = window.setTimeout(() => { this.settled.value = at; }, RESTS);
      if (!this.telling) this.tell();
    });
  }

  private tell(): void {
    this.told.value = this.at.peek();
    this.telling = window.setTimeout(() => { this.telling = 0; if (this.told.peek() !== this.at.peek()) this.tell(); }, TOLD);
  }

  get end(): number { return Math.max(SHORTEST, this.loaded.record.end); }

  /** There is more. */
  grown(live: boolean): void {
    if (!this.who.peek()) this.who.value = [...this.loaded.record.lines.values()].find((line) => line.count > 0)?.who ?? "";
    if (live && this.follows.peek()) this.at.value = this.loaded.record.end;
    const { from, until } = this.span.peek(), long = until - from;
    if (this.whole) this.show(0, this.end);
    else if (live && this.follows.peek()) this.show(this.end - long, this.end);
  }

  private show(from: number, until: number): void {
    const now = this.span.peek();
    if (now.from !== from || now.until !== until) this.span.value = { from, until };
  }

  /** The cursor; what is shown moves with it. */
  move(t: number, who?: string): void {
    this.follows.value = false;
    this.at.value = Math.min(this.end, Math.max(0, t));
    if (who) this.who.value = who;
    const { from, until } = this.span.value, long = until - from;
    if (this.at.value < from || this.at.value > until) {
      const start = Math.min(this.end - long, Math.max(0, this.at.value - long / 2));
      this.show(start, start + long);
    }
  }

  /** 0.5: half as much of it. Around the cursor. */
  zoom(by: number): void {
    const { from, until } = this.span.value, long = Math.min(this.end, Math.max(SHORTEST, (until - from) * by));
    this.whole = long >= this.end;
    const share = (this.at.value - from) / (until - from), wanted = this.at.value - long * Math.min(1, Math.max(0, share));
    const start = Math.min(this.end - long, Math.max(0, wanted));
    this.show(start, start + long);
  }

  all(): void { this.whole = true; this.show(0, this.end); }

  catchUp(): void { this.follows.value = true; this.grown(true); }
}
