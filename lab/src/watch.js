export const defaults = {};

export async function open(root, _state) {
  root.append("The game.");
}

export function close() {}
