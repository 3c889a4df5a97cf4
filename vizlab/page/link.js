(() => {
  // The address: scene, networks, settings, changes and choices for the server; what was set in the viewer for the
  // browser.
  const SERVER = ['scene', 'networks', 'set', 'do', 'domains', 'picture', 'tab', 'choices'];
  const parts = () => new URLSearchParams(location.hash.slice(1));
  const links = {
    page: new URLSearchParams([...parts()].filter(([name]) => name === 'choices')), ask: null, titles: {}, drawn: false,
    viewer: new URLSearchParams([...parts()].filter(([name]) => !SERVER.includes(name))),
    state: () => String(parts()),
    keep: (viewer) => { links.viewer = new URLSearchParams(viewer); links.write(false); },
    /** Another analysis is on show: a new entry of the history where picture, networks or settings are others. */
    opened: (mark) => {
      document.body.classList.remove('vz-stale');
      const before = String(links.page);
      const settings = JSON.parse(mark.dataset.settings);
      const one = (model, own) => Object.entries(own).map(([name, value]) => `${model ? model + '~' : ''}${name}:${value}`);
      const set = [...one('', settings.all), ...Object.entries(settings.of).flatMap(([model, own]) => one(model, own))];
      links.put({scene: mark.dataset.scene, networks: JSON.parse(mark.dataset.networks).join(','), set: set.join(','),
                 do: mark.dataset.changes, domains: mark.dataset.domains, picture: mark.dataset.scene ? '' : mark.dataset.picture});
      links.write(links.drawn && before !== String(links.page));
      links.drawn = true;
    },
    put: (values) => {
      for (const [name, value] of Object.entries(values)) value ? links.page.set(name, value) : links.page.delete(name);
    },
    /** What is chosen in a tab of further passes: its part of all choices is another one. */
    chosen: (tab, written) => {
      const others = (links.page.get('choices') ?? '').split(',').filter((one) => one && !one.startsWith(tab + '~'));
      links.put({choices: [...others, written].filter(Boolean).join(',')});
      links.write(false);
    },
    write: (push) => {
      const page = SERVER.filter((name) => links.page.has(name)).map((name) => [name, links.page.get(name)]);
      const text = '#' + new URLSearchParams([...page, ...links.viewer]);
      if (text !== location.hash) history[push ? 'pushState' : 'replaceState'](null, '', text);
    },
    scene: (delta) => {
      const scenes = [...document.querySelectorAll('[data-scene].vz-scene')];
      const at = scenes.findIndex((scene) => scene.classList.contains('vz-chosen'));
      scenes[(at + delta + scenes.length) % scenes.length]?.click();
    },
    tab: (name) => {
      const title = links.titles[name];
      const tab = [...document.querySelectorAll('#vz-tabs [role=tab]')].find((one) => one.textContent.trim() === title);
      tab?.click();
      tab?.scrollIntoView({block: 'nearest', inline: 'nearest'});  // where the row is too long for the page
    },
    /** The components are there: the tab that the address names opens, and every tab that is clicked is kept. */
    begin: (titles) => {
      links.titles = titles;
      document.querySelector('#vz-tabs')?.addEventListener('click', (event) => {
        const title = event.target.closest('[role=tab]')?.textContent.trim();
        const name = Object.keys(titles).find((one) => titles[one] === title);
        if (!name) return;
        links.put({tab: name === 'stage' ? '' : name});
        links.write(false);
      });
      const wanted = parts().get('tab');
      if (wanted) links.tab(wanted);
    },
  };
  window.vizlabLink = links;
  // What was asked for last, by kind of event: Gradio repeats a deferred event with the data of the first click.
  window.vizlabAsked = {};
  window.addEventListener('popstate', async () => {
    const now = parts();
    links.page = new URLSearchParams(SERVER.filter((name) => now.has(name)).map((name) => [name, now.get(name)]));
    const {viewer, instrument} = await window.vizlabStage;
    instrument.set(viewer.read(now));
    links.ask?.({link: location.hash});
  });
})();
