// How a worker thread of `statelog run` gets its system: as its data folder says, like every reader of the folder.
import { OperationError } from '../../system/protocol/failures.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { readManifest } from '../node/manifest.ts'
import { systemOf } from './target.ts'

export async function load({ folder }: { readonly folder: string }): Promise<SystemDefinition> {
  const manifest = readManifest(folder)
  if (manifest === undefined) throw new OperationError('data-folder/missing', `data folder ${folder} has lost its manifest`)
  return systemOf(folder, manifest)
}
