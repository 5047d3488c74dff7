/** book.ts: what the service says of a dictionary of signals (docs/uses/signals.md), and the usual signals with their marks. */
export interface Accuracy { right: number | null; count?: number; none?: number; mistaken?: { signal: string; as: string; count: number }[]; why?: string }
export const KINDS = ["voice", "face", "body"] as const;
export type Kind = (typeof KINDS)[number];
export interface Book {
  dictionary: string; name: string; subject: string; consent: string; made: number; until: number;
  signals: ({ signal: string } & Record<Kind, number>)[]; read?: string[]; accuracy?: Record<Kind, Accuracy>; has?: string[];
}
export interface Told { signal: string | null; confidence: number | null; nearest: string; distance: number; chances: Record<string, number>; has: string[] }

export const USUAL = ["comfort", "distress", "yes", "no", "want"] as const;
/** A mark for each, so that it is known without its word and its colour. In a square of 24. */
export const MARKS: Record<string, string> = {
  comfort: "M12 21 3.5 12.2a5.2 5.2 0 0 1 7.4-7.3L12 6l1.1-1.1a5.2 5.2 0 0 1 7.4 7.3z",
  distress: "M12 2 23 21H1zM11 9v6h2V9zm0 7.5v2h2v-2z",
  yes: "M9.5 18.5 3 12l2.1-2.1 4.4 4.4L18.9 5 21 7.1z",
  no: "M5.6 3.5 12 9.9l6.4-6.4 2.1 2.1-6.4 6.4 6.4 6.4-2.1 2.1-6.4-6.4-6.4 6.4-2.1-2.1 6.4-6.4-6.4-6.4z",
  want: "M11 2h2v11l4-4 1.4 1.4L12 17l-6.4-6.6L7 9l4 4zM4 19h16v2.5H4z",
};
export const OTHER = "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 4a6 6 0 1 1 0 12 6 6 0 0 1 0-12z";
export const UNSURE = "M11 17h2v2.5h-2zM12 4a5 5 0 0 0-5 5h2.4a2.6 2.6 0 1 1 3.9 2.3c-1.5.8-2.3 1.8-2.3 3.4V15h2.2c0-1 .4-1.6 1.4-2.2A5 5 0 0 0 12 4z";
export const SURE = 0.6;  // of a signal, to be said large
export const ENOUGH = 5;  // examples of each
