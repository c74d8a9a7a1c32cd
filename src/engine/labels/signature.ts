// Who has made an object: each connection signs what it makes, with a label that says nothing else.

import { randomUUID } from 'node:crypto'
import type { Client } from '../connection/client.js'
import type { Labels } from './labels.js'

const signatureLabel = 'dev.sbx.made-by'

/** Another one for each call, so that a call also knows its own from those before. */
export function signature({ id }: Client): Labels {
  return { [signatureLabel]: `${id} ${randomUUID()}` }
}

export function isSigned(found: Labels | null | undefined, signed: Labels): boolean {
  return found?.[signatureLabel] === signed[signatureLabel]
}

/** Whether it was made over this very connection. */
export function isSignedBy({ id }: Client, found: Labels | null | undefined): boolean {
  return found?.[signatureLabel]?.startsWith(`${id} `) === true
}
