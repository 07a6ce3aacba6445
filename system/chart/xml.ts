// XML: text as XML can hold it.
//
// X1. Whatever the text, what comes out is well-formed, and no part of it is markup.

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For texts that people read, and for attributes. What XML has no form for becomes U+FFFD. */
export function xmlText(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/** A name as programs find it again, and no two the same: what XML has no form for, white space but the blank, and `\` are written as `\u{..}`. */
export function xmlName(name: string): string {
  return xmlText(name.replace(UNSAFE, escaped))
}

export function nameOfXml(text: string): string {
  return text.replace(/\\u\{([0-9a-f]{1,4})\}/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** One unit of UTF-16 at a time. */
function escaped(character: string): string {
  return `\\u{${character.charCodeAt(0).toString(16)}}`
}

const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const UNSAFE = new RegExp(`${FORBIDDEN.source}|[\\t\\n\\r\\\\\\u0085\\u2028]`, 'g')
