(() => {
  // Behind the "?": a tour of five steps, the keys, and all words. It never opens by itself.
  const SEEN = 'vizlab-tour-seen';
  const STEPS = [
    ['Look', '.vv-grid', 'One photograph, and what every network makes of it. The buttons above the pictures choose what they show; − and + zoom all of them together.'],
    ['Point', '.vv-inspector', 'Point at any picture: here stands what every network says of that pixel. A click keeps it as a probe, dragging draws a region.'],
    ['Compare', '.vv-pin', '“pin” keeps this analysis beside the next ones: choose another scene on the left, or other files and networks and press Run, and everything is compared with it.'],
    ['Network map', '.vv-network-map', 'Every crossing is a site where streams exchange, as wide as this picture’s share. A click on one lays its map over the photograph and selects it everywhere.'],
    ['Take along', '.vv-exports', 'Figures, numbers, the page as one file that works offline, and the whole analysis to replay. The address of this page holds what is set: it can be sent as it is.'],
  ];
  const KEYS = [
    ['← ↑ → ↓', 'move the crosshair; with Shift, ten times as far'], ['+ −', 'zoom in, zoom out'], ['0', 'the whole picture'],
    ['[ ]', 'previous, next site'], [', .', 'previous, next scene'], ['1 – 9', 'what the pictures show'], ['p', 'keep the pixel as a probe'],
    ['f', 'full screen'], ['v', 'present: large type, nothing but pictures and map'], ['Esc', 'close a window; leave the presentation; remove probes, region and highlight'],
  ];
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const list = (pairs, css) => make('dl', {className: css}, ...pairs.flatMap(([term, text]) => [make('dt', {}, term), make('dd', {}, ...[text].flat())]));
  const word = (term) => {
    const text = [term.sentence, ' ', make('small', {}, term.source)];
    return [term.name, term.formula ? [...text, ' ', make('code', {}, term.formula)] : text];
  };

  const help = (mark) => {
    const seen = localStorage.getItem(SEEN) !== null;
    const start = make('button', {type: 'button', className: 'vz-begin', onclick: () => { window.vizlabDialogs.close(); tour(0, mark); }}, seen ? 'take the tour again' : 'take the tour: five steps');
    const words = [...window.vizlabGlossary].sort((a, b) => a.name.localeCompare(b.name, 'en', {sensitivity: 'base'}));
    const content = make('div', {className: 'prose'}, make('h2', {}, 'Help'), start,
      make('h3', {}, 'Keys'), list(KEYS, 'vz-keys'), make('p', {}, 'They work on the stage, except while a text is being typed.'),
      make('h3', {}, 'Words'), list(words.map(word), 'vz-words'));
    window.vizlabDialogs.show('help', content, 'vz-help', mark);
  };

  let target = null;
  const point = (selector) => {
    target?.classList.remove('vz-toured');
    target = selector && document.querySelector(selector);
    if (!target) return;
    target.classList.add('vz-toured');
    target.scrollIntoView({block: 'nearest', behavior: 'instant'});
  };
  const tour = (at, mark) => {
    window.vizlabLink.tab('stage');
    const card = make('div', {className: 'prose'});
    const dialog = window.vizlabDialogs.show('tour', card, 'vz-tour', mark);
    const go = (step) => {
      if (step < 0) return;
      if (step >= STEPS.length) return window.vizlabDialogs.close();
      const [title, selector, text] = STEPS[step];
      const button = (label, by) => make('button', {type: 'button', disabled: step + by < 0, onclick: () => go(step + by)}, label);
      const [back, next] = [button('back', -1), button(step + 1 < STEPS.length ? 'next' : 'done', 1)];
      back.dataset.step = '-1';
      next.dataset.step = '1';
      const head = make('h2', {tabIndex: -1}, `${step + 1} of ${STEPS.length}: ${title}`);
      card.replaceChildren(head, make('p', {}, text), make('div', {className: 'vz-tour-buttons'}, back, next));
      dialog.parentElement.classList.toggle('vz-at-top', step > 2);
      point(selector);
      head.focus({preventScroll: true});
    };
    dialog.addEventListener('vz-close', () => { point(null); localStorage.setItem(SEEN, 'yes'); });
    go(at);
  };
  document.addEventListener('click', (event) => {
    const mark = event.target.closest('[data-help]');
    if (mark) help(mark);
  });
})();
