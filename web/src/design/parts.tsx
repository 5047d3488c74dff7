/** parts.tsx: the components that views share. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api/client";
import { CORE, type Core } from "../api/shapes";
import { named, percent, t } from "../i18n";

/** A shape for each label, so that it is known without its colour. In a square of 12. */
const SHAPES: Record<Core, string> = {
  neutral: "M1 5h10v2H1z", joy: "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1z", sadness: "M6 11 1 2h10z", anger: "M6 1l5 9H1z",
  fear: "M6 1l5 5-5 5-5-5z", disgust: "M1.5 1.5h9v9h-9z", surprise: "M6 0l1.6 4.2L12 6 7.6 7.6 6 12 4.4 7.6 0 6l4.4-1.8z",
};
export const shapeOf = (core: Core): string => SHAPES[core];

export function CoreShape({ core }: { core: Core }): JSX.Element {
  return <svg viewBox="-1 -1 14 14" aria-hidden="true"><path d={SHAPES[core]} style={{ fill: `var(--core-${core})` }} /></svg>;
}

/** The label's shape, colour and name. */
export function CoreLabel({ core }: { core: Core }): JSX.Element {
  return <span class="label-core"><CoreShape core={core} />{named("emotions", core)}</span>;
}

/** The seven as bars, in a fixed order: nothing jumps. */
export function CoreBars({ core, none }: { core: Record<Core, number> | null; none?: boolean }): JSX.Element {
  return (
    <ul class="plain stack" style={{ gap: "0.35rem" }} aria-label={t("emotions.expressed")}>
      {CORE.map((name) => (
        <li class="bar" key={name}>
          <CoreLabel core={name} />
          <span class="track" aria-hidden="true"><span class="fill" style={{ background: `var(--core-${name})`, transform: `scaleX(${core && !none ? core[name] : 0})` }} /></span>
          <span class="numbers small">{core && !none ? percent(core[name]) : "–"}</span>
        </li>
      ))}
    </ul>
  );
}

export function topOf(core: Record<Core, number>): Core {
  return CORE.reduce((best, name) => (core[name] > core[best] ? name : best), CORE[0]);
}

/** What went wrong, where it can be seen and heard, and what to do about it. */
export function ProblemNote({ problem, again }: { problem: unknown; again?: () => void }): JSX.Element {
  const known = problem instanceof Problem ? problem : new Problem(0, "", problem instanceof Error ? problem.message : String(problem), "");
  const title = known.status === 0 && known.title === "offline" ? t("shell.offline") : known.status === 403 && known.title === "Refused by policy" ? t("shell.refused") : known.status === 403 && known.detail.includes("has not the scope") ? t("shell.forbidden") : known.title || t("shell.wrong");
  return (
    <div class="note bad" role="alert">
      <strong>{title}</strong>
      {known.detail && <span>{known.detail}</span>}
      {known.remedy && <span class="soft">{known.remedy}</span>}
      {again && <span><button class="button" type="button" onClick={again}>{t("shell.again")}</button></span>}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return <div class="empty"><strong>{title}</strong>{children}</div>;
}

export function Loading({ lines = 3 }: { lines?: number }): JSX.Element {
  return <div class="stack" role="status"><span class="vh">{t("shell.loading")}</span>{Array.from({ length: lines }, (_, i) => <div class="bone" key={i} />)}</div>;
}

/** Loads once, and again when a dependency changes or `again` is called. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, dependencies: unknown[]): { value: T | null; problem: unknown; again: () => void } {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then((got) => { setValue(() => got); setProblem(null); })
      .catch((error: unknown) => { if (!stop.signal.aborted) setProblem(error); });
    return () => stop.abort();
  }, [...dependencies, round]);
  return { value, problem, again: () => setRound((n) => n + 1) };
}

/** The page's heading; takes the focus when the view opens, so that a screen reader hears where it is. */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { heading.current?.focus({ preventScroll: true }); document.title = `${title} · Mien`; }, [title]);
  return <header><h1 ref={heading} tabIndex={-1} style={{ outline: "none" }}>{title}</h1>{children}</header>;
}

/** A live region that speaks at most once in `every` seconds, the newest alone. */
export function Said({ text, every = 5 }: { text: string; every?: number }): JSX.Element {
  const [shown, setShown] = useState("");
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + every * 1000 - Date.now());
    const timer = setTimeout(() => { if (text) last.current = Date.now(); setShown(text); }, wait); // silence is no speaking
    return () => clearTimeout(timer);
  }, [text, every]);
  return <div class="vh" role="status" aria-live="polite">{shown}</div>;
}
