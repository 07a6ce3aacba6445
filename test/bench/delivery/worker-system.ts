// How a worker thread of the runtime under the fleet's load gets its system.
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { systemOf } from './systems.ts'
import type { Subject } from './systems.ts'

export const load = async (subject: Subject): Promise<SystemDefinition> => systemOf(subject)
