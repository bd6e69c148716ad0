import { t } from "./texts.js";

export const defaults = {};

export async function open(root, _state) {
  root.append(t.follow.soon);
}

export function close() {}
