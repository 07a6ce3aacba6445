// Commit metadata that stands where its topic has no position yet: an offset has to be written with it, and must not be taken for one.

const NO_POSITION = '\u0000no position\u0000'

export const carried = (metadata: string): string => NO_POSITION + metadata

export function read(stored: string): { readonly text: string; readonly isPosition: boolean } {
  const isPosition = !stored.startsWith(NO_POSITION)
  return { text: isPosition ? stored : stored.slice(NO_POSITION.length), isPosition }
}
