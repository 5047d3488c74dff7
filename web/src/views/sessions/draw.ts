/**
 * draw.ts: one person's lanes on a canvas, on one axis, from top to bottom: the labels stacked, the states that move, valence and arousal
 * with where the next turn's valence is expected (90 %), how sure, and what was spoken. The lanes of src/report/chart.c, live.
 *
 * What abstained is hatched and nothing else is drawn there; where nothing was read the lanes are empty. Time runs left to right in
 * every language.
 */
import { CORE, type Core, type Severity } from "../../api/shapes";
import { shapeOf } from "../../design/parts";
import { clock } from "../../i18n";
import { AT, type Line } from "./record";

export const LANES = { core: [6, 96], states: [112, 60], dims: [182, 64], sure: [256, 24], turns: [290, 22], axis: 316, high: 334 } as const;
export const LEFT = 8, RIGHT = 8;
export interface Span { from: number; until: number }
export interface Mark { at: number; severity: Severity }
export interface Spoken { t0: number; t1: number; core: Core | null }
export interface Colours { core: string[]; ink: string; soft: string; faint: string; lane: string; card: string; states: string[]; valence: string; arousal: string; band: string; sure: string; bad: string; warn: string }

/** The colours in force: they change with the theme. */
export function colours(of: HTMLElement): Colours {
  const style = getComputedStyle(of), get = (name: string): string => style.getPropertyValue(name).trim() || "#888";
  return { core: CORE.map((name) => get(`--core-${name}`)), ink: get("--ink"), soft: get("--soft"), faint: get("--faint"), lane: get("--sunken"), card: get("--card"),
    states: [get("--warn"), get("--good"), get("--link")], valence: get("--link"), arousal: get("--warn"), band: get("--link-soft"), sure: get("--edge"), bad: get("--bad"), warn: get("--warn") };
}

interface Bins { count: number; read: Uint8Array; unclear: Uint8Array; values: Float32Array }

/** The line in even steps of the span, each the mean over its time; NaN where nothing is known. */
export function binned(line: Line, span: Span, count: number): Bins {
  const step = (span.until - span.from) / count, sum = new Float32Array(count * AT.all), weight = new Float32Array(count * AT.all);
  const seen = new Float32Array(count), unsure = new Float32Array(count);
  for (let i = line.after(span.from); i < line.count; i++) {
    const t0 = Math.max(line.t0[i] ?? 0, span.from), t1 = Math.min(line.t1[i] ?? 0, span.until);
    if ((line.t0[i] ?? 0) > span.until && (line.t1[i] ?? 0) - (line.t0[i] ?? 0) < 60) break; // ends are in order; a moment is short
    const last = Math.min(count - 1, Math.floor((t1 - span.from) / step));
    for (let b = Math.max(0, Math.floor((t0 - span.from) / step)); b <= last; b++) {
      const part = Math.min(t1, span.from + (b + 1) * step) - Math.max(t0, span.from + b * step);
      if (part <= 0) continue;
      if (line.abstain[i]) { unsure[b] = (unsure[b] ?? 0) + part; continue; }
      seen[b] = (seen[b] ?? 0) + part;
      for (let k = 0, from = i * AT.all, to = b * AT.all; k < AT.all; k++, from++, to++) {
        const value = line.values[from] as number;
        if (value !== value) continue;
        sum[to] = (sum[to] as number) + part * value;
        weight[to] = (weight[to] as number) + part;
      }
    }
  }
  const read = new Uint8Array(count), unclear = new Uint8Array(count);
  for (let b = 0; b < count; b++) {
    const has = (seen[b] ?? 0) > 0 && (seen[b] ?? 0) >= (unsure[b] ?? 0);
    read[b] = has ? 1 : 0;
    unclear[b] = !has && (unsure[b] ?? 0) > 0 ? 1 : 0;
    for (let k = b * AT.all; k < (b + 1) * AT.all; k++) sum[k] = has && (weight[k] ?? 0) > 0 ? (sum[k] ?? 0) / (weight[k] ?? 1) : NaN;
  }
  return { count, read, unclear, values: sum };
}

