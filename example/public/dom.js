const SPOTS = 'a, button, input, textarea';
const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** Makes an element; children are nodes or text, never markup. */
export function element(tag, { dataset, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  Object.assign(node.dataset, dataset);
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A picture from the page's own set, for the eye only. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Whether a mouse or a keyboard is there; on a phone a focused field would bring the keyboard up. */
export function hasPointer() {
  return matchMedia('(hover: hover)').matches;
}

/**
 * Makes `list` show `items` (`{ key, version, render }`), touching only what differs: scrolling stays, and a screen
 * reader hears only what is new. Where what has the focus is made anew or goes away, the focus stays with its place.
 */
export function reconcile(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const spot = focused && spotOf(list, focused);
  const keys = new Set(items.map((item) => item.key));
  const shown = new Map();
  for (const node of [...list.children]) {
    if (keys.has(node.dataset.key)) shown.set(node.dataset.key, node);
    else node.remove();
  }
  let place = list.firstElementChild;
  for (const item of items) {
    let node = shown.get(item.key);
    if (node?.dataset.version !== item.version) {
      const fresh = item.render();
      Object.assign(fresh.dataset, { key: item.key, version: item.version });
      if (node === place) place = fresh;
      node?.replaceWith(fresh);
      node = fresh;
    }
    if (node === place && node.parentNode) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  if (focused && document.activeElement !== focused) refocus(list, spot);
}

/** Where in a list something is: in which item, and which there of those that can have the focus. */
function spotOf(list, focused) {
  const item = [...list.children].find((child) => child.contains(focused));
  return { key: item?.dataset.key, index: spotsIn(item).indexOf(focused) };
}

function refocus(list, { key, index }) {
  const item = [...list.children].find((child) => child.dataset.key === key);
  const spots = item ? spotsIn(item) : [];
  (spots[index] ?? spots[0] ?? list.closest('[tabindex]'))?.focus();
}

function spotsIn(item) {
  return [item, ...item.querySelectorAll(SPOTS)].filter((node) => node.matches(`${SPOTS}, [tabindex]`));
}

/** Gives an avatar the initials and the colour of a user. */
export function paintAvatar(node, userId, name) {
  node.textContent = [...name].slice(0, 2).join('');
  paint(node, userId);
}

/** The same hue for a user everywhere (FNV-1a of the id). */
export function paint(node, userId) {
  let hash = 2_166_136_261;
  for (const character of userId) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  node.style.setProperty('--hue', (hash >>> 0) % 360);
}
