import { xstateEngine } from '../../adapters/xstate/engine.ts'
import { engineContract } from './engine.ts'

engineContract('xstate engine', () => xstateEngine)
