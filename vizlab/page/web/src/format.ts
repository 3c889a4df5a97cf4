/** Numbers for people: short, with their unit, with a real minus. */

export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  const text = value.toFixed(digits);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

export function withUnit(value: number, digits: number, unit: string): string {
  const number = fixed(value, digits);
  if (number === "–" || !unit) return number;
  return unit === "°" ? `${number}°` : `${number} ${unit}`;
}

/** A share as per cent: a digit after the point below ten, "<0.1 %" for the smallest. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const size = Math.abs(share * 100);
  if (size > 0 && size < 0.1) return share < 0 ? "−<0.1 %" : "<0.1 %";
  return `${fixed(share * 100, size < 9.95 ? 1 : 0)} %`;
}
