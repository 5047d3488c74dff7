// drive.cjs: the public hume package against another address. Its address of the stream is fixed, so that the one thing
// that is changed is where its WebSocket goes. In: one line of JSON; out: an answer a line.
const { createReadStream } = require("node:fs");
const Module = require("node:module");

const asked = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const load = Module._load;
Module._load = function (name, ...rest) {
  const found = load.call(this, name, ...rest);
  if (name !== "ws") return found;
  class Elsewhere extends found {
    constructor(address, ...more) {
      super(String(address).replace("wss://api.hume.ai", asked.base), ...more);
    }
  }
  return Object.assign(Elsewhere, { default: Elsewhere });
};

const { HumeClient } = require("hume");

(async () => {
  const client = new HumeClient({ apiKey: asked.key });
  const socket = client.expressionMeasurement.stream.connect({ config: { language: {} } });
  await new Promise((open, fail) => {
    socket.websocket.addEventListener("open", open);
    socket.websocket.addEventListener("error", (event) => fail(new Error(event.message)));
  });
  const say = (answer) => console.log(JSON.stringify(answer));
  for (const text of asked.texts) say(await socket.sendText({ text, config: { language: {} } }));
  for (const { file, models } of asked.files) say(await socket.sendFile({ file: createReadStream(file), config: models }));
  socket.close();
})().catch((wrong) => {
  console.error(String(wrong));
  process.exit(1);
});
