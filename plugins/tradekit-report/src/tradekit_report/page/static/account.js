// Equity beside its benchmark, drawdown and exposure.

function accountPanes(root, pack, clock, view, facts) {
  const step = pack.facts.step;
  const has = (name) => pack.raw[name] !== undefined;
  const lines = Object.fromEntries(["equity", "benchmark", "drawdown", "gross", "net"].filter(has).map((name) => [name, new Line(pack, name, step)]));
  const most = () => Math.max(200, root.clientWidth - 82);
  const seen = (name) => lines[name].seen(view.from, view.to, most());
  const at = (name, row) => lines[name].last[Math.min(Math.floor(row / step), lines[name].last.length - 1)];
  let isLog = false;
  const extent = (names, include = []) => {
    let low = Math.min(...include), high = Math.max(...include);
    for (const name of names) {
      const part = seen(name);
      for (let i = 0; i < part.rows.length; i++) { if (part.low[i] < low) low = part.low[i]; if (part.high[i] > high) high = part.high[i]; }
    }
    return low <= high ? [low, high] : [0, 1];
  };
  const room = ([low, high]) => { const gap = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1; return isLog ? [low * 0.98, high * 1.02] : [low - gap, high + gap]; };
  const shown = ["equity", "benchmark"].filter((name) => lines[name]);
  const base = (row, name) => (row == null ? view.rows - 1 : row);
  const money = (value) => facts.money(value);
  const percent = (value) => facts.percent(value), share = (value) => facts.percentTick(value);
  const coarse = step > 1 ? [part(`one point = ${step} bars, extremes kept`, "coarse")] : [];
  const equity = new Pane(root, clock, view, {
    height: 280, format: (value) => facts.short(value), isLog: () => isLog,
    range: () => room(extent(shown)),
    paint: (ctx, u) => { if (lines.benchmark) paintLine(ctx, u, seen("benchmark"), ink.muted, 1.3); paintLine(ctx, u, seen("equity"), ink.main, 2); },
    read: (row) => [part(clock.text(base(row)), "when"), part("equity", "key main"), part(money(at("equity", base(row)))),
      ...(lines.benchmark ? [part("benchmark", "key muted"), part(money(at("benchmark", base(row))))] : []), ...coarse],
  });
  new Pane(root, clock, view, {
    height: 110, format: share, range: () => { const [low] = extent(["drawdown"], [0]); return [Math.min(low * 1.08, -0.0005), 0]; },
    paint: (ctx, u) => { ctx.globalAlpha = 0.3; paintArea(ctx, u, seen("drawdown"), ink.loss, true); ctx.globalAlpha = 1; paintLine(ctx, u, seen("drawdown"), ink.loss, 1.2); },
    read: (row) => [part("drawdown", "key loss"), part(percent(at("drawdown", base(row))))],
  });
  new Pane(root, clock, view, {
    height: 96, isLast: true, format: share, range: () => { const [low, high] = extent(["gross", "net"], [0]); return [low < 0 ? low * 1.1 : 0, high * 1.1 || 1]; },
    paint: (ctx, u) => { ctx.globalAlpha = 0.28; paintArea(ctx, u, seen("gross"), ink.main, false); ctx.globalAlpha = 1; paintLine(ctx, u, seen("net"), ink.main, 1.2); },
    read: (row) => [part("exposure", "key main"), part(`${percent(at("gross", base(row)))} gross, ${percent(at("net", base(row)))} net`)],
  });
  return { setLog: (value) => { isLog = value; equity.remake(); }, canLog: shown.every((name) => lines[name].low.every((value) => !(value <= 0))) };
}
