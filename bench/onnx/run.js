// run.js: a deep text model in ONNX Runtime, one thread, on texts that were cut into ids before.
//
//     node run.js MODEL.onnx IDS [--batch N] [--repeats N] [--heads FILE]
//
// IDS: a text a line, as `mien features text --subwords` prints it. Texts of one length go together, N (32)
// at most, so that nothing is padded; what a text has beyond 256 ids is left out. Prints one line of
// JSON: texts, the processor microseconds and the clock's a text (the best of the repeats, loading and
// the first batch of each length not counted), and the version. --heads: every text's heads, a line
// each, before their functions; an empty line for a text without ids.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";

const LONGEST = 256;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: "string", default: "32" },
    repeats: { type: "string", default: "3" },
    heads: { type: "string" },
    profile: { type: "boolean", default: false },
  },
});
if (positionals.length !== 2) {
  console.error("usage: node run.js MODEL.onnx IDS [--batch N] [--repeats N] [--heads FILE]");
  process.exit(2);
}
const [modelPath, idsPath] = positionals;

const lines = readFileSync(idsPath, "utf8").split("\n");
if (lines.at(-1) === "") lines.pop();
const byLength = new Map();
lines.forEach((line, text) => {
  if (!line) return;
  const pieces = line.split(" ").slice(0, LONGEST).map((piece) => piece.split("\u001f").map(Number));
  const same = byLength.get(pieces.length) ?? [];
  byLength.set(pieces.length, same);
  same.push({ text, pieces });
});

// Time first: piece t of text b stands at t * B + b.
const batches = [];
const most = Number(options.batch);
for (const [T, texts] of [...byLength].sort((a, b) => a[0] - b[0])) {
  const count = Math.ceil(texts.length / most);
  for (let k = 0; k < count; k++) {
    const some = texts.slice(Math.floor((k * texts.length) / count), Math.floor(((k + 1) * texts.length) / count));
    const B = some.length;
    const ids = new Int32Array(T * B), marks = new Int32Array(T * B);
    some.forEach(({ pieces }, b) =>
      pieces.forEach(([id, mark], t) => {
        ids[t * B + b] = id;
        marks[t * B + b] = mark ?? 0;
      }));
    batches.push({
      texts: some.map(({ text }) => text),
      given: { ids: new ort.Tensor("int32", ids, [T, B]), marks: new ort.Tensor("int32", marks, [T, B]) },
    });
  }
}

const session = await ort.InferenceSession.create(modelPath, {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  enableProfiling: options.profile,
  profileFilePrefix: "onnx-profile",
});

const heads = new Array(lines.length).fill("");
for (const { texts, given } of batches) {
  const { data, dims } = (await session.run(given)).heads;
  texts.forEach((text, b) => {
    heads[text] = Array.from(data.subarray(b * dims[1], (b + 1) * dims[1]), (v) => v.toFixed(6)).join(" ");
  });
}
if (options.heads) writeFileSync(options.heads, heads.join("\n") + "\n");

let processor = Infinity, clock = Infinity;
for (let k = 0; k < Number(options.repeats); k++) {
  const cpu = process.cpuUsage(), start = performance.now();
  for (const { given } of batches) await session.run(given);
  const used = process.cpuUsage(cpu);
  processor = Math.min(processor, used.user + used.system);
  clock = Math.min(clock, (performance.now() - start) * 1000);
}
if (options.profile) session.endProfiling();
const texts = batches.reduce((sum, { texts }) => sum + texts.length, 0);
console.log(JSON.stringify({
  texts,
  processor: +(processor / texts).toFixed(3),
  clock: +(clock / texts).toFixed(3),
  version: ort.env.versions.node ?? ort.env.versions.common,
}));
