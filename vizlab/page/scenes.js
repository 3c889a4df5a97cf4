// The table of scenes: sorted, narrowed to one network and opened in the browser. No server is asked.
// `element` is the gr.HTML, `watch` tells when its text was replaced; what was chosen outlives that.
let sorted = {key: '', down: false};
let network = '';

const rowsOf = (table) => [...table.tBodies[0].rows];
const cellOf = (row, key) => row.querySelector(`[data-column="${key}"]`);
const shows = (row) => !network || !row.dataset.network || row.dataset.network === network;

/** Texts by the alphabet, numbers by size; null for what is undefined. */
const valueOf = (row, key, isText) => {
  const text = cellOf(row, key)?.dataset.value ?? '';
  if (text === '') return null;
  return isText ? text : Number(text);
};

const compare = (a, b) => (typeof a === 'string' ? a.localeCompare(b, 'en', {numeric: true}) : a - b);

/** Undefined last in either order; scenes that were not run come after all that were. */
const sort = (table) => {
  const isText = table.tHead.querySelector(`th[data-key="${sorted.key}"]`)?.dataset.text === '1';
  const place = (row) => Number(row.dataset.place);
  const valued = rowsOf(table).map((row) => ({row, value: sorted.key ? valueOf(row, sorted.key, isText) : place(row)}));
  valued.sort((a, b) => {
    const missing = ('missing' in a.row.dataset) - ('missing' in b.row.dataset);
    const undefined_ = (a.value === null) - (b.value === null);
    const order = a.value === null || b.value === null ? 0 : compare(a.value, b.value) * (sorted.down ? -1 : 1);
    return missing || undefined_ || order || place(a.row) - place(b.row);
  });
  table.tBodies[0].append(...valued.map(({row}) => row));
  table.tHead.querySelectorAll('th[data-key]').forEach((th) => {
    if (th.dataset.key === sorted.key) th.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
    else th.removeAttribute('aria-sort');
  });
};

/** Only rows of the chosen network, and only columns in which one of them has a number. */
const narrow = (table) => {
  const all = [...table.tBodies[0].rows, ...(table.tFoot?.rows ?? [])];
  all.forEach((row) => { row.hidden = !shows(row); });
  const seen = all.filter((row) => !row.hidden && row.dataset.network);
  table.tHead.querySelectorAll('th[data-key]').forEach((th) => {
    const filled = th.dataset.text === '1' || seen.some((row) => cellOf(row, th.dataset.key)?.dataset.value);
    th.hidden = !filled;
    all.forEach((row) => { const cell = cellOf(row, th.dataset.key); if (cell) cell.hidden = !filled; });
  });
  table.tHead.querySelectorAll('th[data-group]').forEach((th) => {
    const columns = table.tHead.querySelectorAll(`th[data-in="${th.dataset.group}"]:not([hidden])`).length;
    th.hidden = columns === 0;
    th.colSpan = columns || 1;
  });
};

/** The best number of a column among the rows that are shown, and all that read the same. */
const embolden = (table) => {
  table.tHead.querySelectorAll('th[data-better]').forEach((th) => {
    const better = Number(th.dataset.better);
    const cells = rowsOf(table).filter((row) => !row.hidden).map((row) => cellOf(row, th.dataset.key)).filter(Boolean);
    const values = cells.filter((cell) => cell.dataset.value).map((cell) => better * Number(cell.dataset.value));
    const best = cells.find((cell) => cell.dataset.value && better * Number(cell.dataset.value) === Math.max(...values));
    cells.forEach((cell) => cell.classList.toggle('vz-best', better !== 0 && cell.textContent === best?.textContent));
  });
};

const refresh = () => {
  const table = element.querySelector('table');
  if (!table) return;
  if (network && !element.querySelector(`button[data-only="${CSS.escape(network)}"]`)) network = '';
  narrow(table);
  sort(table);
  embolden(table);
  element.querySelectorAll('button[data-only]').forEach((b) => b.setAttribute('aria-pressed', b.dataset.only === network));
};

/** Another column starts with its best; the same one is turned round. */
const sortBy = (th) => {
  const {key, better, text} = th.dataset;
  sorted = key === sorted.key ? {key, down: !sorted.down} : {key, down: text !== '1' && better !== '-1'};
  refresh();
};

const open = (scene) => {
  document.querySelector(`[data-scene="${CSS.escape(scene)}"].vz-scene`)?.click();
  const tabs = [...document.querySelectorAll('#vz-tabs [role=tab]')];
  tabs.find((tab) => tab.textContent.trim() === 'Stage')?.click();
};

element.addEventListener('click', (event) => {
  const th = event.target.closest('th[data-key]');
  const only = event.target.closest('button[data-only]');
  const row = event.target.closest('tbody tr[data-scene]');
  if (th?.closest('thead')) sortBy(th);
  else if (only) { network = only.dataset.only; refresh(); }
  else if (row && !String(getSelection())) open(row.dataset.scene);
});
watch('value', refresh);
refresh();
