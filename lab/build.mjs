// Builds the page: src/, its libraries, the packed weights and the style become one file that needs
// no other. `node build.mjs` writes lab.html; another name may stand behind it.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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
  loader: { ".css": "text", ".bin": "base64", ".wasm": "base64", ".txt": "text" },
  write: false,
});
// Inside a script element only this end tag must not stand.
const script = outputFiles[0].text.replaceAll("</script", "<\\/script");
const style = readFileSync(`${here}src/style.css`, "utf8");
const page = readFileSync(`${here}src/page.html`, "utf8")
  .replace("/* style */", () => style)
  .replace("/* script */", () => script);
writeFileSync(out, page);
console.log(`${out}: ${(page.length / 1e6).toFixed(2)} MB`);
