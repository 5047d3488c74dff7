/** webhooks.tsx: who is called when a rule fires; what was delivered, and sending it again. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, post, remove } from "../../api/client";
import { Empty, Loading, ProblemNote, useLoaded } from "../../design/parts";
import { More, usePages } from "../../design/pages";
import { date, t } from "../../i18n";

interface Hook { webhook: string; url?: string; recipe?: string; settings: boolean; disabled: boolean; rules?: string[]; actions?: string[]; secret?: string }
interface Delivery { delivery: string; state: string; made: number; type: string; attempts: number; tries: { at: number; status: number; what: string }[] }

function Deliveries({ of }: { of: string }): JSX.Element {
  const [state, setState] = useState("waiting"), [problem, setProblem] = useState<unknown>(null);
  const pages = usePages<Delivery>("/v1/webhooks/{id}/deliveries", "deliveries", { state }, { id: of });
  const again = (delivery: string): void => { post("/v1/webhooks/{id}/replay", { delivery }, { params: { id: of } }).then(pages.again).catch(setProblem); };
  return (
    <div class="stack">
      <label class="field"><span class="label">{t("settings.deliveries")}</span><select value={state} onChange={(e) => setState(e.currentTarget.value)}>{["waiting", "delivered", "dead"].map((each) => <option key={each} value={each}>{t(`settings.state_${each}`)}</option>)}</select></label>
      {(problem ?? pages.problem) !== null && <ProblemNote problem={problem ?? pages.problem} {...(problem === null ? { again: pages.again } : {})} />}
      {pages.all?.length === 0 && <p class="soft">{t("settings.no_deliveries")}</p>}
      <ul class="plain stack">{pages.all?.map((each) => <li class="row" key={each.delivery}><span class="numbers">{date(each.made)}</span><code>{each.type}</code><span>{each.tries.at(-1)?.what ?? ""}</span>
        <button class="button" type="button" onClick={() => again(each.delivery)}>{t("settings.replay")}</button></li>)}</ul>
      <More pages={pages} />
    </div>
  );
}

export function Webhooks(): JSX.Element {
  const hooks = useLoaded(() => get<{ webhooks: Hook[] }>("/v1/webhooks"), []), [problem, setProblem] = useState<unknown>(null), [made, setMade] = useState<Hook | null>(null), [open, setOpen] = useState("");
  const add = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const url = String(new FormData(event.currentTarget).get("url") ?? "").trim();
    post<Hook>("/v1/webhooks", { url }).then((got) => { setMade(got); setProblem(null); hooks.again(); }).catch(setProblem);
  };
  const drop = (id: string): void => { remove("/v1/webhooks/{id}", { params: { id } }).then(() => hooks.again()).catch(setProblem); };
  return (
    <section class="card stack" aria-labelledby="hooks"><h2 id="hooks">{t("settings.part_webhooks")}</h2>
      <form class="row" onSubmit={add}><label class="field grow"><span class="label">{t("settings.url")}</span><input name="url" type="url" required placeholder="https://" dir="ltr" /></label><button class="button first">{t("settings.add")}</button></form>
      {(problem ?? hooks.problem) !== null && <ProblemNote problem={problem ?? hooks.problem} {...(problem === null ? { again: hooks.again } : {})} />}
      {made?.secret && <div class="note" role="status"><span>{t("settings.once")}</span><code style={{ overflowWrap: "anywhere" }}>{made.secret}</code></div>}
      {!hooks.value && hooks.problem === null ? <Loading /> : hooks.value?.webhooks.length === 0 ? <Empty title={t("settings.no_webhooks")} /> : (
        <ul class="plain stack">{hooks.value?.webhooks.map((each) => <li class="stack" key={each.webhook}>
          <div class="row spread"><span dir="ltr" style={{ overflowWrap: "anywhere" }}>{each.url ?? each.recipe}</span>{each.disabled && <span class="badge critical">{t("settings.disabled")}</span>}
            <span class="row"><button class="button" type="button" aria-expanded={open === each.webhook} onClick={() => setOpen(open === each.webhook ? "" : each.webhook)}>{t("settings.deliveries")}</button>
              {!each.settings && <button class="button bad" type="button" onClick={() => drop(each.webhook)}>{t("settings.drop")}</button>}</span></div>
          {open === each.webhook && <Deliveries of={each.webhook} />}
        </li>)}</ul>)}
    </section>
  );
}
