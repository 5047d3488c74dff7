/**
 * sample.ts: the sample call, which the app brings along (samples/), through the service as a telephone system would send it: a consent
 * under a subject of its own, a conversation, the sound in real time and the customer's words as they end. One at a time; it goes on
 * whichever view is shown. What came back is held here while the page is open, as words are not kept where the settings do not say so.
 */
import { signal } from "@preact/signals";
import call from "../../../samples/call.opus?url";
import script from "../../../samples/call.vtt?raw";
import { Problem } from "../api/client";
import type { Result } from "../api/shapes";
import { LiveStream } from "../api/stream";
import { consented, SAMPLE, withdrawn } from "./consent";

const RATE = 16000, BLOCK = RATE / 10; // samples of each channel in a message
const PEOPLE = ["customer", "agent"];
const SESSIONS = "mien.samples"; // ids, in this browser

interface Said { who: string; t0: number; t1: number; text: string }
const seconds = (text: string): number => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

/** The turns of a WebVTT of ours: a line of times, then <v who>words. */
export function said(vtt: string): Said[] {
  return [...vtt.matchAll(/^([\d:.]+) --> ([\d:.]+)\n<v (\w+)>(.*)$/gm)].map(([, t0 = "", t1 = "", who = "", text = ""]) => ({ who, t0: seconds(t0), t1: seconds(t1), text }));
}

/** Both channels, 16-bit, one sample of each in turn. */
function interleaved(sound: AudioBuffer): Int16Array {
  const all = new Int16Array(sound.length * PEOPLE.length);
  PEOPLE.forEach((_, c) => {
    const from = sound.getChannelData(Math.min(c, sound.numberOfChannels - 1));
    for (let i = 0; i < from.length; i++) all[i * PEOPLE.length + c] = Math.max(-1, Math.min(1, from[i] ?? 0)) * 32767;
  });
  return all;
}

const known = (): string[] => { try { return JSON.parse(localStorage.getItem(SESSIONS) ?? "[]") as string[]; } catch { return []; } };
/** Was this conversation the sample call, played in this browser? Then its sound is here. */
export const isSample = (session: string): boolean => known().includes(session);

class SampleCall {
  readonly session = signal(""); // that is being played; "" none
  readonly busy = signal(false);
  readonly problem = signal<unknown>(null);
  readonly heard = new Map<string, Result[]>();
  readonly audible = signal(false);
  private stream: LiveStream | null = null;
  private timer = 0;
  private file: Promise<ArrayBuffer> | null = null;
  private url = "";
  private audio: HTMLAudioElement | null = null;

  private bytes(): Promise<ArrayBuffer> {
    this.file ??= fetch(call).then((answer) => { if (!answer.ok) throw new Problem(answer.status, answer.statusText, "", ""); return answer.arrayBuffer(); })
      .catch((problem: unknown) => { this.file = null; throw problem instanceof Problem ? problem : new Problem(0, "offline", "", ""); });
    return this.file;
  }

  /** An address of the sound within this page: it can be sought in. */
  async sound(): Promise<string> {
    const bytes = await this.bytes();
    if (!this.url) this.url = URL.createObjectURL(new Blob([bytes], { type: "audio/ogg" }));
    return this.url;
  }

  /** The conversation's id. */
  async play(audible: boolean): Promise<string> {
    this.stop();
    this.busy.value = true;
    this.problem.value = null;
    this.audible.value = audible;
    try {
      const consent = await consented(SAMPLE), bytes = await this.bytes();
      const samples = interleaved(await new OfflineAudioContext(PEOPLE.length, 1, RATE).decodeAudioData(bytes.slice(0)));
      const heard: Result[] = [], stream = new LiveStream({
        purpose: SAMPLE.purpose, context: "call", jurisdiction: "eu", notice_given: true, state_every: 0.5,
        participants: [{ who: "customer", role: "customer", ...consent }, { who: "agent", role: "agent" }],
        audio: [{ coding: "pcm_s16le", rate: RATE, channels: PEOPLE }],
      }, (result) => heard.push(result), (link) => { if (link === "closed" && this.stream === stream) this.over(); });
      this.stream = stream;
      const opened = await stream.open(), read = opened.participants.filter((each) => each.read?.includes("text")).map((each) => each.who);
      this.heard.set(opened.session, heard);
      this.session.value = opened.session;
      localStorage.setItem(SESSIONS, JSON.stringify([...known(), opened.session].slice(-20)));
      this.audio = new Audio(await this.sound());
      this.audio.muted = !audible;
      void this.audio.play().catch(() => undefined);
      this.send(stream, samples, said(script).filter((turn) => read.includes(turn.who)));
      return opened.session;
    } catch (problem) {
      this.stop();
      throw problem;
    } finally {
      this.busy.value = false;
    }
  }

  /** What is due by now, ten times a second; a tab that is not shown catches up. */
  private send(stream: LiveStream, samples: Int16Array, turns: Said[]): void {
    const began = performance.now(), frames = samples.length / PEOPLE.length;
    let block = 0, turn = 0;
    this.timer = window.setInterval(() => {
      const due = Math.min(frames, (performance.now() - began) / 1000 * RATE);
      for (; block * BLOCK < due; block++) stream.sound(0, samples.slice(block * BLOCK * PEOPLE.length, (block + 1) * BLOCK * PEOPLE.length).buffer, block * BLOCK / RATE);
      for (let next = turns[turn]; next && next.t1 <= due / RATE; next = turns[++turn]) stream.text(next.who, next.text, next.t0, next.t1);
      if (due < frames) return;
      window.clearInterval(this.timer);
      stream.finish();
    }, 100);
  }

  hear(on: boolean): void {
    this.audible.value = on;
    if (this.audio) this.audio.muted = !on;
  }

  private over(): void {
    window.clearInterval(this.timer);
    this.audio?.pause();
    this.audio = null;
    this.stream = null;
    this.session.value = "";
  }

  /** What was said so far is read to its end. */
  stop(): void {
    window.clearInterval(this.timer);
    this.audio?.pause();
    this.stream?.finish();
  }

  /** Its consent is withdrawn: what was kept of it is taken away. */
  async forget(): Promise<void> {
    this.stream?.close();
    this.over();
    this.heard.clear();
    await withdrawn(SAMPLE);
    localStorage.removeItem(SESSIONS);
  }
}

export const sample = new SampleCall();
