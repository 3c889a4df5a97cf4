(() => {
  // Files dropped anywhere on the page go to the input where they belong. Inputs that a person aims at take their own.
  const CHECKPOINTS = /\.(safetensors|pth|pt|tar|ckpt|pkl)$/i;
  const PARTS = /\.(index|meta|data-\d{5}-of-\d{5})$|^checkpoint$/; // TensorFlow's, which belong together
  const DEPTHS = /\.(npy|npz|exr|pfm|hdf5|h5|mat|dpt|pgm)$/i;
  const COLOURS = /\.(jpe?g|webp|bmp|heic|heif|avif|ppm|gif)$/i;
  const EITHER = /\.(png|tiff?)$/i;
  const SAID_FOR = 8000;
  const PLACES = {colour: '#vz-colour', depth: '#vz-depth', checkpoint: '#vz-own-file'};
  const WORDS = {colour: 'the colour picture', depth: 'the depth map', checkpoint: 'a network'};

  /** Of a PNG, from its header: 16 bits of grey are depth, three channels colour; anything else may be either. */
  const ofPng = async (file) => {
    const head = new Uint8Array(await file.slice(0, 26).arrayBuffer());
    if (head.length < 26 || String.fromCharCode(...head.slice(1, 4)) !== 'PNG') return 'either';
    const [bits, kind] = [head[24], head[25]];
    if (kind === 0 || kind === 4) return bits === 16 ? 'depth' : 'either';
    return 'colour';
  };

  /** colour, depth, checkpoint, either (a picture that does not say which), or none. */
  const kindOf = async (file) => {
    if (CHECKPOINTS.test(file.name) || PARTS.test(file.name)) return 'checkpoint';
    if (DEPTHS.test(file.name)) return 'depth';
    if (COLOURS.test(file.name)) return 'colour';
    if (!EITHER.test(file.name)) return 'none';
    const kind = /\.png$/i.test(file.name) ? await ofPng(file) : 'either';
    return kind === 'either' && /depth|disp/i.test(file.name) ? 'depth' : kind;
  };

  const taken = (place) => Boolean(document.querySelector(`${PLACES[place]} .file-preview`));

  /** Files by place: the first of a kind, and all that belong to it; what may be either is colour first, then depth. */
  const sorted = async (files) => {
    const kinds = await Promise.all(files.map(kindOf));
    const found = {}, left = [];
    const put = (place, file) => {
      const there = found[place] ?? [];
      if (!there.length || [...there, file].every((one) => PARTS.test(one.name))) found[place] = [...there, file];
      else left.push(file);
    };
    files.forEach((file, i) => {
      if (kinds[i] in PLACES) put(kinds[i], file);
      else if (kinds[i] === 'none') left.push(file);
    });
    files.filter((_, i) => kinds[i] === 'either').forEach((file) => {
      const colourIsThere = 'colour' in found || ('depth' in found ? false : taken('colour') && !taken('depth'));
      put(colourIsThere ? 'depth' : 'colour', file);
    });
    return {found, left};
  };

  const soon = async (find, tries = 40) => {
    for (let i = 0; i < tries; i += 1) {
      const one = find();
      if (one) return one;
      await new Promise((next) => setTimeout(next, 50));
    }
    return null;
  };

  const inputOf = (place) => document.querySelector(`${PLACES[place]} input[type=file]`);

  /** The place's input: what lies in a closed section comes to be when that opens, what holds a file when that goes. */
  const readyInput = async (place) => {
    if (place === 'checkpoint' && !inputOf(place)) document.querySelector('#vz-adding > button')?.click();
    if (taken(place)) {
      document.querySelector(`${PLACES[place]} [aria-label="Clear"], ${PLACES[place]} [aria-label="Remove this file"]`)?.click();
      await soon(() => !taken(place));
    }
    return soon(() => inputOf(place));
  };

  const give = async (place, files) => {
    const input = await readyInput(place);
    if (!input) return false;
    const data = new DataTransfer();
    files.forEach((file) => data.items.add(file));
    input.files = data.files;
    input.dispatchEvent(new Event('change', {bubbles: true}));
    return true;
  };

  const say = (sentences) => {
    const box = document.createElement('div');
    box.className = 'vz-drop-said';
    box.setAttribute('role', 'status');
    box.textContent = sentences.join(' ');
    document.querySelectorAll('.vz-drop-said').forEach((old) => old.remove());
    document.querySelector('.gradio-container')?.append(box);
    setTimeout(() => box.remove(), SAID_FOR);
  };

  const takeAll = async (files) => {
    const {found, left} = await sorted(files);
    const sentences = [];
    for (const [place, files] of Object.entries(found)) {
      const given = await give(place, files);
      const names = files.map((file) => file.name).join(', ');
      if (given) sentences.push(`${names} ${files.length > 1 ? 'are' : 'is'} taken as ${WORDS[place]}.`);
      else if (place === 'checkpoint') sentences.push(`${names}: this page takes no checkpoints of visitors.`);
      else sentences.push(`${names} could not be taken; drop it on its own place on the left.`);
    }
    left.forEach((file) => sentences.push(`${file.name} has no place here: one colour picture, one depth map, one checkpoint.`));
    say(sentences);
  };

  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  const ownPlace = (event) => event.target instanceof Element && event.target.closest(Object.values(PLACES).join(','));
  let depth = 0;
  const hint = (shown) => document.documentElement.classList.toggle('vz-dropping', shown);

  window.addEventListener('dragenter', (event) => { if (hasFiles(event)) { depth += 1; hint(true); } });
  window.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) hint(false);
  });
  window.addEventListener('dragover', (event) => {
    if (hasFiles(event) && !ownPlace(event)) event.preventDefault();
  });
  window.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    depth = 0;
    hint(false);
    if (ownPlace(event)) return;
    event.preventDefault();
    takeAll([...event.dataTransfer.files]);
  }, true);
})();
