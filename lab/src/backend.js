// TensorFlow.js, with the backend that is fastest for small networks: WebAssembly. Where a browser
// has none, plain JavaScript computes the same.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { bytesOf } from "./packed.js";

let started;

/** Start the backend; every tab that computes awaits it first. Resolves to its name. */
export function startBackend(name) {
  started ??= start(name);
  return started;
}

async function start(name = "wasm") {
  try {
    const content = await bytesOf("tfjs-backend-wasm-simd.wasm");
    const letters = Array.from(content, (byte) => String.fromCharCode(byte)).join("");
    const data = `data:application/wasm;base64,${btoa(letters)}`;
    const names = ["", "-simd", "-threaded-simd"].map((kind) => `tfjs-backend-wasm${kind}.wasm`);
    setWasmPaths(Object.fromEntries(names.map((file) => [file, data])));
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    if (!(await tf.setBackend(name))) await tf.setBackend("cpu");
  } catch {
    await tf.setBackend("cpu");
  }
  await tf.ready();
  return tf.getBackend();
}

export { tf };
