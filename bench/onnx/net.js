// net.js: a network of one input in ONNX Runtime, one thread.
//
//     node net.js MODEL.onnx INPUT.f32 DIMS RUNS
//
// INPUT: little-endian float32; DIMS: its shape, "400,72". Prints one line of JSON: the processor microseconds
// a run (of RUNS, after ten that are not counted), the version and the logits.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";

const [model, input, dims, runs] = process.argv.slice(2);
if (!runs) {
  console.error("usage: node net.js MODEL.onnx INPUT.f32 DIMS RUNS");
  process.exit(2);
}
const bytes = readFileSync(input);
const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const given = { x: new ort.Tensor("float32", values, dims.split(",").map(Number)) };
const session = await ort.InferenceSession.create(model, {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
});
let logits;
for (let k = 0; k < 10; k++) logits = (await session.run(given)).logits.data;
const cpu = process.cpuUsage();
for (let k = 0; k < Number(runs); k++) await session.run(given);
const used = process.cpuUsage(cpu);
console.log(JSON.stringify({
  processor: +((used.user + used.system) / Number(runs)).toFixed(3),
  version: ort.env.versions.node ?? ort.env.versions.common,
  logits: Array.from(logits, (v) => +v.toFixed(6)),
}));
