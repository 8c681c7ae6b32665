// How fields, prices, shares and times are written for people.

/** "articleType" -> "article type". */
export const nameField = (field) => field.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").toLowerCase();

/** The first letter large. */
export const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** 0.874 -> "87 %". */
export const percent = (share) => `${Math.round(share * 100)} %`;

const numbers = new Intl.NumberFormat("en");

/** 40000 -> "40,000". */
export const count = (number) => numbers.format(number);

/** "1 picture", "2 pictures". */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** A price in its currency; the bare number where the currency is unknown or no code. */
export function money(price, currency) {
  if (price === null || price === undefined) return "";
  const digits = Number.isInteger(price) ? 0 : 2;
  const shape = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  try {
    if (currency) return new Intl.NumberFormat("en", { style: "currency", currency, ...shape }).format(price);
  } catch {
    return `${new Intl.NumberFormat("en", shape).format(price)} ${currency}`;
  }
  return new Intl.NumberFormat("en", shape).format(price);
}

/** 75 -> "1 min 15 s". */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

/** Days and minutes of an ISO time, in the reader's own zone. */
export function when(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}
