export const byId = (id) => document.getElementById(id);

/** Makes an element; children are nodes or text, never markup. */
export function element(tag, { dataset, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  Object.assign(node.dataset, dataset);
  node.append(...children.filter((child) => child !== null));
  return node;
}

/**
 * Makes `list` show `items` (`{ key, version, render }`), touching only what differs: focus and
 * scrolling stay, and a screen reader hears only what is new.
 */
export function reconcile(list, items) {
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
