// Reads one call a line, {"headers","body","secret","public_key"}, as it came; says whether the public packages take it.
// v1a (Ed25519), which standardwebhooks does not know, is verified by Node's own crypto.
import { createPublicKey, verify } from "node:crypto";
import { createInterface } from "node:readline";
import { HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";

const taken = (what) => { try { what(); return true; } catch { return false; } };

function ed25519(publicKey, headers, body) {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey.slice(5), "base64").toString("base64url") }, format: "jwk" });
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  return headers["webhook-signature"].split(" ").some((one) => one.startsWith("v1a,") && verify(null, signed, key, Buffer.from(one.slice(4), "base64")));
}

for await (const line of createInterface({ input: process.stdin })) {
  const { headers: sent, body, secret, public_key } = JSON.parse(line);
  const headers = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]));
  const answer = {};
  if (secret) {
    const webhook = new Webhook(secret);
    answer.signed = taken(() => webhook.verify(body, headers));
    answer.changed = taken(() => webhook.verify(body.replace("customer", "someone"), headers));
    answer.old = taken(() => webhook.verify(body, { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) - 3600) }));
  } else {
    answer.signed = ed25519(public_key, headers, body);
    answer.changed = ed25519(public_key, headers, body + " ");
  }
  const event = HTTP.toEvent({ headers, body });
  event.validate();
  answer.event = { id: event.id, source: event.source, type: event.type, subject: event.subject, time: event.time, data: event.data };
  console.log(JSON.stringify(answer));
}
