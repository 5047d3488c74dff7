/**
 * own.ts: the one who sits before the screen, read live: consent on record, a conversation of purpose "self", what comes back. Nothing of
 * it is kept; forgetting withdraws the consent as well.
 */
import { signal } from "@preact/signals";
import { post, remove } from "../api/client";
import type { Reading, Result, State } from "../api/shapes";
import { LiveStream, type Link } from "../api/stream";
import { begin, devices, RATE, type Capture } from "./capture";

const KEPT = 240;

export class Own {
  readonly link = signal<Link | "idle">("idle");
  readonly state = signal<State | null>(null);
  readonly states = signal<State[]>([]);
  readonly turns = signal<Reading[]>([]);
  readonly words = signal<{ text: string; t0: number }[]>([]);
  readonly face = signal<Reading | null>(null);
  readonly problem = signal<unknown>(null);
  readonly camera = signal(false); // there is a picture, or will be at once: its place is kept
  readonly gone = signal(false);
  readonly capture = signal<Capture | null>(null);
  private stream: LiveStream | null = null;
  private consent = "";
  private subject = "";

  async start(wanted: { camera: boolean; words: boolean }): Promise<void> {
    this.problem.value = null;
    this.gone.value = false;
    this.link.value = "connecting";
    try {
      const media = await devices(wanted.camera);
      const subject = `self-${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;
      const made = await post<{ consent: string }>("/v1/consents", { subject, purpose: "self", modalities: ["text", "voice", "face", "body"] });
      this.consent = made.consent;
      this.subject = subject;
      this.camera.value = !!media?.getVideoTracks().length;
      const stream = await this.open(wanted.words, !!media?.getAudioTracks().length);
      if (media) this.capture.value = await begin(media, (samples) => stream.sound(0, samples), (jpeg, at) => this.stream?.picture(0, jpeg, at), (what) => void this.unplugged(what))
        .catch(() => { for (const track of media.getTracks()) track.stop(); void this.unplugged("audio"); return null; });
    } catch (problem) {
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
    } else if (result.reading?.modality === "text" && result.reading.final) {
      this.turns.value = [...this.turns.value, result.reading].slice(-KEPT);
    } else if (result.turn?.text) {
      this.words.value = [...this.words.value, { text: result.turn.text, t0: result.turn.t0 }].slice(-KEPT);
    }
  }

  private async open(words: boolean, sound: boolean): Promise<LiveStream> {
    const stream = new LiveStream({
      purpose: "self", context: "home", jurisdiction: "eu", notice_given: true, words: words && sound, state_every: 0.5, face_every: 0.2,
      participants: [{ who: "me", role: "self", subject: this.subject, consent: this.consent }],
      audio: sound ? [{ coding: "pcm_s16le", rate: RATE, channels: ["me"] }] : [],
    }, (result) => this.hear(result), (link) => { if (this.stream === stream) this.link.value = link; });
    this.stream = stream;
    await stream.open();
    return stream;
  }

  /** A device has ended; the others and the words go on. Without sound that is another conversation: this one would wait for it. */
  private async unplugged(what: string): Promise<void> {
    this.gone.value = true;
    if (what === "video" || !this.capture.value) this.camera.value = false;
    const capture = this.capture.value;
    if (capture) this.capture.value = { ...capture, camera: capture.camera && what !== "video", microphone: capture.microphone && what !== "audio" };
    if (what !== "audio" || !this.stream) return;
    const before = this.stream;
    try { await this.open(false, false); } catch (problem) { this.problem.value = problem; }
    before.close();
  }

  say(text: string): void {
    this.words.value = [...this.words.value, { text, t0: 0 }].slice(-KEPT);
    this.stream?.text("me", text);
  }

  stop(): void {
    this.camera.value = false;
    this.capture.value?.stop();
    this.capture.value = null;
    this.stream?.close();
    this.stream = null;
    this.link.value = "idle";
  }

  /** True once the consent is withdrawn. */
  async forget(): Promise<boolean> {
    this.stop();
    for (const each of [this.state, this.face, this.problem]) each.value = null;
    this.states.value = [];
    this.turns.value = [];
    this.words.value = [];
    if (this.consent) await remove("/v1/consents/{id}", { params: { id: this.consent } });
    this.consent = "";
    return true;
  }
}
