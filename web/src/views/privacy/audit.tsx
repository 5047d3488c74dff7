/** audit.tsx: who opened, refused, looked at or changed what; and whether the record of it is as it was written. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post } from "../../api/client";
import { Empty, Loading, ProblemNote } from "../../design/parts";
import { download, More, usePages } from "../../design/pages";
import { date, has, number, t } from "../../i18n";

export interface Trace { seq: number; at: string; hash: string; what: string; key?: string; of?: string; session?: string; purpose?: string; why?: string }
interface Checked { sound: boolean; records: number; trouble?: string }

const did = (what: string): string => (has(`privacy.did_${what}`) ? t(`privacy.did_${what}`) : what.replace(/_/g, " "));

export function AuditTable({ all }: { all: Trace[] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("privacy.part_audit")}>
      <table>
        <thead><tr>{["when", "what", "whom", "of"].map((name) => <th scope="col" key={name}>{t(`privacy.${name}`)}</th>)}</tr></thead>
        <tbody>{all.map((each) => (
          <tr key={each.seq}>
            <td class="numbers"><time dateTime={each.at}>{date(Date.parse(each.at) / 1000)}</time></td>
            <th scope="row">{did(each.what)}</th>
            <td><code>{each.key ?? t("privacy.itself")}</code></td>
            <td dir="auto"><code>{each.of ?? each.session ?? ""}</code>{each.purpose && ` ${each.purpose.replace(/_/g, " ")}`}{each.why && <span class="soft"> {each.why}</span>}</td>
          </tr>))}
        </tbody>
      </table>
    </div>
  );
}

function Verify(): JSX.Element {
  const [found, setFound] = useState<Record<"audit" | "consents", Checked> | null>(null), [problem, setProblem] = useState<unknown>(null), [busy, setBusy] = useState(false);
  const verify = (): void => { setBusy(true); post<Record<"audit" | "consents", Checked>>("/v1/audit/verify").then((got) => { setFound(got); setProblem(null); }).catch(setProblem).finally(() => setBusy(false)); };
  return (
    <section class="card stack" aria-labelledby="verify">
      <h2 id="verify">{t("privacy.verify")}</h2>
      <p class="soft">{t("privacy.verify_about")}</p>
      <div><button class="button" type="button" disabled={busy} onClick={verify}>{t("privacy.verify_now")}</button></div>
      {problem !== null && <ProblemNote problem={problem} />}
      <div role="status" class="stack">{found && (["audit", "consents"] as const).map((name) => (
        <div class={`note ${found[name].sound ? "good" : "bad"}`} key={name}>
          <strong>{t(`privacy.part_${name}`)}: {found[name].sound ? t("privacy.sound") : t("privacy.broken")}</strong>
          <span>{found[name].trouble ?? t("privacy.records", { count: number(found[name].records) })}</span>
        </div>))}
      </div>
    </section>
  );
}

export function Audit(): JSX.Element {
  const [asked, setAsked] = useState<Record<string, string>>({});
  const pages = usePages<Trace>("/v1/audit", "records", Object.fromEntries(Object.entries(asked).filter(([, value]) => value)));
  const search = (event: JSX.TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setAsked(Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value).trim()])));
  };
  return (
    <>
      <Verify />
      <section class="card stack" aria-labelledby="records">
        <h2 id="records">{t("privacy.part_audit")}</h2>
        <form class="row no-print" role="search" onSubmit={search}>
          {(["subject", "what", "key", "of"] as const).map((name) => <label class="field" key={name}><span class="label">{t(`privacy.by_${name}`)}</span><input name={name} maxLength={63} autocomplete="off" dir="auto" /></label>)}
          {(["since", "until"] as const).map((name) => <label class="field" key={name}><span class="label">{t(`privacy.${name}_day`)}</span><input name={name} type="date" /></label>)}
          <button class="button first">{t("privacy.search")}</button>
        </form>
        {pages.problem !== null && <ProblemNote problem={pages.problem} again={pages.again} />}
        {!pages.all && pages.problem === null && <Loading />}
        {pages.all?.length === 0 && <Empty title={t("privacy.no_records")} />}
        {pages.all && pages.all.length > 0 && <AuditTable all={pages.all} />}
        <div class="row no-print"><More pages={pages} />{pages.all && pages.all.length > 0 && <button class="button" type="button" onClick={() => download("audit.json", pages.all)}>{t("privacy.download")}</button>}</div>
      </section>
    </>
  );
}
