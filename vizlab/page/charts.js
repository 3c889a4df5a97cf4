(() => {
  // What a chart shows, in words, for who does not see it: its title, axes and curves, and the note beside it. And its
  // width: Plotly looks at it when the window takes another size, and leaves out what lies in a closed tab then.
  const EVERY = 400;
  const bare = (text) => (text ?? '').replace(/<br ?\/?>/, '. ').replace(/<br ?\/?>/g, ' ').replace(/<[^>]+>/g, '').trim();
  const unique = (texts) => [...new Set(texts.map(bare).filter(Boolean))];
  const some = (texts, most = 8) => texts.slice(0, most).join(', ') + (texts.length > most ? ` and ${texts.length - most} more` : '');
  const axes = (layout, letter) => unique(Object.keys(layout).filter((name) => new RegExp(`^${letter}axis\\d*$`).test(name)).map((name) => layout[name].title?.text));
  const summary = (plot) => {
    const layout = plot.layout ?? {};
    const [across, up] = [axes(layout, 'x'), axes(layout, 'y')];
    const names = unique((plot.data ?? []).filter((trace) => trace.showlegend !== false).map((trace) => trace.name));
    const note = plot.closest('.column')?.querySelector('.vz-note')?.textContent;
    return ['Chart', bare(layout.title?.text), across.length && `across: ${some(across)}`, up.length && `up: ${some(up)}`, names.length && `shown: ${some(names)}`, bare(note)]
      .filter(Boolean).join('. ').replace(/\.\. /g, '. ');
  };
  const stale = (plot) => plot.clientWidth && plot._fullLayout && Math.abs(plot._fullLayout.width - plot.clientWidth) > 2;
  const widths = new ResizeObserver((seen) => {
    if (seen.some((one) => stale(one.target))) setTimeout(() => window.dispatchEvent(new Event('resize')));
  });
  const watched = new WeakSet();
  let waiting = 0;
  const label = () => {
    waiting = 0;
    for (const plot of document.querySelectorAll('.js-plotly-plot')) {
      if (!watched.has(plot)) {
        watched.add(plot);
        widths.observe(plot);
      }
      const text = summary(plot);
      if (plot.getAttribute('aria-label') === text) continue;
      plot.setAttribute('role', 'figure');  // not an image: its toolbar can be used
      plot.setAttribute('aria-label', text);
    }
  };
  const begin = () => {
    new MutationObserver((changes) => {
      if (!waiting && changes.some((one) => one.target.closest?.('.vz-plot') || one.target.querySelector?.('.js-plotly-plot'))) waiting = setTimeout(label, EVERY);
    }).observe(document.body, {childList: true, subtree: true});
  };
  if (document.body) begin();
  else document.addEventListener('DOMContentLoaded', begin);
})();
