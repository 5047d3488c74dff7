/**
 * listen.ts: sounds and pictures of moments, from camera and microphone: a moment begins 10 dB above what is usual lately and ends
 * after 0.4 s below that (as `mien signals listen`), or is taken by hand. Nothing is kept here once it was sent.
 */
import { begin, devices, off, RATE, type Capture } from "../../live/capture";

export interface Moment { recordings: string[]; sound: boolean; face: boolean }
const QUIET = 4, LONGEST = 60, SHORTEST = 3, PICTURES = 20; // parts of 100 ms; pictures of a moment

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** 16-bit samples, mono, as a WAV file. */
export function wave(parts: Int16Array[]): Uint8Array {
  const count = parts.reduce((sum, part) => sum + part.length, 0), file = new DataView(new ArrayBuffer(44 + 2 * count)), word = (at: number, text: string): void => { for (let i = 0; i < text.length; i++) file.setUint8(at + i, text.charCodeAt(i)); };
  word(0, "RIFF"); file.setUint32(4, 36 + 2 * count, true); word(8, "WAVEfmt "); file.setUint32(16, 16, true); file.setUint16(20, 1, true); file.setUint16(22, 1, true);
  file.setUint32(24, RATE, true); file.setUint32(28, 2 * RATE, true); file.setUint16(32, 2, true); file.setUint16(34, 16, true); word(36, "data"); file.setUint32(40, 2 * count, true);
  let at = 44;
  for (const part of parts) for (const sample of part) { file.setInt16(at, sample, true); at += 2; }
  return new Uint8Array(file.buffer);
}

export class Listener {
  private parts: Int16Array[] = [];
  private pictures: Uint8Array[] = [];
  private capture: Capture | null = null;
  private stream: MediaStream | null = null;
  private usual = 1e-4;
  private quiet = 0;
  private held = false;
  level = 0;

  /** `told` is given each moment that ends by itself; null: moments are taken by hand alone. */
  constructor(private told: ((moment: Moment) => void) | null, private heard: (level: number) => void = () => undefined) {}

  get open(): MediaStream | null { return this.stream; }

  /** False: there is neither camera nor microphone. */
  async start(): Promise<boolean> {
    this.stream = await devices(true);
    if (!this.stream) return false;
    this.capture = await begin(this.stream, (samples) => this.sound(new Int16Array(samples)), (jpeg) => { this.pictures.push(new Uint8Array(jpeg)); if (this.pictures.length > PICTURES) this.pictures.shift(); });
    return true;
  }

  stop(): void {
    this.capture?.stop();
    off(this.stream);
    this.stream = this.capture = null;
    this.parts = [];
    this.pictures = [];
  }

  /** From now on everything is of one moment, until `take`. */
  hold(): void { this.parts = []; this.pictures = []; this.held = true; }
  take(): Moment | null {
    this.held = false;
    const moment = this.moment();
    this.parts = [];
    return moment;
  }
  /** The face as it is now, without a sound. */
  look(): Moment | null {
    const last = this.pictures.slice(-3);
    return last.length ? { recordings: last.map(base64), sound: false, face: true } : null;
  }

  private moment(): Moment | null {
    const recordings = [...(this.parts.length >= SHORTEST ? [base64(wave(this.parts))] : []), ...this.pictures.map(base64)];
    return recordings.length ? { recordings, sound: this.parts.length >= SHORTEST, face: this.pictures.length > 0 } : null;
  }

  private sound(part: Int16Array): void {
    const power = part.reduce((sum, sample) => sum + (sample / 32768) ** 2, 0) / part.length, loud = power > 10 * this.usual && power > 1e-6;
    this.level = Math.min(1, Math.max(0, 1 + Math.log10(Math.max(power, 1e-9)) / 6));
    this.heard(this.level);
    if (this.held) { if (this.parts.length < LONGEST) this.parts.push(part); return; }
    if (!loud) this.usual = Math.max(1e-8, this.usual + (power < this.usual ? 0.5 : 0.05) * (power - this.usual));
    if (!this.told) return;
    this.quiet = loud ? 0 : this.quiet + 1;
    if (loud || this.parts.length) this.parts.push(part);
    if (!this.parts.length || (this.quiet < QUIET && this.parts.length < LONGEST)) return;
    const moment = this.parts.length - this.quiet >= SHORTEST ? this.moment() : null;
    this.parts = [];
    if (moment) this.told(moment);
  }
}
