// SCXML as text: elements with attributes, in double or single quotes, and text where there is nothing else. Comments are left out before.

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

interface Building extends Element {
  readonly children: Building[]
  text: string
}

const NAMES = ['id', 'target', 'initial']

/** Names of states as they are here: a dot would be a path. */
export const scxmlName = (id: string): string => id.replaceAll('.', '_')

export function parsed(text: string): Element {
  const stack: Building[] = [{ name: '', attributes: {}, children: [], text: '' }]
  for (const [, close = '', name = '', written = '', alone = '', after = ''] of text.matchAll(/<(\/?)(?:ns0:)?([\w:]+)((?:\s+[\w:]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>([^<]*)/g)) {
    if (close === '/') stack.pop()
    else {
      const element = { name, attributes: attributesOf(written), children: [], text: alone === '/' ? '' : plain(after.trim()) }
      stack.at(-1)?.children.push(element)
      if (alone !== '/') stack.push(element)
    }
  }
  return stack[0]?.children[0] as Element
}

function attributesOf(written: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...written.matchAll(/([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', double, single = '']) => {
    const value = plain(double ?? single)
    return [key, NAMES.includes(key) && !value.startsWith('#') ? scxmlName(value) : value]
  }))
}

const plain = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

export function childrenOf({ children }: Element, name: string): readonly Element[] {
  return children.filter((child) => child.name === name)
}
