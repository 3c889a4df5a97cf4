(() => {
  // Windows over the page take the focus, keep it, and give it back; the keys of what lies below rest meanwhile.
  const FOCUSABLE = 'button:not(:disabled), a[href], input, select, textarea, summary, [tabindex]:not([tabindex="-1"])';
  const seen = (element) => element.getClientRects().length > 0;
  const top = () => [...document.querySelectorAll('[aria-modal=true]')].filter(seen).at(-1) ?? null;
  let open = null, from = null, label = '', last = null;

  const inside = (dialog) => [...dialog.querySelectorAll(FOCUSABLE)].filter(seen);
  const same = (dialog) => label && [...dialog.querySelectorAll('[aria-label]:not(:disabled)')].find((one) => one.getAttribute('aria-label') === label);
  const follow = () => {
    const now = top();
    if (now === open) return;
    if (now) {
      if (!open) from = last;
      if (!now.contains(document.activeElement)) ((open && same(now)) || now).focus({preventScroll: true});
    } else {
      const back = from?.isConnected && seen(from) ? from : document.querySelector('#vz-tabs [role=tab][aria-selected=true]');
      back?.focus({preventScroll: true});
      from = null;
    }
    open = now;
  };
  const close = () => {
    const dialog = top();
    if (!dialog) return false;
    const curtain = dialog.closest('.vz-curtain') ?? dialog;
    dialog.dispatchEvent(new CustomEvent('vz-close'));
    if (curtain.closest('#vz-site-window')) curtain.hidden = true;
    else curtain.remove();
    follow();
    return true;
  };
  window.vizlabDialogs = {
    close,
    /** `content` in a window of that name; `kind` is a class of the curtain, `back` what gets the focus afterwards. */
    show: (name, content, kind, back = null) => {
      const curtain = Object.assign(document.createElement('div'), {className: `vz-curtain ${kind}`});
      const dialog = Object.assign(document.createElement('div'), {className: 'vz-dialog', tabIndex: -1});
      dialog.setAttribute('role', 'dialog');
      dialog.setAttribute('aria-modal', 'true');
      dialog.setAttribute('aria-label', name);
      const away = Object.assign(document.createElement('button'), {type: 'button', className: 'vz-close', textContent: '×'});
      away.setAttribute('aria-label', 'close');
      away.dataset.close = '';
      dialog.append(away, content);
      curtain.append(dialog);
      document.querySelector('.gradio-container').append(curtain);
      follow();
      from = back ?? from;
      return dialog;
    },
  };

  document.addEventListener('focusin', (event) => {
    if (open && !open.contains(event.target)) { if (top() === open) open.focus(); return; }
    if (open) label = event.target.getAttribute('aria-label') ?? '';
    else last = event.target;
  });
  document.addEventListener('pointerdown', (event) => {  // a picture that is clicked need not take the focus itself
    if (!top()) last = event.target.closest?.('button, a, [tabindex], input, select') ?? last;
  }, true);
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-close]') || event.target.matches('.vz-curtain') || event.target.closest('.vz-lightbox')) close();
  });
  const round = (event) => {
    const all = inside(open);
    const at = all.indexOf(document.activeElement);
    const next = event.shiftKey ? (at <= 0 ? all.length - 1 : at - 1) : (at + 1) % all.length;
    (all[next] ?? open).focus();
    event.preventDefault();
  };
  window.addEventListener('keydown', (event) => {
    open = top();
    if (!open) return;
    event.stopImmediatePropagation();
    const step = {ArrowLeft: '[aria-label="previous site"], [data-step="-1"]', ArrowRight: '[aria-label="next site"], [data-step="1"]'}[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') round(event);
    else if (step) open.querySelector(step)?.click();
  }, true);
  const watch = () => {
    const observer = new MutationObserver(follow);
    const begin = setInterval(() => {
      const site = document.querySelector('#vz-site-window'), page = document.querySelector('.gradio-container');
      if (!site || !page) return;
      clearInterval(begin);
      observer.observe(site, {childList: true, subtree: true, attributes: true, attributeFilter: ['hidden']});
      observer.observe(page, {childList: true});
    }, 200);
  };
  watch();
})();