/** Strongest feelings nearest the base, where they are seen best. */
const STACK = (["anger", "disgust", "fear", "sadness", "surprise", "neutral", "joy"] as const).map((name) => CORE.indexOf(name));
const PATTERN: Record<Core, string> = { neutral: "", joy: "dots", sadness: "across", anger: "up", fear: "upright", disgust: "grid", surprise: "down" };
const tiles = new Map<string, CanvasPattern | string>();

/** A colour with its pattern: labels are told apart without colours. */
function fill(context: CanvasRenderingContext2D, colour: string, kind: string): CanvasPattern | string {
  const key = `${colour} ${kind}`, known = tiles.get(key);
  if (known) return known;
  const tile = document.createElement("canvas"), size = 8;
  tile.width = tile.height = size;
  const to = tile.getContext("2d");
  if (!to || !kind) { tiles.set(key, colour); return colour; }
  if (kind !== "hatch") { to.fillStyle = colour; to.fillRect(0, 0, size, size); }
  to.strokeStyle = to.fillStyle = kind === "hatch" ? colour : "rgb(0 0 0 / 0.28)";
  to.lineWidth = 1;
  to.beginPath();
  if (kind === "dots") { to.rect(1, 1, 2, 2); to.rect(5, 5, 2, 2); to.fill(); }
  if (kind === "across" || kind === "grid") { to.moveTo(0, 3.5); to.lineTo(size, 3.5); }
  if (kind === "upright" || kind === "grid") { to.moveTo(3.5, 0); to.lineTo(3.5, size); }
  if (kind === "up" || kind === "hatch") for (const d of [-size, 0, size]) { to.moveTo(d, size); to.lineTo(d + size, 0); }
  if (kind === "down") for (const d of [-size, 0, size]) { to.moveTo(d, 0); to.lineTo(d + size, size); }
  if (kind !== "dots") to.stroke();
  const made = context.createPattern(tile, "repeat") ?? colour;
  tiles.set(key, made);
  return made;
}

/** Runs of steps in which `wanted`. */
function* runs(count: number, wanted: (b: number) => boolean): Generator<[number, number]> {
  for (let b = 0; b < count;) {
    while (b < count && !wanted(b)) b++;
    const from = b;
    while (b < count && wanted(b)) b++;
    if (from < b) yield [from, b];
  }
}

export class Chart {
  readonly context: CanvasRenderingContext2D;
  constructor(canvas: HTMLCanvasElement, readonly wide: number, private readonly of: Colours, scale: number) {
    canvas.width = Math.round(wide * scale);
    canvas.height = Math.round(LANES.high * scale);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    this.context = context;
    context.scale(scale, scale);
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  }

  private get plot(): number { return this.wide - LEFT - RIGHT; }

  private lane([y, high]: readonly [number, number]): void {
    this.context.fillStyle = this.of.lane;
    this.context.fillRect(LEFT, y, this.plot, high);
  }

  draw(line: Line, span: Span, states: readonly number[], spoken: readonly Spoken[], marks: readonly Mark[]): void {
    const { context: c, of } = this, count = Math.max(8, Math.floor(this.plot / 2)), bins = binned(line, span, count);
    const x = (b: number): number => LEFT + b / count * this.plot, xt = (t: number): number => LEFT + (t - span.from) / (span.until - span.from) * this.plot;
    const value = (b: number, k: number): number => bins.values[b * AT.all + k] ?? NaN;
    const unclear = (from: number, until: number): boolean => bins.unclear.subarray(from, until).includes(1); // a gap stays one
    c.clearRect(0, 0, this.wide, LANES.high);
    for (const lane of [LANES.core, LANES.states, LANES.dims, LANES.sure, LANES.turns]) this.lane(lane);
    this.ticks(span, xt);
    c.fillStyle = fill(c, of.sure, "hatch");
    for (const [from, until] of runs(count, (b) => bins.unclear[b] === 1)) for (const [y, high] of [LANES.core, LANES.states, LANES.dims, LANES.sure]) c.fillRect(x(from), y, Math.max(1.5, x(until) - x(from)), high);
    this.stack(bins, x, value);
    for (const [i, k] of states.entries()) this.line(LANES.states, count, x, (b) => value(b, AT.states + k), 0, 1, of.states[i] ?? of.soft, [[], [6, 3], [2, 2]][i] ?? [], unclear);
    this.dims(count, x, value, unclear);
    this.sure(count, x, value);
    this.turns(spoken, xt);
    this.marks(marks, span, xt);
  }

