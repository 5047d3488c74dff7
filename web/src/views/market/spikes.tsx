/** spikes.tsx: when there was more than chance allows: what of, by how much, the words that went with it, and examples. */
import type { JSX } from "preact";
import { CoreLabel } from "../../design/parts";
import { number, t } from "../../i18n";
import { moment, type Spike, type Unit } from "./figures";
import { Examples, Words } from "./groups";

/** Until the last moment that is in it. */
export function spanOf(spike: { from: string; to: string }, unit: Unit): string {
  const from = moment(spike.from, unit), last = moment(new Date(Date.parse(spike.to) - 1000).toISOString(), unit);
  return unit === "week" || from !== last ? `${from} – ${last}` : from;
}

export function Spikes({ of, unit, look }: { of: Spike[]; unit: Unit; look: (spike: Spike) => void }): JSX.Element {
  if (of.length === 0) return <p class="soft">{t("market.no_spikes")}</p>;
  return (
    <ol class="plain several wide">
      {of.map((spike) => (
        <li class="card stack tight" key={`${spike.from}${spike.what}`}>
          <h3 class="row"><span aria-hidden="true" class="spiky">▲</span>{spike.what === "volume" ? t("market.volume") : <CoreLabel core={spike.what} />}<span class="soft">{spanOf(spike, unit)}</span></h3>
          <p class="numbers">{t("market.spike_about", { texts: spike.texts, expected: number(spike.expected, spike.expected < 10 ? 1 : 0), times: number(spike.texts / Math.max(spike.expected, 0.1), 1) })}</p>
          {spike.words.length > 0 && <><h4 class="small soft">{t("market.drove")}</h4><Words of={spike.words} /></>}
          <Examples of={spike.examples ?? []} />
          <div class="no-print"><button class="button" type="button" onClick={() => look(spike)} aria-label={`${t("market.look")}: ${spanOf(spike, unit)}`}>{t("market.look")}</button></div>
        </li>))}
    </ol>
  );
}
