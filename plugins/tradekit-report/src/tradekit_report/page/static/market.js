// The price of one instrument: bars at the finest resolution that the view and the file allow, indicators, orders and fills.

class MarketData {
  constructor(pack) {
    const { facts } = pack;
    Object.assign(this, { facts, rows: facts.rows, step: facts.step, chunk: facts.chunk, lines: facts.lines });
    this.base = this.candlesOf(pack, "");
    this.fine = facts.starts.length ? this.candlesOf(pack, "fine.") : null;
    this.place = new Map(facts.starts.map((start, k) => [start, k * this.chunk]));
    const list = (name) => pack.column(name) || new Float64Array(0);
    this.fills = { row: list("fill.row"), price: list("fill.price"), quantity: list("fill.quantity") };
    this.orders = { row: list("order.row"), span: list("order.span"), price: list("order.price"), isStop: list("order.stop") };
  }
  candlesOf(pack, prefix) {
    const raw = (name) => pack.raw[prefix + name].values, scale = pack.raw[prefix + "close"].scale;
    const closes = raw("close"), opens = raw("open"), ups = raw("up"), downs = raw("down"), count = closes.length;
    const close = pack.column(prefix + "close"), open = new Float64Array(count), high = new Float64Array(count), low = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      if (!(close[i] === close[i])) { open[i] = high[i] = low[i] = NaN; continue; }
      const first = (i ? closes[i - 1] : closes[0]) + opens[i];
      open[i] = first / scale;
      high[i] = (Math.max(first, closes[i]) + ups[i]) / scale;
      low[i] = (Math.min(first, closes[i]) - downs[i]) / scale;
    }
    const lines = this.lines.map((_, k) => {
      const last = pack.column(`${prefix}line${k}`), up = pack.column(`${prefix}line${k}.up`), down = pack.column(`${prefix}line${k}.down`);
      if (!up) return { last, high: last, low: last };
      const high = new Float64Array(last.length), low = new Float64Array(last.length);
      for (let i = 0; i < last.length; i++) { high[i] = last[i] + up[i]; low[i] = last[i] - down[i]; }
      return { last, high, low };
    });
    return { open, high, low, close, lines };
  }
  // Candles for a view: `most` at most, each of as few bars as the file has there; whether any had to be coarser than asked for.
  seen(from, to, most) {
    const wanted = (to - from) / most;
    // Stretches begin at powers of 2, so where there are any, so do candles.
    const sizes = this.step === 1 ? [1, 1.5] : [1];
    let group = Infinity;
    for (const size of sizes) { let tried = size; while (tried < wanted || tried % 1) tried *= 2; group = Math.min(group, tried); }
    const out = { row: [], span: [], open: [], high: [], low: [], close: [], lines: this.lines.map(() => ({ rows: [], low: [], high: [], last: [] })), group, coarsest: group };
    const chunk = this.step === 1 ? this.rows : this.chunk;
    const first = Math.max(0, Math.floor(from / chunk) * chunk), end = Math.min(this.rows, Math.ceil(to) + 1);
    for (let start = first; start < end; start += chunk) {
      const stop = Math.min(start + chunk, this.rows);
      const isFine = group < this.step && this.place.has(start);
      const [data, size, offset] = isFine ? [this.fine, 1, this.place.get(start)] : [this.base, this.step, start / this.step];
      const take = Math.max(1, group / size);
      if (take * size > group) out.coarsest = Math.max(out.coarsest, take * size);
      const count = Math.ceil((stop - start) / size);
      for (let k = Math.max(0, Math.floor((from - start) / size / take) * take); k < count; k += take) {
        const row = start + k * size, after = Math.min(row + take * size, stop);
        if (after <= from || row > to + 1) continue;
        this.add(out, data, offset + k, offset + Math.min(k + take, count), row, after);
      }
    }
    return out;
  }
  add(out, data, a, b, row, after) {
    let open = NaN, high = -Infinity, low = Infinity, close = NaN;
    for (let i = a; i < b; i++) {
      if (!(data.close[i] === data.close[i])) continue;
      if (open !== open) open = data.open[i];
      if (data.high[i] > high) high = data.high[i];
      if (data.low[i] < low) low = data.low[i];
      close = data.close[i];
    }
    out.row.push(row); out.span.push(after - row); out.open.push(open); out.high.push(high); out.low.push(low); out.close.push(close);
    data.lines.forEach((values, k) => {
      let bottom = Infinity, top = -Infinity, last = NaN;
      for (let i = a; i < b; i++) {
        if (values.low[i] < bottom) bottom = values.low[i];
        if (values.high[i] > top) top = values.high[i];
        if (values.last[i] === values.last[i]) last = values.last[i];
      }
      const line = out.lines[k];
      line.rows.push(after - 1); line.low.push(bottom); line.high.push(top); line.last.push(last);
    });
  }
}

