(() => {
  // The words of the glossary, marked in headings and notes: the first of each in every panel says what it means.
  const TEXTS = '.vz-heading h3, .vz-note, .vz-empty p, .vz-window p, .vv-site p, .vz-map-legend span';
  const PANEL = '.vz-window, .vv-site, .vz-map-legend, .vz-strips, .vz-empty, .block';
  const NEVER = 'code, a, button, select, summary, script, style, template, svg, [data-term]';
  const EVERY = 300;
  const terms = window.vizlabGlossary;
  const plain = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const byForm = new Map(terms.flatMap((term) => [term.name, ...term.forms].map((form) => [form.toLowerCase(), term])));
  const guarded = (form) => {
    const {not_after: after, not_before: before} = byForm.get(form);
    const back = after.length ? `(?<!\\b(?:${after.map(plain).join('|')}) )` : '';
    const ahead = before.length ? `(?! (?:${before.map(plain).join('|')})\\b)` : '';
    return back + plain(form) + ahead;
  };
  const forms = [...byForm.keys()].sort((a, b) => b.length - a.length).map(guarded).join('|');
  const words = new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${forms})(?![\\p{L}\\p{N}_-])`, 'giu');

  const marked = (word, term) => {
    const mark = document.createElement('span');
    mark.className = 'vz-term';
    mark.dataset.term = term.name;
    mark.tabIndex = 0;
    mark.setAttribute('role', 'button');
    mark.textContent = word;
    return mark;
  };
  const markText = (node, seen) => {
    const found = [...node.data.matchAll(words)].filter((one) => !seen.has(byForm.get(one[0].toLowerCase()).name));
    const pieces = [];
    let from = 0;
    for (const one of found) {
      const term = byForm.get(one[0].toLowerCase());
      if (seen.has(term.name)) continue;
      seen.add(term.name);
      pieces.push(node.data.slice(from, one.index), marked(one[0], term));
      from = one.index + one[0].length;
    }
    if (pieces.length) node.replaceWith(...pieces, node.data.slice(from));
  };
  const mark = (element) => {
    element.dataset.glossed = '';
    const panel = element.closest(PANEL) ?? element;
    const seen = new Set([...panel.querySelectorAll('[data-term]')].map((one) => one.dataset.term));
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) if (!text.parentElement.closest(NEVER)) markText(text, seen);
  };
  let waiting = 0;
  const scan = () => {
    waiting = 0;
    for (const element of document.querySelectorAll(TEXTS)) if (element.dataset.glossed === undefined) mark(element);
  };
  const soon = () => { waiting ||= setTimeout(scan, EVERY); };

  // One tip for all words: by pointer, focus or tap; Escape closes it, and it may be pointed at itself.
  const tip = document.createElement('div');
  tip.id = 'vz-tip';
  tip.className = 'vz-tip';
  tip.setAttribute('role', 'tooltip');
  tip.hidden = true;
  let shown = null, leaving = 0;
  const line = (name, text) => Object.assign(document.createElement(name), {textContent: text});
  const place = () => {
    const box = shown.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const below = box.bottom + own.height + 10 < window.innerHeight;
    tip.style.left = `${Math.max(6, Math.min(box.left, document.documentElement.clientWidth - own.width - 6))}px`;
    tip.style.top = `${below ? box.bottom + 4 : Math.max(4, box.top - own.height - 4)}px`;
  };
  const show = (mark) => {
    clearTimeout(leaving);
    if (shown === mark) return;
    hide();
    const term = terms.find((one) => one.name === mark.dataset.term);
    shown = mark;
    tip.replaceChildren(line('b', term.name), line('span', term.sentence), line('small', term.source));
    (mark.closest('[aria-modal=true]') ?? document.querySelector('.gradio-container')).append(tip);
    tip.hidden = false;
    mark.setAttribute('aria-describedby', tip.id);
    place();
  };
  const hide = () => {
    clearTimeout(leaving);
    shown?.removeAttribute('aria-describedby');
    shown = null;
    tip.hidden = true;
  };
  const leave = () => { clearTimeout(leaving); leaving = setTimeout(hide, 200); };
  document.addEventListener('pointerover', (event) => {
    const mark = event.target.closest?.('.vz-term');
    if (mark && event.pointerType !== 'touch') show(mark);
    else if (event.target.closest?.('.vz-tip')) clearTimeout(leaving);
    else if (shown && document.activeElement !== shown) leave();
  });
  document.addEventListener('focusin', (event) => event.target.matches('.vz-term') ? show(event.target) : hide());
  document.addEventListener('click', (event) => {
    const mark = event.target.closest?.('.vz-term');
    if (mark) { show(mark); event.preventDefault(); event.stopPropagation(); }
    else if (!event.target.closest?.('.vz-tip')) hide();
  }, true);
  window.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && shown) { hide(); event.stopImmediatePropagation(); }
    else if (event.target.matches?.('.vz-term') && (event.key === 'Enter' || event.key === ' ')) {
      show(event.target);
      event.preventDefault();
    }
  }, true);
  window.addEventListener('scroll', () => { if (shown) hide(); }, {passive: true});

  const begin = () => { new MutationObserver(soon).observe(document.body, {childList: true, subtree: true}); scan(); };
  if (document.body) begin();
  else document.addEventListener('DOMContentLoaded', begin);
})();
