// What part of the run is shown: rows of its clock, the same for all charts, and their times.

class Clock {
  constructor(pack) {
    this.times = pack.column("clock");
    this.step = pack.facts.clock_step;
    this.rows = pack.facts.rows;
    this.isOpen = pack.facts.labels === "open";
    const spans = [];
    for (let i = 1; i < Math.min(this.times.length, 500); i++) spans.push((this.times[i] - this.times[i - 1]) / this.step);
    spans.sort((a, b) => a - b);
    this.bar = spans.length ? spans[spans.length >> 1] : 86400e3; // how long a bar is, as a rule, in milliseconds
  }
  time(row) {
    const at = Math.max(0, Math.min(row / this.step, this.times.length - 1));
    const k = Math.floor(at), rest = at - k;
    const next = k + 1 < this.times.length ? this.times[k + 1] : this.times[k] + this.step * this.bar;
    return this.times[k] + rest * (next - this.times[k]);
  }
  row(time) {
    let low = 0, high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= time) low = middle; else high = middle - 1;
    }
    const next = low + 1 < this.times.length ? this.times[low + 1] : this.times[low] + this.step * this.bar;
    return (low + Math.max(0, Math.min(1, (time - this.times[low]) / (next - this.times[low] || 1)))) * this.step;
  }
  text(row) {
    const text = new Date(this.time(Math.max(0, Math.min(this.rows - 1, Math.round(row))))).toISOString();
    return this.bar >= 86400e3 ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, this.bar < 60e3 ? 19 : 16)}`;
  }
  length(rows) {
    const seconds = (rows * this.bar) / 1000;
    for (const [name, size] of [["d", 86400], ["h", 3600], ["min", 60]]) if (seconds >= size) return `${+(seconds / size).toFixed(1)} ${name}`;
    return `${+seconds.toFixed(1)} s`;
  }
  // Rows at which a year, month, day, hour or minute begins, with names, about `most` of them.
  ticks(from, to, most) {
    const first = this.time(from), last = this.time(to), span = (last - first) / Math.max(most, 1);
    const minute = 60e3, hour = 60 * minute, day = 24 * hour;
    const steps = [minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day];
    const step = steps.find((one) => one >= span);
    const found = [];
    if (step) {
      for (let at = Math.ceil(first / step) * step; at <= last; at += step) found.push([at, clockName(at, step >= day)]);
    } else {
      const months = [1, 2, 3, 6, 12, 24, 60, 120].find((one) => one * 30.4 * day >= span) || 240;
      const start = new Date(first);
      for (let m = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months; ; m += months) {
        const at = Date.UTC(Math.floor(m / 12), m % 12, 1);
        if (at > last) break;
        if (at >= first) found.push([at, m % 12 ? MONTHS[m % 12] : String(Math.floor(m / 12))]);
      }
    }
    const out = [];
    for (const [at, name] of found) {
      const row = this.row(at);
      if (!out.length || row > out[out.length - 1][0]) out.push([row, name]);
    }
    return out;
  }
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function clockName(time, isDay) {
  const date = new Date(time);
  if (isDay || (!date.getUTCHours() && !date.getUTCMinutes())) return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  return date.toISOString().slice(11, 16);
}

class View {
  constructor(rows) {
    this.rows = rows;
    this.from = -0.5;
    this.to = Math.max(rows - 0.5, 0.5);
    this.listeners = [];
  }
  onChange(listener) { this.listeners.push(listener); }
  set(from, to) {
    const least = Math.min(12, this.rows), most = this.rows;
    let span = Math.max(least, Math.min(most, to - from));
    let start = (from + to - span) / 2;
    start = Math.max(-0.5, Math.min(start, this.rows - 0.5 - span));
    if (start === this.from && start + span === this.to) return;
    [this.from, this.to] = [start, start + span];
    if (!this.pending) this.pending = requestAnimationFrame(() => { this.pending = 0; for (const listener of this.listeners) listener(); });
  }
  all() { this.set(-0.5, this.rows - 0.5); }
  zoom(factor, at = (this.from + this.to) / 2) {
    this.set(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }
  pan(part) {
    const span = this.to - this.from, start = Math.max(-0.5, Math.min(this.from + part * span, this.rows - 0.5 - span));
    this.set(start, start + span);
  }
}

// A line in buckets of `step` rows: lowest, highest, last. `seen` gives what of it lies in a view, in `most` points at most.
class Line {
  constructor(pack, name, step) {
    this.last = pack.column(name);
    this.low = pack.column(name + ".low") || this.last;
    this.high = pack.column(name + ".high") || this.last;
    this.step = step;
  }
  seen(from, to, most) {
    const first = Math.max(Math.floor(from / this.step), 0), end = Math.min(Math.ceil((to + 1) / this.step), this.last.length);
    const group = Math.max(1, Math.ceil((end - first) / most));
    const rows = [], low = [], high = [], last = [];
    for (let k = first - (first % group); k < end; k += group) {
      let bottom = Infinity, top = -Infinity, value = NaN;
      const stop = Math.min(k + group, this.last.length);
      for (let i = k; i < stop; i++) {
        if (this.low[i] < bottom) bottom = this.low[i];
        if (this.high[i] > top) top = this.high[i];
        if (this.last[i] === this.last[i]) value = this.last[i];
      }
      rows.push(Math.min(stop * this.step, Infinity) - 1);
      low.push(bottom); high.push(top); last.push(value);
    }
    return { rows, low, high, last, step: group * this.step };
  }
}
