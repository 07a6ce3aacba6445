// The model `eta`: seconds until arrival. Trained by scenarios/delivery/train.ts; the JSON is its output, unedited.
import { defineModel } from 'statelog'
import type { TreesDefinition } from '../../system/models/model.ts'
import trained from './eta-model.json' with { type: 'json' }

export const eta = defineModel(trained as TreesDefinition)
