/**
 * record.ts: what was read in one conversation, as it came or is kept: all of it for the exports, and each person's line of moments in
 * columns, so that hours of several people are drawn at once. Results come in any order and more than once; a number is taken once.
 */
import { CORE, MODALITIES, STATES, type Fired, type Modality, type Participant, type Reading, type Result, type State, type Turn } from "../../api/shapes";

/** Columns of a moment: the labels, the states, three dims, confidence, the next turn's valence (90 % interval), weights of the modalities. */
export const AT = { core: 0, states: 7, valence: 15, arousal: 16, dominance: 17, sure: 18, low: 19, high: 20, from: 21, all: 25 } as const;

const bare = (reading: Reading): State => ({ ...reading, states: null, trend: null, forecast: null, from: { text: 0, voice: 0, face: 0, body: 0, ...(reading.modality === "fused" ? {} : { [reading.modality]: 1 }) } });

/** One person's moments in the order of their ends: states, or, where there are none, the final readings. */
export class Line {
  count = 0;
  t0 = new Float64Array(64);
  t1 = new Float64Array(64);
  values = new Float32Array(64 * AT.all);
  abstain: (string | null)[] = [];
  states: State[] = [];
  fused = false;
  readonly heard: Reading[] = []; // final readings, of each modality
  constructor(readonly who: string) {}

  private grow(): void {
    const wider = <T extends Float32Array | Float64Array>(old: T, made: T): T => { made.set(old); return made; };
    this.t0 = wider(this.t0, new Float64Array(this.count * 2));
    this.t1 = wider(this.t1, new Float64Array(this.count * 2));
    this.values = wider(this.values, new Float32Array(this.count * 2 * AT.all));
  }

  private add(state: State): void {
    if (this.count === this.t0.length) this.grow();
    let i = this.count++;
    for (; i > 0 && (this.t1[i - 1] ?? 0) > state.t1; i--) { // late: those behind it move up
      this.t0[i] = this.t0[i - 1] ?? 0;
      this.t1[i] = this.t1[i - 1] ?? 0;
      this.values.copyWithin(i * AT.all, (i - 1) * AT.all, i * AT.all);
    }
    this.t0[i] = state.t0;
    this.t1[i] = Math.max(state.t1, state.t0 + 0.1);
    this.abstain.splice(i, 0, state.abstain);
    this.states.splice(i, 0, state);
    const to = this.values.subarray(i * AT.all, (i + 1) * AT.all), next = state.forecast?.["valence"];
    CORE.forEach((name, k) => { to[AT.core + k] = state.core[name]; });
    STATES.forEach((name, k) => { to[AT.states + k] = state.states?.[name] ?? NaN; });
    (["valence", "arousal", "dominance"] as const).forEach((name, k) => { to[AT.valence + k] = state.dims[name] ?? NaN; });
    to[AT.sure] = state.confidence ?? NaN;
    to[AT.low] = next?.low ?? NaN;
    to[AT.high] = next?.high ?? NaN;
    MODALITIES.forEach((name, k) => { to[AT.from + k] = state.from[name]; });
  }

  takeState(state: State): void {
    if (!this.fused) { this.fused = true; this.count = 0; this.abstain = []; this.states = []; }
    this.add(state);
  }

  takeReading(reading: Reading): void {
    if (!reading.final) return;
    this.heard.push(reading);
    if (!this.fused) this.add(bare(reading));
  }

  /** The first moment that ends after t. */
  after(t: number): number {
    let low = 0, high = this.count;
    while (low < high) { const middle = (low + high) >> 1; if ((this.t1[middle] ?? 0) > t) high = middle; else low = middle + 1; }
    return low;
  }

  /** The moment at t: the one it lies in, else the last that ended no more than `near` seconds before. -1: nothing. */
  at(t: number, near = 2): number {
    const next = this.after(t);
    if (next < this.count && (this.t0[next] ?? 0) <= t) return next;
    const before = next - 1;
    return before >= 0 && t - (this.t1[before] ?? 0) <= near ? before : -1;
  }

  /** Seconds that are not counted twice: from the end of the one before, where they overlap. */
  length(i: number): number {
    const begun = Math.max(this.t0[i] ?? 0, i > 0 ? this.t1[i - 1] ?? 0 : 0);
    return Math.max(0, (this.t1[i] ?? 0) - begun);
  }
}

export interface Spoken { who: string; t0: number; t1: number; text: string | null; reading: Reading | null }
export interface Untold { why: string; times: number; seconds: number }
export interface Part { modality: Modality; share: number; readings: number; unclear: number; most: string | null }

export class Recorded {
  readonly results: Result[] = [];
  readonly lines = new Map<string, Line>();
  readonly turns: Spoken[] = [];
  readonly events: Fired[] = [];
  readonly troubles: string[] = [];
  end = 0;
  last = 0;
  finished = false;
  version = 0; // grows with each that is taken
  private readonly seen = new Set<number>();
  private readonly byTurn = new Map<string, Spoken>();

  constructor(people: readonly Participant[] = []) { for (const each of people) this.line(each.who); }

  line(who: string): Line {
    let found = this.lines.get(who);
    if (!found) { found = new Line(who); this.lines.set(who, found); }
    return found;
  }

