// What sbx prints with `--json`: the fields that tests read, and the schemas that hold all of it.

import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect } from 'vitest'

export type PlanDocument = {
  readonly applyable: boolean
  readonly summary: Readonly<Record<'create' | 'start' | 'update' | 'recreate' | 'remove' | 'unchanged', number>>
  readonly sandboxes: readonly PlannedDocument[]
}

export type PlannedDocument = {
  readonly steps: readonly { readonly op: string; readonly target: string }[]
  readonly name: string
  readonly id: string
  readonly action: 'create' | 'reuse' | 'start' | 'update' | 'recreate' | 'remove'
  readonly reason: string
  readonly changes: readonly ChangeDocument[]
  readonly grants: readonly { readonly key: string; readonly value: string; readonly widens: boolean }[]
  readonly notes: readonly Readonly<Record<string, unknown>>[]
}

export type ChangeDocument = {
  readonly path: string
  readonly op: string
  readonly effect: 'live' | 'next_session' | 'restart' | 'recreate'
  readonly origin: string
  readonly before?: unknown
  readonly after?: unknown
  readonly last_applied?: unknown
}

export type ListDocument = {
  readonly sandboxes: readonly {
    readonly id: string
    readonly name: string
    readonly agent: string
    readonly workspace: string
    readonly status: string
    readonly container_id: string
    readonly sessions: readonly Readonly<Record<string, unknown>>[] | null
  }[]
}

export type ErrorsDocument = {
  readonly errored: true
  readonly diagnostics: readonly {
    readonly code: string
    readonly summary: string
    readonly detail?: string
    readonly table?: readonly (readonly string[])[]
    readonly command?: string
    readonly at?: { readonly file: string; readonly line: number; readonly column: number }
  }[]
}

export type SchemaName =
  | 'plan'
  | 'events'
  | 'list'
  | 'inspect'
  | 'errors'
  | 'validate'
  | 'saved-plan'
  | 'login'
  | 'logout'
  | 'grants'
  | 'grants-revoke'
  | 'net-log'
  | 'logs'
  | 'stats'
  | 'top'
  | 'cp'
  | 'fetch'
  | 'kept'
  | 'push'
  | `template-${'list' | 'build' | 'check' | 'lock'}`

/** Fails the test with every way in which a document is not as schema/ says. */
export function expectValid(name: SchemaName, document: unknown): void {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true, formats: { 'date-time': true } })
  // That of a saved plan refers to it.
  ajv.addSchema(schemaOf('plan'), 'plan.schema.json')
  const validate = ajv.compile(schemaOf(name))
  validate(document)
  expect(validate.errors ?? []).toEqual([])
}

function schemaOf(name: SchemaName): object {
  const path = new URL(`../../../schema/${name}.schema.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')) as object
}

/** The only sandbox of a plan. */
export function onlySandbox({ sandboxes }: PlanDocument): PlannedDocument {
  const [only, ...more] = sandboxes
  if (only === undefined || more.length > 0) throw new Error(`${String(sandboxes.length)} sandboxes, one was expected`)
  return only
}
