// SPDX-License-Identifier: Apache-2.0
/** Text into HTML and SVG: everything is escaped. */

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeText(text) {
  return String(text).replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

/** An element; children are markup, attributes that are undefined are left out. */
export function element(name, attributes, ...children) {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const text = given.map(([key, value]) => ` ${key}="${escapeText(value)}"`).join('');
  return `<${name}${text}>${children.join('')}</${name}>`;
}
