/** pages.tsx: a list that the service gives page by page, with a button for the next; and downloads. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, type Path, type Query } from "../api/client";
import { t } from "../i18n";

export interface Pages<T> { all: T[] | null; problem: unknown; more: (() => void) | null; again: () => void }

/** `name` is the list's in the answer. Pages that are empty and not the last are passed by themselves. */
export function usePages<T>(path: Path, name: string, query: Query = {}, params: Record<string, string> = {}): Pages<T> {
  const [all, setAll] = useState<T[] | null>(null), [problem, setProblem] = useState<unknown>(null), [before, setBefore] = useState<string>(), [round, setRound] = useState(0);
  const asked = JSON.stringify([path, query, params, round]);
  const load = async (from: string | undefined, had: T[], stop: () => boolean): Promise<void> => {
    let next = from, found: T[] = [];
    for (let tries = 0; tries < 50 && !found.length; tries++) {
      const page = await get<Record<string, unknown>>(path, { params, query: { limit: 50, ...query, before: next } });
      found = page[name] as T[];
      next = page["before"] as string | undefined;
      if (!next) break;
    }
    if (stop()) return;
    setAll([...had, ...found]);
    setBefore(next);
    setProblem(null);
  };
  useEffect(() => {
    let gone = false;
    setAll(null);
    load(undefined, [], () => gone).catch((error: unknown) => { if (!gone) setProblem(error); });
    return () => { gone = true; };
  }, [asked]);
  return { all, problem, again: () => setRound((n) => n + 1), more: before && all ? () => { load(before, all, () => false).catch(setProblem); } : null };
}

export function More({ pages }: { pages: Pages<unknown> }): JSX.Element | null {
  return pages.more && <div><button class="button" type="button" onClick={pages.more}>{t("shell.more_of_it")}</button></div>;
}

/** `what`: a text, a Blob, or what becomes JSON. */
export function download(name: string, what: unknown, type = "application/json"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(what instanceof Blob ? what : new Blob([typeof what === "string" ? what : JSON.stringify(what, null, 1)], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** The parts of a view, as links in its heading. */
export function Parts({ of, parts, here }: { of: string; parts: readonly string[]; here: string }): JSX.Element {
  return <nav class="row no-print" aria-label={t(`${of}.parts`)}>{parts.map((part) => <a class="button" key={part} href={`#/${of}/${part}`} {...(part === here ? { "aria-current": "page" as const } : {})}>{t(`${of}.part_${part}`)}</a>)}</nav>;
}
