// Images in rows and columns, on a canvas and as PNG files.

const SIDE = 28;

/**
 * Draw grey levels (N * 784) on a canvas, so many in a row, each pixel once; the style enlarges them.
 * Between two images is a gap of so many pixels, which are see-through.
 */
export function draw(canvas, levels, columns = 1, gap = 0) {
  const count = levels.length / (SIDE * SIDE);
  const step = SIDE + gap;
  canvas.width = Math.min(columns, count) * step - gap;
  canvas.height = Math.ceil(count / columns) * step - gap;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (let k = 0; k < count; k++) {
    const data = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) {
      data.data.fill(levels[k * SIDE * SIDE + i], 4 * i, 4 * i + 3);
      data.data[4 * i + 3] = 255;
    }
    context.putImageData(data, (k % columns) * step, Math.floor(k / columns) * step);
  }
}

/** Save what a canvas shows as a PNG file, its pixels so many times as large. */
export function save(canvas, name, enlarge) {
  const larger = document.createElement("canvas");
  [larger.width, larger.height] = [canvas.width * enlarge, canvas.height * enlarge];
  const context = larger.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, larger.width, larger.height);
  larger.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
