import { compiledEngine } from '../../adapters/xstate/compiled.ts'
import { engineContract } from './engine.ts'

engineContract('compiled engine', () => compiledEngine)
