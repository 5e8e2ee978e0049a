// SPDX-License-Identifier: Apache-2.0
/** Text into HTML and SVG: everything is escaped, `code` in backticks and numbers of arXiv papers are marked up. */

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeText(text) {
  return String(text).replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

/** Running text. */
export function prose(text) {
  return escapeText(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\b(\d{4}\.\d{5})\b/g, '<a href="https://arxiv.org/abs/$1">$1</a>');
}

/** An element; attributes that are undefined are left out. */
export function element(name, attributes, ...children) {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const text = given.map(([key, value]) => ` ${key}="${escapeText(value)}"`).join('');
  return `<${name}${text}>${children.join('')}</${name}>`;
}
