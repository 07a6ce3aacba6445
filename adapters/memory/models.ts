// Model artifacts in memory.
import type { ModelStore } from '../../system/ports/models.ts'

export function memoryModels(): ModelStore & { delete(hash: string): void } {
  const artifacts = new Map<string, Uint8Array>()
  return {
    load: async (hash) => artifacts.get(hash)?.slice(),
    save: async (hash, bytes) => {
      artifacts.set(hash, bytes.slice())
    },
    delete: (hash) => {
      artifacts.delete(hash)
    },
  }
}
