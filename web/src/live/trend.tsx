/** trend.tsx: valence and arousal of the last readings: two lines, solid and dashed; where Mien abstains there is a gap. */
import type { JSX } from "preact";
import type { Dim, State } from "../api/shapes";
import { number, t } from "../i18n";

const WIDE = 600, HIGH = 120;

function path(states: State[], dim: Dim): string {
  let text = "", pen = false;
  states.forEach((state, i) => {
    const value = state.abstain === null ? state.dims[dim] : null;
    if (value === null) { pen = false; return; }
    text += `${pen ? "L" : "M"}${((i + 0.5) / states.length * WIDE).toFixed(1)},${((1 - value) / 2 * HIGH).toFixed(1)}`;
    pen = true;
  });
  return text;
}

function summary(states: State[], dim: Dim): string {
  const values = states.filter((s) => s.abstain === null).map((s) => s.dims[dim]).filter((v): v is number => v !== null);
  return t("try.trend_said", { what: t(`emotions.${dim}`), count: values.length, from: number(values[0] ?? 0, 1), until: number(values.at(-1) ?? 0, 1) });
}

export function Trend({ states }: { states: State[] }): JSX.Element {
  return (
    <figure class="stack">
      <svg class="trend" viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label={`${summary(states, "valence")} ${summary(states, "arousal")}`}>
        <path class="zero" d={`M0,${HIGH / 2}H${WIDE}`} /><path class="valence" d={path(states, "valence")} /><path class="arousal" d={path(states, "arousal")} />
      </svg>
      <figcaption class="row small soft"><span class="key valence">{t("emotions.valence")}</span><span class="key arousal">{t("emotions.arousal")}</span></figcaption>
    </figure>
  );
}
