// XML, read strictly: what a browser's parser would refuse is refused. Enough of it for images that the product writes: no doctype, no comments, no CDATA.

export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly (Element | string)[]
}

export class NotWellFormed extends TypeError {
  override readonly name = 'NotWellFormed'
}

const OPEN = /^<([A-Za-z][\w-]*)((?:\s+[A-Za-z_:][\w:.-]*="[^"<]*")*)\s*(\/?)>/
const ATTRIBUTE = /\s+([A-Za-z_:][\w:.-]*)="([^"<]*)"/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

interface OpenElement extends Element {
  readonly children: (Element | string)[]
}

/** Throws NotWellFormed. */
export function parseXml(text: string): Element {
  const bad = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text)
  if (bad !== null) throw new NotWellFormed(`a character that XML has no form for, at ${bad.index}`)
  const top: OpenElement = { name: '', attributes: new Map(), children: [] }
  const open = [top]
  let rest = text
  while (rest !== '') {
    const parent = open.at(-1) ?? top
    const [whole, name = '', attributes = '', isClosed] = OPEN.exec(rest) ?? []
    if (whole !== undefined) {
      const element: OpenElement = { name, attributes: attributesOf(attributes), children: [] }
      parent.children.push(element)
      if (isClosed === '') open.push(element)
      rest = rest.slice(whole.length)
    } else if (rest.startsWith(`</${parent.name}>`)) {
      open.pop()
      rest = rest.slice(parent.name.length + 3)
    } else {
      const end = rest.indexOf('<')
      if (end === 0) throw new NotWellFormed(`no tag: ${rest.slice(0, 60)}`)
      const data = end === -1 ? rest : rest.slice(0, end)
      parent.children.push(decoded(data))
      rest = rest.slice(data.length)
    }
  }
  const roots = top.children.filter((child) => typeof child !== 'string')
  const [root] = roots
  if (open.length !== 1 || root === undefined || roots.length > 1) throw new NotWellFormed('not one element that is closed')
  return root
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(ATTRIBUTE)) {
    if (found.has(name)) throw new NotWellFormed(`attribute ${name} twice`)
    found.set(name, decoded(value.replace(/[\t\n\r]/g, ' ')))
  }
  return found
}

function decoded(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const character = whole.endsWith(';') ? ENTITIES[name] : undefined
    if (character === undefined) throw new NotWellFormed(`no entity: ${whole}`)
    return character
  })
}

/** Itself and all below it. */
export function elementsOf(element: Element): readonly Element[] {
  return [element, ...element.children.flatMap((child) => (typeof child === 'string' ? [] : elementsOf(child)))]
}

export function textOf({ children }: Element): string {
  return children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}

/** Values of an attribute, in document order. */
export function valuesOf(root: Element, attribute: string): readonly string[] {
  return elementsOf(root).flatMap(({ attributes }) => attributes.get(attribute) ?? [])
}
