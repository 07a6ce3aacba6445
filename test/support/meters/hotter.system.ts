// The meters, changed behind the back of what they committed: others of them are hot.
import { metersWith } from './system.ts'

export default metersWith(95)
