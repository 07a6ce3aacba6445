// The meters, live: on what others append.
import { meters } from './system.ts'

export default meters
