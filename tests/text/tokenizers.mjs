// tokenizers.mjs: are our token numbers those of the tokenizers library? By hand, not in ./check:
//
//     npm install --ignore-scripts @anush008/tokenizers       (the library, built for Node)
//     mien model import FOLDER --out FILE.mien
//     build/tests/text/test_text_import --tokens FILE.mien <TEXTS >OURS
//     node tests/text/tokenizers.mjs FOLDER/tokenizer.json TEXTS OURS
//
// TEXTS has a text a line. Prints the lines that differ, and how many; exit 1 if any does.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Tokenizer } = createRequire(process.cwd() + "/")("@anush008/tokenizers");
const [file, texts, ours] = process.argv.slice(2);
const tokenizer = Tokenizer.fromFile(file);
const lines = (path) => readFileSync(path, "utf8").split("\n").slice(0, -1);
const read = lines(ours);
let different = 0;
for (const [i, text] of lines(texts).entries()) {
  let ids = (await tokenizer.encode(text)).getIds();
  if (ids.length > 512) ids = [...ids.slice(0, 511), ids.at(-1)];
  if (ids.join(" ") === read[i]) continue;
  different++;
  console.log(`${i + 1}: ${text}\n  theirs ${ids.join(" ")}\n  ours   ${read[i]}`);
}
console.log(`${read.length} texts, ${different} differ`);
process.exit(different ? 1 : 0);
