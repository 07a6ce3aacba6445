import { memoryIndex } from '../../adapters/memory/entity-index.ts'
import { entityIndexContract } from './entity-index.ts'

entityIndexContract('memory index', async () => memoryIndex())