const LINE_INKS = ["line-a", "line-b", "line-c", "line-d"];

function marketPanes(root, note, data, clock, view, facts, marked, hidden) {
  const cache = { key: "", value: null };
  const most = () => Math.max(60, Math.floor((root.clientWidth - 82) / 3.4));
  const seen = () => {
    const key = `${view.from}|${view.to}|${most()}`;
    if (cache.key !== key) { cache.key = key; cache.value = data.seen(view.from, view.to, most()); tellResolution(note, cache.value, data, clock, view); }
    return cache.value;
  };
  const price = (value) => (value === value && Number.isFinite(value) ? value.toLocaleString("en", { minimumFractionDigits: Math.min(data.facts.decimals, 2), maximumFractionDigits: data.facts.decimals }) : "–");
  const color = (k) => ink[LINE_INKS[k % 4]];
  const lines = data.lines.map((one, k) => ({ ...one, k })).filter((one) => !hidden.has(one.name));
  const over = lines.filter((one) => one.pane === "price"), own = lines.filter((one) => one.pane !== "price");
  const near = (row) => {
    const found = seen();
    let low = 0, high = found.row.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (found.row[middle] <= row) low = middle; else high = middle - 1; }
    return low;
  };
  const value = (k, i) => (i < 0 ? NaN : seen().lines[k].last[i]);
  new Pane(root, clock, view, {
    height: 380, format: (one) => facts.tick(one), isLast: !own.length,
    range: () => priceRange(seen(), over),
    paint: (ctx, u) => { paintTrade(ctx, u, marked()); paintOrders(ctx, u, data.orders, view); paintCandles(ctx, u, seen(), data); over.forEach((one) => paintBand(ctx, u, seen(), one.k, color(one.k))); paintFills(ctx, u, data.fills, view); },
    read: (row) => {
      const i = row == null ? seen().row.length - 1 : near(row), found = seen();
      if (i < 0 || i >= found.row.length) return [part("no bars")];
      const words = [part(clock.text(found.row[i]), "when")];
      for (const name of ["open", "high", "low", "close"]) words.push(part(name[0].toUpperCase(), "dim"), part(price(found[name][i])));
      for (const one of over) words.push(part(one.name, `key ${LINE_INKS[one.k % 4]}`), part(price(value(one.k, i))));
      return words;
    },
  });
  own.forEach((one, order) => new Pane(root, clock, view, {
    height: 92, isLast: order === own.length - 1, format: (tick) => facts.tick(tick),
    range: () => { const line = seen().lines[one.k]; return spread(line.low, line.high); },
    paint: (ctx, u) => paintBand(ctx, u, seen(), one.k, color(one.k)),
    read: (row) => { const i = row == null ? seen().row.length - 1 : near(row), found = value(one.k, i); return [part(one.name, `key ${LINE_INKS[one.k % 4]}`), part(found === found ? facts.tick(found) : "–")]; },
  }));
}

function spread(lows, highs) {
  let low = Infinity, high = -Infinity;
  for (const one of lows) if (one < low) low = one;
  for (const one of highs) if (one > high) high = one;
  if (!(low <= high)) return [0, 1];
  const gap = (high - low) * 0.07 || Math.abs(high) * 0.01 || 1;
  return [low - gap, high + gap];
}

function priceRange(found, over) {
  const [low, high] = spread([...found.low, ...over.flatMap((one) => found.lines[one.k].low)], [...found.high, ...over.flatMap((one) => found.lines[one.k].high)]);
  return [low, high];
}

function tellResolution(note, found, data, clock, view) {
  const bars = (count) => (count === 1 ? `one bar (${clock.length(1)})` : `${count.toLocaleString("en")} bars (${clock.length(count)}), first, highest, lowest and last price kept`);
  let text = `One candle is ${bars(found.group)}.`;
  if (found.coarsest > found.group) text = found.row.length && found.span.every((one) => one > found.group) || !data.fine
    ? `One candle is ${bars(found.coarsest)}: what is finer did not fit into this file.`
    : `One candle is ${bars(found.group)}; where they are wider, ${bars(found.coarsest)}: what is finer did not fit into this file there.`;
  if (note.textContent !== text) note.textContent = text;
  note.classList.toggle("warn", found.coarsest > found.group);
}

