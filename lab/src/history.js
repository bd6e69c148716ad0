// The losses, accuracies and distances that the charts show: the whole game, thinned out.

const MOST = 400;

export class History {
  constructor() {
    Object.assign(this, { rows: [], every: 1, seen: 0 });
  }

  /** Keep a row, or, once there were many, each second, fourth ... one. */
  add(row) {
    if (this.seen++ % this.every) return;
    this.rows.push(row);
    if (this.rows.length === MOST) {
      this.rows = this.rows.filter((_, i) => i % 2 === 0);
      this.every *= 2;
    }
  }

  /** The values of one column, NaN where a row has none. */
  column(name) {
    return this.rows.map((row) => row[name] ?? NaN);
  }
}
