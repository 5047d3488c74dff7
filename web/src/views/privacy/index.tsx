/** privacy/index.tsx: the privacy desk: consents and their proofs, one person's data, the audit, the policies, and the impact assessment. */
import type { ComponentType, JSX } from "preact";
import { Heading } from "../../design/parts";
import { Parts } from "../../design/pages";
import { t } from "../../i18n";
import { place } from "../../router";
import { Assessment } from "./assessment";
import { Audit } from "./audit";
import { Consents } from "./consents";
import { Person } from "./person";
import { Policies } from "./policies";

const PARTS = { consents: Consents, person: Person, audit: Audit, policies: Policies, assessment: Assessment } satisfies Record<string, ComponentType>;

export default function Privacy(): JSX.Element {
  const wanted = place.value.rest[0] ?? "", here = wanted in PARTS ? wanted as keyof typeof PARTS : "consents", Part = PARTS[here];
  return (
    <>
      <Heading title={t("privacy.title")}><p>{t("privacy.about")}</p></Heading>
      <Parts of="privacy" parts={Object.keys(PARTS)} here={here} />
      <Part key={here} />
    </>
  );
}
