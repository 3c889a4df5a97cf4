(() => {
  // Gradio makes a picture that can be clicked a button without a name.
  const name = () => {
    for (const button of document.querySelectorAll('#vz-attribution-picture button:not([aria-label])'))
      button.setAttribute('aria-label', 'the picture: a click chooses a region; its place can be typed beside it');
  };
  const begin = () => new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
  if (document.body) begin();
  else document.addEventListener('DOMContentLoaded', begin);
})();