  private stack(bins: Bins, x: (b: number) => number, value: (b: number, k: number) => number): void {
    const { context: c, of } = this, [y, high] = LANES.core, below = new Float32Array(bins.count), above = new Float32Array(bins.count);
    for (const k of STACK) {
      for (let b = 0; b < bins.count; b++) above[b] = (below[b] ?? 0) + (bins.read[b] ? value(b, k) : 0);
      c.fillStyle = fill(c, of.core[k] ?? of.soft, PATTERN[CORE[k] ?? "neutral"]);
      for (const [from, until] of runs(bins.count, (b) => bins.read[b] === 1)) {
        c.beginPath();
        c.moveTo(x(from), y + high * (1 - (above[from] ?? 0)));
        for (let b = from; b < until; b++) c.lineTo(x(b + 0.5), y + high * (1 - (above[b] ?? 0)));
        c.lineTo(x(until), y + high * (1 - (above[until - 1] ?? 0)));
        c.lineTo(x(until), y + high * (1 - (below[until - 1] ?? 0)));
        for (let b = until - 1; b >= from; b--) c.lineTo(x(b + 0.5), y + high * (1 - (below[b] ?? 0)));
        c.lineTo(x(from), y + high * (1 - (below[from] ?? 0)));
        c.fill();
      }
      below.set(above);
    }
  }

  /** Through what was read; a thin line joins it to the next where nobody was to be read between, none across what abstained. */
  private line([y, high]: readonly [number, number], count: number, x: (b: number) => number, value: (b: number) => number, low: number, top: number, colour: string, dash: number[], unclear: (from: number, until: number) => boolean): void {
    const c = this.context, place = (b: number): number => y + high * (1 - (Math.min(top, Math.max(low, value(b))) - low) / (top - low));
    c.strokeStyle = colour;
    c.lineJoin = "round";
    c.lineWidth = 2;
    c.setLineDash(dash);
    c.beginPath();
    for (const [from, until] of runs(count, (b) => !Number.isNaN(value(b)))) {
      c.moveTo(x(from), place(from));
      for (let b = from; b < until; b++) c.lineTo(x(b + 0.5), place(b));
      c.lineTo(Math.max(x(until), x(from) + 2), place(until - 1));
    }
    c.stroke();
    c.setLineDash([]);
    c.globalAlpha = 0.45;
    c.lineWidth = 1;
    c.beginPath();
    let last = -1;
    for (const [from, until] of runs(count, (b) => !Number.isNaN(value(b)))) {
      if (last >= 0 && !unclear(last, from)) { c.moveTo(x(last), place(last - 1)); c.lineTo(x(from), place(from)); }
      last = until;
    }
    c.stroke();
    c.globalAlpha = 1;
  }

  private dims(count: number, x: (b: number) => number, value: (b: number, k: number) => number, unclear: (from: number, until: number) => boolean): void {
    const { context: c, of } = this, [y, high] = LANES.dims, place = (v: number): number => y + high * (1 - (Math.min(1, Math.max(-1, v)) + 1) / 2);
    c.fillStyle = of.band;
    for (const [from, until] of runs(count, (b) => !Number.isNaN(value(b, AT.low)) && !Number.isNaN(value(b, AT.high)))) {
      c.beginPath();
      c.moveTo(x(from), place(value(from, AT.high)));
      for (let b = from; b < until; b++) c.lineTo(x(b + 0.5), place(value(b, AT.high)));
      c.lineTo(x(until), place(value(until - 1, AT.high)));
      c.lineTo(x(until), place(value(until - 1, AT.low)));
      for (let b = until - 1; b >= from; b--) c.lineTo(x(b + 0.5), place(value(b, AT.low)));
      c.lineTo(x(from), place(value(from, AT.low)));
      c.fill();
    }
    c.strokeStyle = of.sure;
    c.lineWidth = 1;
    c.setLineDash([2, 3]);
    c.beginPath();
    c.moveTo(LEFT, place(0));
    c.lineTo(LEFT + this.plot, place(0));
    c.stroke();
    c.setLineDash([]);
    this.line(LANES.dims, count, x, (b) => value(b, AT.valence), -1, 1, of.valence, [], unclear);
    this.line(LANES.dims, count, x, (b) => value(b, AT.arousal), -1, 1, of.arousal, [5, 3], unclear);
  }

