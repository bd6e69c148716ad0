// Builds the page: src/, its libraries, the packed weights and the style become one file that needs
// no other. `node build.mjs` writes lab.html; another name may stand behind it.
import { build } from "esbuild";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? `${here}lab.html`;

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
const libraries = `${here}node_modules/@tensorflow/tfjs-backend-wasm/dist/`;
const packed = [
  [wasm, deflateSync(readFileSync(libraries + wasm), { level: 9 })],
  ...readdirSync(`${here}build`)
    .filter((file) => file.endsWith(".bin"))
    .sort()
    .map((file) => [file, readFileSync(`${here}build/${file}`)]),
].map(([file, bytes]) => `<script type="text/plain" id="${file}">${asText(bytes)}</script>`);
const page = readFileSync(`${here}src/page.html`, "utf8")
  .replace("/* style */", () => style)
  .replace("<!-- packed -->", () => packed.join("\n"))
  .replace("/* script */", () => script);
writeFileSync(out, page);
console.log(`${out}: ${(Buffer.byteLength(page) / 1e6).toFixed(2)} MB`);

/**
 * Bytes as text, seven bits a letter: a seventh more in UTF-8, where base64 takes a third more. The
 * four of the 128 letters that a page cannot hold as they are have 256 added, which takes two bytes;
 * src/packed.js looks at seven bits only. It begins with the number of bytes and a colon.
 */
function asText(bytes) {
  const letters = [];
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 7) {
      count -= 7;
      letters.push((bits >> count) & 127);
      bits &= (1 << count) - 1;
    }
  }
  if (count) letters.push((bits << (7 - count)) & 127);
  const unsafe = new Set("\0\n\r<".split("").map((letter) => letter.charCodeAt(0)));
  const text = letters.map((code) => String.fromCharCode(unsafe.has(code) ? code + 256 : code));
  return `${bytes.length}:${text.join("")}`;
}
