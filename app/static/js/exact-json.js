// JSON in which every number stays the text it was written as: 0.80 mmol/L must not turn into 0.8.

export function readJson(text) {
  const out = [];
  let from = 0;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === 34) { at = endOfString(text, at); continue; }
    if (code === 45 || (code >= 48 && code <= 57)) {
      const end = endOfNumber(text, at);
      out.push(text.slice(from, at), '"', text.slice(at, end), '"');
      from = at = end;
      continue;
    }
    at += 1;
  }
  out.push(text.slice(from));
  return JSON.parse(out.join(""));
}

function endOfString(text, start) {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  throw new SyntaxError("unfinished string");
}

function endOfNumber(text, start) {
  let end = start + 1;
  while (end < text.length && "0123456789.eE+-".includes(text[end])) end += 1;
  JSON.parse(text.slice(start, end)); // Refuses what is no JSON number, such as 01 or 1.2.3.
  return end;
}
