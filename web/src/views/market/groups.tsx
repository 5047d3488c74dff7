/** groups.tsx: parts of a collection beside each other: what is compared, and what people write about, each with what it expresses. */
import type { JSX } from "preact";
import { CORE } from "../../api/shapes";
import { CoreLabel } from "../../design/parts";
import { named, number, percent, t } from "../../i18n";
import { bound, signed } from "./charts";
import { topOf, type Difference, type Example, type Shown, type Tally, type Word } from "./figures";

export interface Line { key: string; name: string; said: boolean; tally: Shown<object>; difference?: Difference | undefined; words?: Word[] | undefined; examples?: Example[] | undefined; choose?: (() => void) | undefined }

/** The mean with its interval, on one scale for all. */
function Dot({ of, most }: { of: Tally; most: number }): JSX.Element | null {
  const { mean, low, high } = of.valence, at = (value: number): number => 50 + 50 * Math.max(-1, Math.min(1, value / most));
  if (mean === null) return null;
  return (
    <svg class="interval" dir="ltr" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x={0} y={4} width={100} height={2} /><rect class="zero" x={49.8} y={0} width={0.4} height={10} />
      {low !== null && high !== null && <rect class="reach" x={at(low)} y={3} width={Math.max(0.5, at(high) - at(low))} height={4} />}<rect class="whisker" x={at(mean) - 0.6} y={0} width={1.2} height={10} />
    </svg>
  );
}

/** All labels as one bar, in the fixed order; the words beside it say the strongest. */
function Parts({ of }: { of: Tally }): JSX.Element {
  let from = 0;
  return (
    <svg class="interval parts" dir="ltr" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      {CORE.map((core) => { const share = 100 * (of.core[core]?.share ?? 0), at = from; from += share; return <rect key={core} style={{ fill: `var(--core-${core})` }} x={at} y={0} width={share} height={10} />; })}
    </svg>
  );
}

export function Examples({ of }: { of: Example[] }): JSX.Element | null {
  return of.length > 0 ? <ul class="plain stack tight">{of.map((each, i) => <li key={i} class="example"><blockquote dir="auto">{each.text}</blockquote><CoreLabel core={each.top} /></li>)}</ul> : null;
}

export function Words({ of }: { of: Word[] }): JSX.Element | null {
  return of.length > 0 ? <ul class="plain row tight" aria-label={t("market.words")}>{of.map((each) => <li class="badge" key={each.word}><bdi>{each.word}</bdi> <span class="soft numbers">{number(each.texts)}</span></li>)}</ul> : null;
}

export function Lines({ title, first, lines, unsaid }: { title: string; first: string; lines: Line[]; unsaid: string }): JSX.Element {
  const most = bound(Math.max(0.1, ...lines.map((line) => (line.tally.hidden ? 0 : Math.max(Math.abs(line.tally.valence.low ?? 0), Math.abs(line.tally.valence.high ?? 0))))));
  const head = [first, t("market.texts"), t("market.valence"), t("market.against"), t("emotions.expressed"), t("market.words")];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table class="grouped">
        <caption class="vh">{title}</caption>
        <thead><tr>{head.map((each) => <th scope="col" key={each}>{each}</th>)}</tr></thead>
        <tbody>{lines.map(({ key, name, said, tally, difference, words, examples, choose }) => {
          const label = <bdi>{said ? name : unsaid}</bdi>;
          if (tally.hidden) return <tr key={key}><th scope="row">{label}</th><td colSpan={5} class="soft">{t("market.too_few")}</td></tr>;
          const top = topOf(tally), sure = difference && difference.q < 0.05;
          return (
            <tr key={key}>
              <th scope="row">{choose ? <button class="plainly" type="button" onClick={choose} aria-label={t("market.only", { what: said ? name : unsaid })}>{label}</button> : label}</th>
              <td class="numbers">{number(tally.texts)}</td>
              <td class="numbers"><Dot of={tally} most={most} />{tally.valence.mean === null ? t("market.none") : <>{signed(tally.valence.mean)} <span class="soft small">{tally.valence.low !== null && tally.valence.high !== null && `${signed(tally.valence.low)} – ${signed(tally.valence.high)}`}</span></>}</td>
              <td class="numbers">{difference?.valence == null ? "" : <>{signed(difference.valence)}{sure && <span class="badge warning">{difference.valence > 0 ? "▲" : "▼"} {t("market.beyond")}</span>}</>}</td>
              <td><Parts of={tally} />{top && <span class="row tight"><CoreLabel core={top} /><span class="numbers small">{percent(tally.core[top]?.share ?? 0)}</span></span>}
                <span class="vh">{CORE.map((core) => `${named("emotions", core)} ${percent(tally.core[core]?.share ?? 0)}`).join(", ")}</span></td>
              <td>{words && <Words of={words} />}{examples && examples.length > 0 && <details><summary>{t("market.examples")}</summary><Examples of={examples} /></details>}</td>
            </tr>);
        })}</tbody>
      </table>
    </div>
  );
}
