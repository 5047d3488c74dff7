/** one.tsx: a collection: its figures by the question in the address, and what can be taken along. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ask as fetchRaw, get, type Query } from "../../api/client";
import { Empty, Heading, Loading, ProblemNote, Said, useLoaded } from "../../design/parts";
import { download } from "../../design/pages";
import { date, named, number, percent, t } from "../../i18n";
import { go, place } from "../../router";
import { Labels, Overall, signed, Valence, Volume } from "./charts";
import { addressOf, askOf, topOf, type Ask, type Collection, type Figures, type Spike } from "./figures";
import { Filters } from "./filters";
import { Lines } from "./groups";
import { Spikes } from "./spikes";
import { placeOf, Reading } from "./upload";

const EVERY = 1000; // ms between looks at one that is being read

function Sum({ of, floor }: { of: Figures["overall"]; floor: number }): JSX.Element {
  const { mean, low, high } = of.valence, top = topOf(of);
  return (
    <section class="card sum" aria-labelledby="sum">
      <h2 id="sum" class="vh">{t("market.all_of_it")}</h2>
      <dl class="row facts">
        <div><dt>{t("market.texts")}</dt><dd class="numbers">{number(of.texts)}</dd></div>
        <div><dt>{t("market.clear_ones")}</dt><dd class="numbers">{percent(of.read / Math.max(1, of.texts))}</dd></div>
        <div><dt>{t("market.valence")}</dt><dd class="numbers">{mean === null ? t("market.none") : signed(mean)} {low !== null && high !== null && <span class="soft small">{signed(low)} – {signed(high)}</span>}</dd></div>
        <div><dt>{t("market.strongest")}</dt><dd>{top ? named("emotions", top) : t("market.none")}</dd></div>
      </dl>
      <Overall of={of} />
      <p class="small soft">{t("market.inference")} {t("market.small_hidden", { floor })}</p>
    </section>
  );
}

function Shown({ id, name, figures, ask, set }: { id: string; name: string; figures: Figures; ask: Ask; set: (change: Ask) => void }): JSX.Element {
  const bins = figures.time ?? [], unit = figures.bin ?? "day", spikes = figures.spikes ?? [], [problem, setProblem] = useState<unknown>(null);
  const take = (format: "csv" | "html"): void => {
    fetchRaw("GET", "/v1/collections/{id}/figures", { params: { id }, query: { ...(ask as Query), format } }).then((answer) => answer.blob()).then((blob) => download(`${name}.${format}`, blob)).catch(setProblem);
  };
  const look = (spike: Spike): void => set({ from: spike.from, to: spike.to, emotion: spike.what === "volume" ? ask.emotion : spike.what });
  if (figures.hidden) return <Empty title={t("market.all_hidden", { floor: figures.floor })}><p>{t("market.all_hidden_do")}</p></Empty>;
  return (
    <>
      <div class="row no-print">
        <button class="button" type="button" onClick={() => take("csv")}>{t("market.csv")}</button>
        <button class="button" type="button" onClick={() => print()}>{t("market.print")}</button>
        <button class="button" type="button" onClick={() => take("html")}>{t("market.page")}</button>
        <button class="button" type="button" onClick={() => void navigator.clipboard?.writeText(location.href)}>{t("market.copy")}</button>
      </div>
      {problem !== null && <ProblemNote problem={problem} />}
      <Sum of={figures.overall} floor={figures.floor} />
      {bins.length > 1 && (
        <section class="card stack" aria-labelledby="time"><h2 id="time">{t("market.over_time")}</h2>
          <div class="pair"><Volume bins={bins} unit={unit} spikes={spikes} /><Valence bins={bins} unit={unit} /></div>
          <Labels bins={bins} unit={unit} />
          <p class="small soft">{t("market.bands")}</p>
        </section>)}
      {bins.length > 1 && <section class="stack" aria-labelledby="spikes"><h2 id="spikes">{t("market.spikes")}</h2><Spikes of={spikes} unit={unit} look={look} /></section>}
      {figures.groups && (
        <section class="card stack" aria-labelledby="groups"><h2 id="groups">{t("market.compared", { by: t(`market.by_${figures.by ?? "segment"}`) })}</h2>
          <Lines title={t("market.compared", { by: t(`market.by_${figures.by ?? "segment"}`) })} first={t(`market.by_${figures.by ?? "segment"}`)} unsaid={t("market.unsaid")}
            lines={figures.groups.map((group) => ({ key: String(group.value), name: group.value ?? "", said: group.value !== null, tally: group, difference: group.difference, words: group.words,
              choose: figures.by === "period" || (group.hidden ?? false) ? undefined : () => set({ [figures.by as string]: group.value ?? "", by: undefined }) }))} />
          <p class="small soft">{t("market.compared_about")}</p>
        </section>)}
      {(figures.aspects?.length ?? 0) > 0 && (
        <section class="card stack" aria-labelledby="aspects"><h2 id="aspects">{t("market.aspects")}</h2>
          <Lines title={t("market.aspects")} first={t("market.aspect")} unsaid=""
            lines={(figures.aspects ?? []).map((each) => ({ key: each.aspect, name: each.aspect, said: true, tally: each, difference: each.difference, examples: each.examples, choose: () => set({ aspect: each.aspect }) }))} />
        </section>)}
    </>
  );
}

export function One({ id }: { id: string }): JSX.Element {
  const ask = askOf(place.value.query), asked = JSON.stringify(ask);
  const head = useLoaded(() => get<Collection>("/v1/collections/{id}", { params: { id } }), [id]), ready = head.value?.state === "ready";
  const figures = useLoaded<Figures | null>((signal) => (ready ? get<Figures>("/v1/collections/{id}/figures", { params: { id }, query: ask as Query, signal }) : Promise.resolve(null)), [id, asked, ready]);
  useEffect(() => {
    if (head.value?.state !== "reading") return;
    const timer = setTimeout(head.again, EVERY);
    return () => clearTimeout(timer);
  }, [head.value]);
  const set = (change: Ask): void => go(addressOf(id, { ...ask, ...change }));
  const name = head.value?.name ?? "";
  if (head.problem !== null) return <><Heading title={t("market.title")} /><ProblemNote problem={head.problem} again={head.again} /><p><a href="#/market">{t("market.all_collections")}</a></p></>;
  return (
    <>
      <Heading title={name || t("market.title")}>
        <p>{head.value && `${placeOf(head.value.jurisdiction)} · ${named("purposes", head.value.purpose)} · ${t("market.kept_until", { date: date(head.value.until) })}`}</p>
        <p class="no-print"><a href="#/market">{t("market.all_collections")}</a></p>
      </Heading>
      {head.value && <Reading of={head.value} />}
      {ready && <Filters ask={ask} figures={figures.value} set={set} />}
      {ready && (figures.problem !== null ? <ProblemNote problem={figures.problem} again={figures.again} /> : figures.value ? <Shown id={id} name={name} figures={figures.value} ask={ask} set={set} /> : <Loading lines={8} />)}
      <Said text={figures.value && !figures.value.hidden ? t("market.said", { count: figures.value.overall.texts }) : ""} every={2} />
      {!head.value && <Loading />}
    </>
  );
}

