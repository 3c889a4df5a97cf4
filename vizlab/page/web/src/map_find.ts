/** Finding a site among what the map has drawn. */

/** One site of the map is in the page's tab order. */
export function rove(root: HTMLElement, site: Element | null): void {
  for (const one of root.querySelectorAll("[data-site][tabindex='0']")) one.setAttribute("tabindex", "-1");
  site?.setAttribute("tabindex", "0");
}

export function siteAbove(target: EventTarget | null): SVGElement | null {
  return target instanceof Element ? target.closest<SVGElement>("[data-site]") : null;
}

export function siteElement(root: HTMLElement, network: string, site: string): SVGElement | null {
  const all = [...root.querySelectorAll<SVGElement>("[data-site]")];
  return all.find((one) => one.dataset.network === network && one.dataset.site === site) ?? null;
}

export function keyOf(focused: Element | null, root: HTMLElement): [string, string] | null {
  const site = focused && root.contains(focused) ? siteAbove(focused) : null;
  return site ? [site.dataset.network!, site.dataset.site!] : null;
}
