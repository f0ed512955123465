// Unpacks what page/codec.py packs: columns of whole numbers, differences, bytes by rank, gzip, base64.

async function unpack(id) {
  const node = document.getElementById(id);
  if (!node) return null;
  const text = atob(node.textContent.trim());
  const zipped = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) zipped[i] = text.charCodeAt(i);
  node.textContent = ""; // the text is not needed again, and is large
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const raw = {};
  let at = 4 + length;
  for (const [name, count, width, order, scale] of head.columns) {
    raw[name] = { values: wholeNumbers(bytes, at, count, width, order), scale };
    at += count * width;
  }
  return { facts: head.facts, raw, column: (name) => scaled(raw, name) };
}

function wholeNumbers(bytes, at, count, width, order) {
  const out = new Float64Array(count);
  // The lowest bit is the sign.
  if (width <= 4) {
    for (let i = 0; i < count; i++) {
      let folded = 0;
      for (let plane = width - 1, place = at + plane * count + i; plane >= 0; plane--, place -= count) folded = (folded << 8) | bytes[place];
      out[i] = (folded >>> 1) ^ -(folded & 1);
    }
  } else {
    // More than 32 bits, so that bit operations don't reach.
    for (let plane = width - 1; plane >= 0; plane--) {
      const base = at + plane * count;
      for (let i = 0; i < count; i++) out[i] = out[i] * 256 + bytes[base + i];
    }
    for (let i = 0; i < count; i++) out[i] = out[i] % 2 ? -(out[i] + 1) / 2 : out[i] / 2;
  }
  for (let k = 0; k < order; k++) for (let i = 1; i < count; i++) out[i] += out[i - 1];
  return out;
}

// A column in its unit, NaN in its gaps; null if it is not there.
function scaled(raw, name) {
  const found = raw[name];
  if (!found) return null;
  const { values, scale } = found, out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] / scale;
  const gaps = raw[name + "!"];
  if (gaps) for (let i = 0; i < gaps.values.length; i += 2) out.fill(NaN, gaps.values[i], gaps.values[i + 1]);
  return out;
}
