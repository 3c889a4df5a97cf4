(() => {
  // Dark or light, kept in this browser.
  const stored = localStorage.getItem('vizlab-theme');
  if (stored) document.body.classList.toggle('dark', stored === 'dark');

  const enlarge = (image) => {
    const figure = document.createElement('figure');
    const copy = document.createElement('img');
    copy.src = image.src;
    copy.alt = image.alt;
    const text = document.createElement('figcaption');
    const caption = image.closest('figure')?.querySelector('figcaption');
    text.innerHTML = caption ? caption.innerHTML : '';
    // Label maps share one legend, which stands under their row.
    let next = image.closest('.vz-at')?.nextElementSibling;
    while (next && !next.querySelector('.vz-row') && !next.querySelector('.vz-row-legend')) next = next.nextElementSibling;
    if (next?.querySelector('.vz-row-legend') && !text.querySelector('.vz-bar')) text.innerHTML += next.innerHTML;
    if (!text.querySelector('.vz-title')) text.prepend(Object.assign(document.createElement('b'), {textContent: image.alt}));
    figure.append(copy, text);
    window.vizlabDialogs.show(image.alt || 'picture', figure, 'vz-lightbox');
  };

  /** The network of that name is ticked, and all that are ticked run. */
  const runWith = (name) => {
    const label = [...document.querySelectorAll('#vz-models label')].find((one) => one.textContent.trim() === name);
    const box = label?.querySelector('input');
    if (box && !box.checked) box.click();
    setTimeout(() => document.querySelector('#vz-run')?.click(), 100);
  };
  const openAdding = () => {
    const adding = document.querySelector('#vz-adding');
    const head = adding?.querySelector('button');
    if (head && !adding.querySelector('input')?.getClientRects().length) head.click();
    document.body.classList.remove('vz-wide');
    head?.scrollIntoView({block: 'center'});
    head?.focus();
  };

  document.addEventListener('click', (event) => {
    const tick = event.target.closest('[data-tick]');
    if (tick) runWith(tick.dataset.tick);
    if (event.target.closest('[data-open-adding]')) openAdding();
    if (event.target.closest('[data-wide-toggle]')) document.body.classList.toggle('vz-wide');
    else if (event.target.closest('[data-theme-toggle]')) {
      const dark = document.body.classList.toggle('dark');
      localStorage.setItem('vizlab-theme', dark ? 'dark' : 'light');
    } else if (event.target.matches('img[data-enlarge]') && !event.target.closest('.vz-window')) {
      enlarge(event.target);
    }
  });

  // Files, networks or how they run were changed: what is on show was not made of them, until the next run.
  const changed = (event) => {
    const inputs = event.target.closest?.('.vz-left');
    if (inputs && !event.target.closest('#vz-palette, #vz-scenes')) document.body.classList.add('vz-stale');
  };
  document.addEventListener('change', changed);
  document.addEventListener('drop', changed);
  document.addEventListener('click', (event) => {
    if (event.target.closest('#vz-colour button[aria-label], #vz-depth button[aria-label]')) changed(event);
  });

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches('img[data-enlarge]')) enlarge(event.target);
  });
})();
