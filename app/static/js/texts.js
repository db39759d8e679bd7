// The sentences of a page stand in the page: <template id="texts"> holds <span data-text="key">Words with {holes}</span>.

const rules = new Intl.PluralRules("en-GB");

// fill("Opened {when}", { when: "5 Apr" }) -> "Opened 5 Apr"; a hole without a value stays as it is.
export function fill(words, values = {}) {
  return words.replace(/\{(\w+)\}/g, (hole, name) => (values[name] === undefined ? hole : String(values[name])));
}

// texts: Map of key to words. -> say(key, values): the words; say(key, { count }) picks "key.one" or "key.other".
export function sayFrom(texts) {
  return (key, values = {}) => {
    const counted = values.count === undefined ? undefined : texts.get(`${key}.${rules.select(values.count)}`);
    const words = counted ?? texts.get(key);
    if (words === undefined) throw new Error(`no text ${key}`);
    return fill(words, values);
  };
}

export function textsOf(template) {
  const entries = [...template.content.querySelectorAll("[data-text]")].map((node) => [node.dataset.text, node.textContent.replace(/\s+/g, " ").trim()]);
  return new Map(entries);
}
