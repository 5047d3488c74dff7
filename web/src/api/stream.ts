/**
 * stream.ts: one live conversation over the WebSocket /v1/stream (sub-protocol mien.v1). A connection that is lost is taken up again
 * with the session's token: results come back from the last one that arrived; sound and pictures of the time between are lost, as
 * they are of no use late.
 */
import type { Opened, Opening, Result } from "./shapes";
import { Problem } from "./client";

export type Link = "connecting" | "open" | "lost" | "closed";
interface Told { type: string; error?: string; what?: string; where?: string; remedy?: string; session?: string; last?: number }

const WAITS = [0.5, 1, 2, 4, 8, 8, 8]; // seconds before each try to connect again

export class LiveStream {
  private socket: WebSocket | null = null;
  private opened: Opened | null = null;
  private last = 0;
  private tries = 0;
  private ready = false; // opened or rejoined on this connection
  private readonly waiting: object[] = []; // words, while there is no connection
  private done = false;
  private readonly heard: number[] = [];     // of each stream of sound, when it began, ms
  private readonly gap = new Set<number>();  // those of which something was left out: the next is put where it belongs
  private settle: { yes: (opened: Opened) => void; no: (problem: Problem) => void } | null = null;

  constructor(private readonly opening: Opening, private readonly onResult: (result: Result) => void, private readonly onLink: (link: Link, problem?: Problem) => void) {}

  /** Rejects with the policy's words where it is refused. */
  open(): Promise<Opened> {
    return new Promise((yes, no) => { this.settle = { yes, no }; this.connect(); });
  }

  private connect(): void {
    this.onLink(this.opened ? "lost" : "connecting");
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/stream`, "mien.v1");
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.say(this.opened ? { type: "rejoin", session: this.opened.session, token: this.opened.token, after: this.last } : { type: "open", ...this.opening });
    socket.onmessage = (message: MessageEvent<string>) => this.hear(JSON.parse(message.data) as Told);
    socket.onclose = (event) => { if (!this.done) console.info(`connection closed: ${event.code} ${event.reason}`); this.lost(); };
  }

  private lost(): void {
    this.socket = null;
    this.ready = false;
    if (this.done) return;
    const wait = WAITS[this.tries++];
    if (wait === undefined || !this.opened) {
      this.end(new Problem(0, "offline", "", ""));
      return;
    }
    this.onLink("lost");
    setTimeout(() => { if (!this.done) this.connect(); }, wait * 1000);
  }

  private hear(told: Told): void {
    if (told.type === "opened") {
      this.opened = told as unknown as Opened;
      this.up();
      this.settle?.yes(this.opened);
      this.settle = null;
    } else if (told.type === "rejoined") {
      this.up();
    } else if (told.type === "error") {
      const problem = new Problem(422, told.error ?? "", told.what ?? "", told.remedy ?? "");
      if (this.settle || !this.opened) this.end(problem);
    } else if ("seq" in told) {
      const result = told as unknown as Result;
      if (result.seq <= this.last) return;
      this.last = result.seq;
      if (result.seq % 16 === 0) this.say({ type: "ack", seq: result.seq });
      this.onResult(result);
      if (result.type === "finished") this.close();
    }
  }

  private up(): void {
    this.tries = 0;
    this.ready = true;
    for (const message of this.waiting.splice(0)) this.say(message);
    this.onLink("open");
  }

  private end(problem: Problem): void {
    this.done = true;
    this.onLink("closed", problem);
    this.socket?.close();
    this.settle?.no(problem);
    this.settle = null;
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private later(message: object): void {
    if (this.ready) this.say(message);
    else this.waiting.push(message);
  }

  /** False: it was left out. */
  private media(kind: 1 | 2, index: number, bytes: ArrayBuffer, at: number | null): boolean {
    const socket = this.socket;
    if (!socket || socket.readyState !== WebSocket.OPEN || !this.ready || socket.bufferedAmount > 1 << 20) return false; // what is late
    const message = new Uint8Array(12 + bytes.byteLength);
    const view = new DataView(message.buffer);
    view.setUint8(0, kind);
    view.setUint8(1, index);
    view.setBigUint64(4, at === null ? 0xffffffffffffffffn : BigInt(Math.round(at * 1e6)), true);
    message.set(new Uint8Array(bytes), 12);
    socket.send(message);
    return true;
  }

  /** Samples of stream `index`; `at` in seconds of the conversation, null: they follow. */
  sound(index: number, samples: ArrayBuffer, at: number | null = null): void {
    const of = this.opening.audio?.[index], now = performance.now() - 500 * samples.byteLength / ((of?.channels.length ?? 1) * (of?.rate ?? 1)); // when its first was heard, ms; of 16 bits
    const began = this.heard[index] ??= now;
    if (!this.media(1, index, samples, at ?? (this.gap.has(index) ? (now - began) / 1000 : null))) this.gap.add(index);
    else this.gap.delete(index);
  }
  /** A JPEG of participant `index`. */
  picture(index: number, jpeg: ArrayBuffer, at: number): void { this.media(2, index, jpeg, at); }
  text(who: string, text: string, t0?: number, t1?: number): void { this.later({ type: "text", who, text, ...(t0 === undefined ? {} : { t0, t1: t1 ?? t0 }) }); }
  /** The rest is read, then the stream closes. */
  finish(): void { this.later({ type: "finish" }); }

  close(): void {
    this.done = true;
    this.socket?.close();
    this.onLink("closed");
  }
}