function paintCandles(ctx, u, found) {
  const scale = devicePixelRatio, one = X(u, 1) - X(u, 0);
  for (const isUp of [true, false]) {
    ctx.fillStyle = isUp ? ink.gain : ink.loss;
    for (let i = 0; i < found.row.length; i++) {
      const { open, high, low, close } = found;
      if (!(close[i] === close[i]) || (close[i] >= open[i]) !== isUp) continue;
      const middle = X(u, found.row[i] + (found.span[i] - 1) / 2), room = one * found.span[i];
      const body = Math.max(scale, Math.min(Math.round(room * 0.66), 18 * scale)), wick = Math.max(1, Math.round(Math.min(scale, body / 3)));
      const top = Y(u, high[i]), foot = Y(u, low[i]), a = Y(u, Math.max(open[i], close[i])), b = Y(u, Math.min(open[i], close[i]));
      ctx.fillRect(Math.round(middle - wick / 2), top, wick, Math.max(foot - top, 1));
      ctx.fillRect(Math.round(middle - body / 2), a, body, Math.max(b - a, scale));
    }
  }
}

function paintBand(ctx, u, found, k, color) {
  // The line goes through the last value of each candle's bars; what is between their lowest and highest is shaded.
  const values = found.lines[k], points = [], half = Math.max(X(u, 1) - X(u, 0), 0) / 2;
  ctx.fillStyle = color;
  ctx.globalAlpha = 0.16;
  for (let i = 0; i < values.rows.length; i++) {
    const x = X(u, found.row[i] + (found.span[i] - 1) / 2);
    points.push([x, Y(u, values.last[i])]);
    if (found.span[i] > 1 && values.high[i] > values.low[i]) {
      const top = Y(u, values.high[i]);
      ctx.fillRect(x - half * found.span[i], top, 2 * half * found.span[i], Math.max(Y(u, values.low[i]) - top, 1));
    }
  }
  ctx.globalAlpha = 1;
  line(ctx, color, (found.group > 1 ? 1.1 : 1.5) * devicePixelRatio, points);
}

function firstFrom(rows, from) {
  let low = 0, high = rows.length;
  while (low < high) { const middle = (low + high) >> 1; if (rows[middle] < from) low = middle + 1; else high = middle; }
  return low;
}

function paintFills(ctx, u, fills, view) {
  const first = firstFrom(fills.row, view.from - 1), end = firstFrom(fills.row, view.to + 1), count = end - first;
  const size = (count > 600 ? 2.2 : count > 150 ? 3.4 : 5) * devicePixelRatio;
  for (let i = first; i < end; i++) {
    const x = X(u, fills.row[i]), y = Y(u, fills.price[i]), isBuy = fills.quantity[i] > 0, way = isBuy ? 1 : -1;
    ctx.beginPath();
    ctx.moveTo(x, y + way * size * 0.4);
    ctx.lineTo(x - size, y + way * size * 2.2);
    ctx.lineTo(x + size, y + way * size * 2.2);
    ctx.closePath();
    ctx.fillStyle = isBuy ? ink.main : ink.mark;
    ctx.fill();
    if (count <= 600) { ctx.lineWidth = devicePixelRatio; ctx.strokeStyle = ink.paper; ctx.stroke(); }
  }
}

function paintOrders(ctx, u, orders, view) {
  const scale = devicePixelRatio;
  if (orders.row.length > 20000) return;
  for (let i = 0; i < orders.row.length; i++) {
    const from = orders.row[i], to = from + orders.span[i];
    if (to < view.from || from > view.to) continue;
    const y = Y(u, orders.price[i]), left = X(u, from), right = Math.max(X(u, to), left + 2 * scale);
    line(ctx, orders.isStop[i] ? ink.mark : ink.main, 1.2 * scale, [[left, y], [right, y]], orders.isStop[i] ? [6 * scale, 3 * scale] : [2 * scale, 2 * scale]);
  }
}

function paintTrade(ctx, u, trade) {
  if (!trade) return;
  const left = X(u, trade.from - 0.5), right = X(u, trade.to + 0.5);
  ctx.globalAlpha = 0.1;
  ctx.fillStyle = trade.isWin ? ink.gain : ink.loss;
  ctx.fillRect(left, u.bbox.top, Math.max(right - left, 2), u.bbox.height);
  ctx.globalAlpha = 1;
  line(ctx, trade.isWin ? ink.gain : ink.loss, 1.6 * devicePixelRatio, [[X(u, trade.from), Y(u, trade.entry)], [X(u, trade.to), Y(u, trade.exit)]], [4 * devicePixelRatio, 3 * devicePixelRatio]);
}
