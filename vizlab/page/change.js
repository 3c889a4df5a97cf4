// The panel under the stage: what is done to an edge joins the stack of its network, which then runs again.
const root = () => element.querySelector('.vz-changes');
const stacks = () => JSON.parse(root().dataset.stacks);
const ask = (model, changes) => {
  window.vizlabAsked.changes = {model, changes};
  trigger('select', {});
};
const put = (button) => {
  const here = button.closest('.vz-change-here'), {network, site, target} = here.dataset;
  const of = (name) => here.querySelector(`[name="${name}"]`)?.value ?? '';
  const change = {site, target, source: of('source'), by: button.dataset.by, value: 0, other: '', on: true, name: ''};
  if (change.by === 'scale') change.value = Number(of('factor'));
  if (change.by === 'scene') change.other = of('scene');
  if (change.by === 'set') Object.assign(change, {target: '', source: '', other: button.dataset.control, value: Number(of(button.dataset.control))});
  // What is done anew to an edge takes the place of what was done to it.
  const same = (one) => one.site === site && one.target === change.target && one.source === change.source && (one.by === 'set') === (change.by === 'set');
  ask(network, [...(stacks()[network] ?? []).filter((one) => !same(one)), change]);
};
const edited = (control, edit) => {
  const network = control.closest('.vz-change-stack').dataset.network, list = stacks()[network] ?? [];
  ask(network, edit(list));
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const {by, remove, clear} = button.dataset;
  if (by) put(button);
  else if (remove !== undefined) edited(button, (list) => list.filter((_, place) => place !== Number(remove)));
  else if (clear) ask(clear, []);
});
element.addEventListener('input', (event) => {
  if (event.target.type === 'range') event.target.parentElement.querySelector('output').textContent = event.target.value;
});
element.addEventListener('change', (event) => {
  const {toggle, rename} = event.target.dataset;
  if (toggle !== undefined) edited(event.target, (list) => list.map((one, place) => place === Number(toggle) ? {...one, on: event.target.checked} : one));
  if (rename !== undefined) edited(event.target, (list) => list.map((one, place) => place === Number(rename) ? {...one, name: event.target.value} : one));
});