  private sure(count: number, x: (b: number) => number, value: (b: number, k: number) => number): void {
    const c = this.context, [y, high] = LANES.sure;
    c.fillStyle = this.of.sure;
    for (let b = 0; b < count; b++) {
      const sure = value(b, AT.sure);
      if (!Number.isNaN(sure)) c.fillRect(x(b), y + high * (1 - sure), x(b + 1) - x(b) + 0.5, high * sure);
    }
  }

  /** What was spoken, in the colour and, where there is room, the shape of what it expressed. */
  private turns(spoken: readonly Spoken[], xt: (t: number) => number): void {
    const { context: c, of } = this, [y, high] = LANES.turns;
    for (const { t0, t1, core } of spoken) {
      const from = Math.max(LEFT, xt(t0)), until = Math.min(LEFT + this.plot, xt(t1)), wide = Math.max(1.5, until - from);
      if (until < LEFT || from > LEFT + this.plot) continue;
      c.fillStyle = core ? of.core[CORE.indexOf(core)] ?? of.sure : of.faint;
      c.fillRect(from, y + 2, wide, high - 4);
      if (wide < 4) continue;
      c.strokeStyle = of.sure;
      c.lineWidth = 1;
      c.strokeRect(from + 0.5, y + 2.5, wide - 1, high - 5);
      if (!core || wide < 18) continue;
      c.save();
      c.translate(from + 4, y + 5);
      c.beginPath();
      c.rect(-2, -1, 16, 14);
      c.fillStyle = of.card;
      c.fill();
      c.fillStyle = of.core[CORE.indexOf(core)] ?? of.soft;
      c.strokeStyle = of.ink;
      const shape = new Path2D(shapeOf(core));
      c.fill(shape);
      c.stroke(shape);
      c.restore();
    }
  }

  private marks(marks: readonly Mark[], span: Span, xt: (t: number) => number): void {
    const { context: c, of } = this;
    for (const { at, severity } of marks) {
      if (at < span.from || at > span.until) continue;
      const x = xt(at), grave = severity === "critical" || severity === "warning";
      c.strokeStyle = c.fillStyle = severity === "critical" ? of.bad : severity === "warning" ? of.warn : of.ink;
      c.lineWidth = 1.5;
      c.beginPath();
      c.moveTo(x, LANES.core[0]);
      c.lineTo(x, LANES.turns[0]);
      c.stroke();
      c.beginPath();
      if (grave) { c.moveTo(x, 0); c.lineTo(x + 7, 12); c.lineTo(x - 7, 12); } // a triangle warns, a round mark tells
      else c.arc(x, 7, 5, 0, 7);
      c.closePath();
      c.fill();
    }
  }

  private ticks(span: Span, xt: (t: number) => number): void {
    const { context: c, of } = this, step = tickOf(span.until - span.from, this.plot / 90);
    c.fillStyle = of.soft;
    c.strokeStyle = of.faint;
    c.lineWidth = 1;
    c.textBaseline = "top";
    for (let t = Math.ceil(span.from / step) * step; t <= span.until; t += step) {
      const at = Math.round(xt(t)) + 0.5;
      c.beginPath();
      c.moveTo(at, LANES.core[0]);
      c.lineTo(at, LANES.axis - 4);
      c.stroke();
      c.textAlign = at < LEFT + 20 ? "left" : at > LEFT + this.plot - 20 ? "right" : "center";
      c.fillText(clock(t), at, LANES.axis);
    }
  }
}

export function tickOf(long: number, count: number): number {
  return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].find((step) => long / step <= count) ?? 14400;
}