  take(result: Result): void {
    if (this.seen.has(result.seq)) return;
    this.seen.add(result.seq);
    this.results.push(result);
    this.last = Math.max(this.last, result.seq);
    this.version++;
    this.finished ||= result.type === "finished";
    const { state, reading, turn, event } = result;
    if (state?.who) this.line(state.who).takeState(state);
    else if (reading?.who) { this.line(reading.who).takeReading(reading); if (reading.modality === "text" && reading.final) this.speak(reading.who, reading.t0, reading.t1, null, reading); }
    else if (turn) this.speak(turn.who, turn.t0, turn.t1, turn, null);
    else if (event) { this.events.push(event); this.events.sort((a, b) => a.at - b.at); }
    else if (result.trouble) this.troubles.push([result.trouble.who, result.trouble.what ?? result.trouble.why].filter(Boolean).join(": "));
    for (const each of [state, reading, turn]) if (each && each.t1 > this.end) this.end = each.t1;
    if (event && event.at > this.end) this.end = event.at;
  }

  /** A turn and the reading of its words meet, whichever comes first. */
  private speak(who: string, t0: number, t1: number, turn: Turn | null, reading: Reading | null): void {
    const key = `${who} ${t0.toFixed(2)}`;
    const known = this.byTurn.get(key) ?? { who, t0, t1, text: null, reading: null };
    if (turn) known.text = turn.text ?? null;
    if (reading) known.reading = reading;
    if (this.byTurn.has(key)) return;
    this.byTurn.set(key, known);
    let at = this.turns.length;
    while (at > 0 && (this.turns[at - 1]?.t0 ?? 0) > t0) at--;
    this.turns.splice(at, 0, known);
  }

  /** Who spoke when: turns, and what was spoken in one piece where there are no words of it. */
  spoken(who: string): { t0: number; t1: number }[] {
    const own = this.turns.filter((each) => each.who === who);
    return own.length ? own : this.line(who).heard.filter((each) => each.modality === "voice");
  }
}

/** Why nothing was told, how often in a row and for how long: the longest first. */
export function untold(line: Line): Untold[] {
  const all = new Map<string, Untold>();
  for (let i = 0; i < line.count; i++) {
    const why = line.abstain[i];
    if (!why) continue;
    const one = all.get(why) ?? { why, times: 0, seconds: 0 };
    if (line.abstain[i - 1] !== why) one.times++;
    one.seconds += line.length(i);
    all.set(why, one);
  }
  return [...all.values()].sort((a, b) => b.seconds - a.seconds);
}

/** How much each label was expressed, of the time that was read; and that time in seconds. */
export function shares(line: Line): { share: number[]; seconds: number } {
  const share = new Array<number>(CORE.length).fill(0);
  let seconds = 0;
  for (let i = 0; i < line.count; i++) {
    if (line.abstain[i]) continue;
    const long = line.length(i);
    seconds += long;
    for (let k = 0; k < CORE.length; k++) share[k] = (share[k] ?? 0) + long * (line.values[i * AT.all + AT.core + k] ?? 0);
  }
  return { share: share.map((each) => (seconds > 0 ? each / seconds : 0)), seconds };
}

/** What each modality had in it: its weight over the time that was read, and what it alone said most. */
export function parts(line: Line): Part[] {
  let seconds = 0;
  const weight = MODALITIES.map(() => 0);
  for (let i = 0; i < line.count; i++) {
    if (line.abstain[i]) continue;
    const long = line.length(i);
    seconds += long;
    MODALITIES.forEach((_, k) => { weight[k] = (weight[k] ?? 0) + long * (line.values[i * AT.all + AT.from + k] ?? 0); });
  }
  return MODALITIES.map((modality, k) => {
    const own = line.heard.filter((each) => each.modality === modality), clear = own.filter((each) => each.abstain === null), count = new Map<string, number>();
    for (const each of clear) { const top = CORE.reduce((best, name) => (each.core[name] > each.core[best] ? name : best), CORE[0]); count.set(top, (count.get(top) ?? 0) + each.t1 - each.t0 + 0.1); }
    const most = [...count].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
    return { modality, share: seconds > 0 ? (weight[k] ?? 0) / seconds : 0, readings: own.length, unclear: own.length - clear.length, most };
  }).filter((part) => part.share > 0 || part.readings > 0);
}

/** The states that move most, then those that are highest: what is worth a line. */
export function moving(line: Line, count = 3): number[] {
  const low = STATES.map(() => 1), high = STATES.map(() => 0);
  for (let i = 0; i < line.count; i++) {
    if (line.abstain[i]) continue;
    for (let k = 0; k < STATES.length; k++) {
      const value = line.values[i * AT.all + AT.states + k] ?? NaN;
      if (Number.isNaN(value)) continue;
      low[k] = Math.min(low[k] ?? 1, value);
      high[k] = Math.max(high[k] ?? 0, value);
    }
  }
  return STATES.map((_, k) => k).filter((k) => (high[k] ?? 0) > 0).sort((a, b) => ((high[b] ?? 0) - (low[b] ?? 0)) - ((high[a] ?? 0) - (low[a] ?? 0))).slice(0, count);
}
