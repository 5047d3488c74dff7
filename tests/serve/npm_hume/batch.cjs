// batch.cjs: the public hume package's batch against another address, which it takes by itself. In: one line of JSON
// {base, key, files, texts}; out: a line each of the job of the files, their predictions, the texts' predictions, the list.
const { createReadStream, readFileSync } = require("node:fs");
const { HumeClient } = require("hume");

const asked = JSON.parse(readFileSync(0, "utf8"));
const say = (answer) => console.log(JSON.stringify(answer));

(async () => {
  const { batch } = new HumeClient({ apiKey: asked.key, environment: asked.base }).expressionMeasurement;
  const complete = async (id) => {
    for (let i = 0; i < 400; i++) {
      const job = await batch.getJobDetails(id);
      if (["COMPLETED", "FAILED"].includes(job.state.status)) return job;
      await new Promise((go) => setTimeout(go, 50));
    }
    throw new Error("it does not end");
  };
  const files = await batch.startInferenceJobFromLocalFile(asked.files.map((file) => createReadStream(file)), { json: { models: { prosody: {}, face: {} } } });
  say(await complete(files.jobId));
  say(await batch.getJobPredictions(files.jobId));
  const texts = await batch.startInferenceJob({ models: { language: { granularity: "utterance" } }, text: asked.texts });
  await complete(texts.jobId);
  say(await batch.getJobPredictions(texts.jobId));
  say(await batch.listJobs({ limit: 5, status: ["COMPLETED", "FAILED"], direction: "asc" }));
})().catch((wrong) => {
  console.error(String(wrong), JSON.stringify(wrong.body ?? ""));
  process.exit(1);
});
