// docs/json.md has every document with all its fields, and examples that are as the schemas say.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { documents, jsonReference } from '../../scripts/json-reference.mjs'

const folder = fileURLToPath(new URL('../../schema/', import.meta.url))
type Schema = { readonly examples: readonly unknown[]; readonly oneOf?: readonly unknown[] }
const schemaOf = (name: string): Schema => JSON.parse(readFileSync(`${folder}${name}.schema.json`, 'utf8')) as Schema
const schemas = Object.fromEntries(documents.map((name) => [name, schemaOf(name)]))

/** Of files that people write. */
const inputs = ['sandbox', 'lock', 'template']

describe('docs/json.md', () => {
  const text = jsonReference(schemas)

  test('has every document that there is a schema for', () => {
    const names = readdirSync(folder).map((file) => file.replace('.schema.json', ''))
    expect(names.filter((name) => !inputs.includes(name)).sort()).toEqual([...documents].sort())
  })

  test.each(documents)('has an example of %s that its schema takes', (name) => {
    const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true, formats: { 'date-time': true } })
    ajv.addSchema(schemaOf('plan'), 'plan.schema.json')
    const validate = ajv.compile(schemas[name] ?? {})
    const { examples, oneOf } = schemaOf(name)
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      validate(example)
      expect(validate.errors ?? []).toEqual([])
      const shown = oneOf === undefined ? JSON.stringify(example, null, 2) : JSON.stringify(example)
      expect(text).toContain(shown)
    }
  })

  test('has a link for every part, and a part for every link', () => {
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor)
    expect(links.filter((link) => !anchors.includes(link ?? ''))).toEqual([])
    expect(new Set(anchors).size).toBe(anchors.length)
  })

  test('cannot be made where a field is not described', () => {
    const plan = structuredClone(schemas['plan']) as Schema & { properties: Record<string, object> }
    plan.properties['summary'] = { type: 'object' }
    expect(() => jsonReference({ ...schemas, plan })).toThrow(/plan.*summary/)
  })
})
