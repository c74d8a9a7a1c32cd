// What doing a plan tells while it is done, and in the end.

import type { HomeOutcome } from './home.js'
import type { Action, Step } from './plan.js'

/**
 * How far a pull is, over all its layers; or, without any, how far files are that go over to another container.
 * `bytesTotal` grows while more become known.
 */
export type Transfer = {
  readonly layers: number
  readonly layersDone: number
  readonly bytes: number
  readonly bytesTotal: number
}

/** What doing a plan tells while it is done. Steps count from 0. */
export type StepEvent = {
  readonly step: Step
  readonly index: number
  readonly count: number
} & (
  | { readonly kind: 'begun' | 'done' | 'failed' }
  | { readonly kind: 'progress'; readonly line: string }
  /** How far a long step is. Comes often, and each time in place of the one before. */
  | { readonly kind: 'transfer'; readonly transfer: Transfer }
  /** Takes back a step that was done, after another failed. */
  | { readonly kind: 'undone' }
)

export type Applied = {
  readonly action: Action
  /** Full id of the container that is in use now; null where none is left. */
  readonly containerId: string | null
  /** Of a home that is older than the image. */
  readonly home?: HomeOutcome
}
