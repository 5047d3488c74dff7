/**
 * suggested.tsx: how one might answer now, from POST /v1/suggestions: a strategy, a wording, what to avoid, and on demand why. It is asked
 * for when what is shown of the person changes, never by a clock; what was suggested in this call does not come again.
 */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../../api/client";
import { language, t } from "../../i18n";

export interface Suggestion { asked: number; /* ms */ strategy: string; title: string; id: string; words: string; language: string; avoid: string | null; why: string; source: string }
interface Suggested { suggestions: Suggestion[]; crisis: boolean; unsure: boolean }

/** The best one for what `key` stands for; null: none. `wanted`: something has been read, and the team has it on. */
export function useSuggestion(session: string, who: string, key: string, wanted: boolean): Suggestion | null {
  const [shown, setShown] = useState<Suggestion | null>(null), said = useRef<string[]>([]), tongue = language.value, spoken = useRef(tongue);
  useEffect(() => {
    if (!wanted) { setShown(null); return; }
    const stop = new AbortController(), asked = Date.now(), kept = spoken.current === tongue ? said.current : said.current.slice(0, -1); // in another language the same again
    post<Suggested>("/v1/suggestions", { session, who, language: tongue, said: kept.slice(-200), most: 1 }, { signal: stop.signal }).then((told) => {
      const first = told.suggestions[0], best = first ? { ...first, asked } : null;
      said.current = best ? [...kept, best.id] : kept;
      spoken.current = tongue;
      setShown(best);
    }, () => { if (!stop.signal.aborted) setShown(null); }); // the panel says by itself when the service is lost
    return () => stop.abort();
  }, [session, who, key, wanted, tongue]);
  return shown;
}

export function SuggestionNote({ of }: { of: Suggestion }): JSX.Element {
  return (
    <div class="suggested stack" lang={of.language} dir="auto">
      <p><strong>{of.title}</strong></p>
      <blockquote>{of.words}</blockquote>
      {of.avoid && <p class="soft small"><span lang={language.value}>{t("agent.avoid")}</span> {of.avoid}</p>}
      <details class="small"><summary lang={language.value}>{t("agent.why")}</summary><p>{of.why}</p><p class="soft">{of.source}</p></details>
    </div>
  );
}
