/** shapes.ts: what the service says, as docs/readings.md and docs/asyncapi.yaml describe it. */

export const CORE = ["neutral", "joy", "sadness", "anger", "fear", "disgust", "surprise"] as const;
export type Core = (typeof CORE)[number];
export const STATES = ["frustration", "confusion", "boredom", "engagement", "excitement", "stress", "satisfaction", "disappointment"] as const;
export type StateName = (typeof STATES)[number];
export const MODALITIES = ["text", "voice", "face", "body"] as const;
export type Modality = (typeof MODALITIES)[number];
export type Dim = "valence" | "arousal" | "dominance";

export interface Cue {
  kind: string; text: string; t0: number | null; t1: number | null; value: number | null; unit: string; z: number | null;
  toward: Core | Dim | null; weight: number | null; at?: number; length?: number;
}

/** What one modality says about one span of time; `set`: the labels that cannot be ruled out at 90 %. */
export interface Reading {
  modality: Modality | "fused"; who: string | null; t0: number; t1: number; final: boolean;
  core: Record<Core, number>; fine?: Record<string, number>; extra: Record<string, number>;
  dims: Record<Dim, number | null>; flags: Record<string, number>;
  confidence: number | null; set: Core[]; abstain: string | null; quality: number | null; cues?: Cue[];
  track?: number | null; box?: [number, number, number, number] | null; language?: string | null;
}

export interface Span { value: number; low: number; high: number }

/** A fused reading of one participant at one moment. */
export interface State extends Reading {
  states: Record<StateName, number> | null; trend: Record<Dim, number | null> | null;
  forecast: Record<string, Span> | null; from: Record<Modality, number>;
}

export interface Turn { who: string; t0: number; t1: number; text?: string }
export type Severity = "info" | "notice" | "warning" | "critical";
export interface Fired { rule: string; title: string; severity: Severity; who: string | null; role: string; at: number; always: boolean; actions: string[]; session?: string }

export interface Result {
  type: "reading" | "state" | "turn" | "event" | "trouble" | "finished"; seq: number;
  reading?: Reading; state?: State; turn?: Turn; event?: Fired; trouble?: { who?: string; why?: string; what?: string }; finished?: unknown;
}

export type Mode = "nothing" | "observations_only" | "full";
export interface Participant { who: string; role: string; subject?: string; consent?: string; mode?: Mode; read?: Modality[]; why?: string }
export interface Opening {
  purpose: string; context: string; jurisdiction: string; notice_given: boolean; observations_only?: boolean; participants: Participant[];
  audio?: { coding: "pcm_s16le" | "pcm_f32le" | "mulaw" | "alaw"; rate: number; channels: (string | null | string[])[] }[];
  states?: boolean; cues?: boolean; words?: boolean; state_every?: number; face_every?: number; reference?: string;
}
export interface Opened { type: "opened"; session: string; token: string; policy: string; notice: string; retention: number; participants: Participant[] }
