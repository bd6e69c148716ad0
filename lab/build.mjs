// Builds the page: src/, its libraries, the packed weights and the style become one file that needs
// no other. `node build.mjs` writes lab.html; another name may stand behind it.
import { build } from "esbuild";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateSync, inflateSync } from "node:zlib";
import { fromLetters, toLetters } from "./src/letters.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? `${here}lab.html`;
const before = existsSync(`${here}lab.html`) ? readFileSync(`${here}lab.html`, "utf8") : "";
const PACKED = ["mnist_wgan", "fashion_gan", "dcgan", "binarized_gan", "bilinear_gan", "mnist", "fashion_mnist"];

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: ["src/main.js"],
  bundle: true,
  format: "iife",
  platform: "browser",
  target: "es2022",
  minify: true,
  legalComments: "inline",
  loader: { ".css": "text", ".txt": "text" },
  write: false,
});
// Inside a script element only this end tag must not stand.
const script = outputFiles[0].text.replaceAll("</script", "<\\/script");
const style = readFileSync(`${here}src/style.css`, "utf8");
const wasm = "tfjs-backend-wasm-simd.wasm";
const library = readFileSync(`${here}node_modules/@tensorflow/tfjs-backend-wasm/dist/${wasm}`);
const packed = [[wasm, deflated(wasm, library)], ...PACKED.map((name) => [`${name}.bin`, ofPack(`${name}.bin`)])];
const page = readFileSync(`${here}src/page.html`, "utf8")
  .replace("/* style */", () => style)
  .replace("<!-- packed -->", () => packed.map(asScript).join("\n"))
  .replace("/* script */", () => script);
writeFileSync(out, page);
console.log(`${out}: ${(Buffer.byteLength(page) / 1e6).toFixed(2)} MB`);

function asScript([id, letters]) {
  return `<script type="text/plain" id="${id}">${letters}</script>`;
}

/** What the page has so far of a packed file, or undefined. */
function inPage(id) {
  const start = before.indexOf(asScript([id, ""]).replace("</script>", ""));
  if (start < 0) return undefined;
  const letters = before.indexOf(">", start) + 1;
  return before.slice(letters, before.indexOf("<", letters));
}

/** What pack.py has written, or where it has not been called, what the page has. */
function ofPack(file) {
  const path = `${here}build/${file}`;
  const found = existsSync(path) ? toLetters(readFileSync(path)) : inPage(file);
  if (!found) throw new Error(`neither ${path} nor lab.html has ${file}; call python -m lab.pack`);
  return found;
}

/** A library's file, deflated; as the page has it where it is the same: other machines deflate otherwise. */
function deflated(id, content) {
  const found = inPage(id);
  if (found && inflateSync(fromLetters(found)).equals(content)) return found;
  return toLetters(deflateSync(content, { level: 9 }));
}
