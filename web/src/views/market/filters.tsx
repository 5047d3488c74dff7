/** filters.tsx: which part of a collection is looked at, and what is compared. All of it stands in the address, so that it can be shared. */
import type { JSX } from "preact";
import { CORE } from "../../api/shapes";
import { named, number, t } from "../../i18n";
import { BINS, BYS, FACETS, FLOORS, type Ask, type Figures } from "./figures";

const DAY = 86400_000;
const dayOf = (iso: string | undefined, less = 0): string => { const at = Date.parse(iso ?? ""); return Number.isNaN(at) ? "" : new Date(at - less).toISOString().slice(0, 10); };

function Choice({ name, label, value, all, list, change }: { name: string; label: string; value: string | undefined; all: string; list: [value: string, text: string][]; change: (value: string | undefined) => void }): JSX.Element {
  const shown = value === undefined || list.some(([each]) => each === value) ? list : [[value, value || t("market.unsaid")] as [string, string], ...list];
  return (
    <label class="field"><span class="label">{label}</span>
      <select name={name} value={value === undefined ? "*" : `=${value}`} onChange={(e) => change(e.currentTarget.value === "*" ? undefined : e.currentTarget.value.slice(1))}>
        {all !== "" && <option value="*">{all}</option>}{shown.map(([each, text]) => <option key={each} value={`=${each}`}>{text}</option>)}
      </select></label>
  );
}

export function Filters({ ask, figures, set }: { ask: Ask; figures: Figures | null; set: (change: Ask) => void }): JSX.Element {
  const values = figures?.values, used = (["from", "to", ...FACETS, "aspect", "emotion"] as const).filter((name) => ask[name] !== undefined).length;
  return (
    <section class="card stack filters no-print" aria-label={t("market.filters")}>
      <div class="row">
        <label class="field"><span class="label">{t("market.from")}</span><input type="date" name="from" value={dayOf(ask.from)} onChange={(e) => set({ from: e.currentTarget.value || undefined })} /></label>
        <label class="field"><span class="label">{t("market.until")}</span><input type="date" name="to" value={dayOf(ask.to, 1000)} onChange={(e) => set({ to: e.currentTarget.value ? dayOf(e.currentTarget.value, -DAY) : undefined })} /></label>
        {FACETS.map((facet) => (ask[facet] !== undefined || (values?.[facet].length ?? 0) > 0) && (
          <Choice key={facet} name={facet} label={t(`market.by_${facet}`)} value={ask[facet]} all={t("market.all")} list={(values?.[facet] ?? []).map((each) => [each, each])} change={(value) => set({ [facet]: value })} />))}
        <Choice name="aspect" label={t("market.aspect")} value={ask.aspect} all={t("market.all")} list={(figures?.aspects ?? []).map((each) => [each.aspect, each.aspect])} change={(value) => set({ aspect: value })} />
        <Choice name="emotion" label={t("emotions.expressed")} value={ask.emotion} all={t("market.all")} list={CORE.map((core) => [core, named("emotions", core)])} change={(value) => set({ emotion: value })} />
        <Choice name="by" label={t("market.compare")} value={ask.by} all={t("market.nothing")} list={BYS.map((by) => [by, t(`market.by_${by}`)])} change={(value) => set({ by: value })} />
        <Choice name="bin" label={t("market.bin")} value={ask.bin ?? "auto"} all="" list={BINS.map((bin) => [bin, t(`market.unit_${bin}`)])} change={(value) => set({ bin: value === "auto" ? undefined : value })} />
        <Choice name="floor" label={t("market.floor")} value={ask.floor ?? "5"} all="" list={FLOORS.map((floor) => [floor, number(Number(floor))])} change={(value) => set({ floor: value === "5" ? undefined : value })} />
        {used > 0 && <button class="button" type="button" onClick={() => set({ from: undefined, to: undefined, segment: undefined, product: undefined, language: undefined, aspect: undefined, emotion: undefined })}>{t("market.clear")}</button>}
      </div>
    </section>
  );
}
