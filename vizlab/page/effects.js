// After the table's own script (scenes.js): the network map is drawn anew when more is known, and a site opens on it.
{
  let drawn = '';
  const onShow = () => document.querySelector('#vz-document [data-key]')?.dataset.key;
  /** The stage's document once more, if it is of the sweep's picture; what was set in the viewer stays. */
  const redraw = async () => {
    const {key, effects} = element.querySelector('[data-effects]')?.dataset ?? {};
    if (!effects || effects === drawn || key !== onShow() || !window.vizlabStage) return;
    drawn = effects;
    const {instrument, page} = await window.vizlabStage;
    const answer = await fetch(`${page}/document/${key}`);
    if (answer.ok && key === onShow()) instrument.open(await answer.json());
  };
  element.addEventListener('click', async (event) => {
    const button = event.target.closest('button[data-site]');
    if (!button) return;
    const {network, site, target, source} = button.dataset;
    const {instrument} = await window.vizlabStage;
    window.vizlabLink.tab('stage');
    instrument.select({network, site, target, source: source || null});
  });
  watch('value', redraw);
  redraw();
}
