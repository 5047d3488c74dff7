/**
 * own.ts: the one who sits before the screen, read live: consent on record, a conversation of purpose "self", what comes back. Nothing of
 * it is kept; forgetting withdraws the consent as well.
 */
import { signal } from "@preact/signals";
import type { Reading, Result, State } from "../api/shapes";
import { LiveStream, type Link } from "../api/stream";
import { begin, devices, off, RATE, type Capture } from "./capture";
import { consented, withdrawn, type OwnConsent } from "./consent";

const KEPT = 240, REST = 3 /* s */;

export class Own {
  readonly link = signal<Link | "idle">("idle");
  readonly state = signal<State | null>(null);
  readonly states = signal<State[]>([]);
  readonly words = signal<{ text: string; t0: number }[]>([]);
  readonly face = signal<Reading | null>(null);
  readonly rested = signal(0);                       // share of the three seconds of their face at rest that have been seen
  readonly problem = signal<unknown>(null);
  readonly media = signal<MediaStream | null>(null); // camera and microphone, whichever there are
  readonly camera = signal(false);                   // there is a picture, or will be at once: its place is kept
  readonly microphone = signal(false);
  readonly gone = signal(false);                     // one of them ended in the middle
  private capture: Capture | null = null;
  private stream: LiveStream | null = null;
  private consent: OwnConsent | null = null;
  private typed: string[] = []; // and not come back yet as a turn
  private first: number | undefined; // second of the first face
  private round = 0; // of starts and stops: what a start still waits for is of no use after a stop

  /** Consent first, then the devices, then the conversation. */
  async start(wanted: { camera: boolean; words: boolean }): Promise<void> {
    const round = ++this.round;
    this.problem.value = null;
    this.gone.value = false;
    this.first = undefined;
    this.rested.value = 0;
    this.link.value = "connecting";
    try {
      this.consent = await consented();
      const media = round === this.round ? await devices(wanted.camera) : null;
      if (round !== this.round) { off(media); return; }
      for (const track of media?.getTracks() ?? []) track.onended = () => void this.unplugged(track.kind);
      this.media.value = media;
      this.camera.value = !!media?.getVideoTracks().length;
      const sound = this.microphone.value = !!media?.getAudioTracks().length;
      const stream = await this.open(wanted.words, sound);
      const capture = media && round === this.round ? await begin(media, (samples) => stream.sound(0, samples), (jpeg, at) => this.stream?.picture(0, jpeg, at))
        .catch(() => { off(media); this.gone.value = true; this.camera.value = this.microphone.value = false; return null; }) : null;
      if (round !== this.round) { capture?.stop(); return; }
      this.capture = capture;
      if (sound && !this.microphone.value) await this.silent(); // it ended while this one was opened
    } catch (problem) {
      if (round !== this.round) return;
      this.problem.value = problem;
      this.stop();
    }
  }

  private hear(result: Result): void {
    if (result.state) {
      this.state.value = result.state;
      this.states.value = [...this.states.value, result.state].slice(-KEPT);
    } else if (result.reading?.modality === "face") {
      this.face.value = result.reading;
      this.rested.value = Math.min(1, (result.reading.t1 - (this.first ??= result.reading.t1)) / REST);
      this.painted(result.reading.t1);
    } else if (result.turn?.text) {
      const typed = this.typed.indexOf(result.turn.text); // it is shown since it was typed
      if (typed >= 0) { this.typed.splice(typed, 1); return; }
      this.words.value = [...this.words.value, { text: result.turn.text, t0: result.turn.t0 }].slice(-KEPT);
    }
  }

  /** From the moment the camera took a picture to its reading on the screen: a measure "mien.face" of the browser's own, the last 100. */
  private painted(taken: number): void {
    const capture = this.capture;
    if (!capture) return;
    requestAnimationFrame(() => setTimeout(() => {
      if (performance.getEntriesByName("mien.face").length >= 100) performance.clearMeasures("mien.face");
      performance.measure("mien.face", { start: capture.began + taken * 1000, end: performance.now() });
    }));
  }

  private async open(words: boolean, sound: boolean): Promise<LiveStream> {
    const stream = new LiveStream({
      purpose: "self", context: "home", jurisdiction: "eu", notice_given: true, words: words && sound, state_every: 0.5, face_every: 0.1,
      participants: [{ who: "me", role: "self", ...this.consent }],
      audio: sound ? [{ coding: "pcm_s16le", rate: RATE, channels: ["me"] }] : [],
    }, (result) => this.hear(result), (link, problem) => {
      if (this.stream !== stream) return;
      this.link.value = link;
      if (problem) { this.stop(); this.problem.value = problem; } // it was lost for good: neither camera nor microphone stays on
    });
    this.stream = stream;
    await stream.open();
    return stream;
  }

  /** A device has ended; the others and the words go on. */
  private async unplugged(what: string): Promise<void> {
    this.gone.value = true;
    (what === "video" ? this.camera : this.microphone).value = false;
    if (what === "audio" && this.capture) await this.silent();
  }

  /** Without sound it is another conversation: this one would wait for it. */
  private async silent(): Promise<void> {
    const before = this.stream;
    this.stream = null;
    before?.close();
    try { await this.open(false, false); } catch (problem) { this.problem.value = problem; this.stop(); }
  }

  say(text: string): void {
    this.words.value = [...this.words.value, { text, t0: 0 }].slice(-KEPT);
    this.typed = [...this.typed, text].slice(-KEPT);
    this.stream?.text("me", text);
  }

  stop(): void {
    this.round++;
    this.capture?.stop();
    this.capture = null;
    off(this.media.value);
    this.media.value = null;
    this.camera.value = this.microphone.value = false;
    this.stream?.close();
    this.stream = null;
    this.link.value = "idle";
  }

  /** True once the consent is withdrawn, whichever start gave it. */
  async forget(): Promise<boolean> {
    this.stop();
    for (const each of [this.state, this.face, this.problem]) each.value = null;
    this.states.value = [];
    this.words.value = [];
    await withdrawn();
    return true;
  }
}
