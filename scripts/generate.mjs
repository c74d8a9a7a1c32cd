// Makes what follows from the schemas: of sandbox.yaml the type of the file as it is written, its validator and
// docs/config.md; the validator of saved plans; docs/json.md. With --check it writes nothing and exits 1 when one of the two
// documents is not what it would write.

import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Ajv from 'ajv'
import standaloneCode from 'ajv/dist/standalone/index.js'
import { build } from 'esbuild'
import { compile } from 'json-schema-to-typescript'
import { configReference } from './config-reference.mjs'
import { documents, jsonReference } from './json-reference.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const schema = await readSchema('sandbox')

async function readSchema(name) {
  return JSON.parse(await readFile(join(root, `schema/${name}.schema.json`), 'utf8'))
}

/** Keywords of ours and of editors, which say nothing about what is valid. */
const annotations = ['errorMessage', 'patternErrorMessage', 'defaultSnippets', 'x-change', 'x-merge', 'x-default']

/** The schema without what only people read. */
function bare(node) {
  if (Array.isArray(node)) return node.map(bare)
  if (typeof node !== 'object' || node === null) return node
  const dropped = ['title', 'description', 'default', 'examples', 'defaultSnippets', 'x-change', 'x-merge', 'x-default']
  // Under `properties` and `definitions` the keys are names, `default` included.
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(dropped.includes(key) && !isSchema(value)))
      .map(([key, value]) => [key, bare(value)]),
  )
}

function isSchema(value) {
  return typeof value === 'object' && value !== null && ['type', 'enum', 'anyOf', '$ref'].some((key) => key in value)
}

async function typeDeclarations() {
  return compile({ ...structuredClone(schema), title: 'SandboxFile' }, 'SandboxFile', {
    bannerComment: '// Made from schema/sandbox.schema.json by `npm run generate`.',
    additionalProperties: false,
    unreachableDefinitions: false,
    format: false,
  })
}

/**
 * One module without imports: what ajv's code needs at run time is put into it. `isTold`: to a person, who wants to hear of every
 * mistake. `parts` are schemas that it refers to.
 */
async function validatorModule(schema, source, { isTold, parts = {} }) {
  const ajv = new Ajv.default({
    allErrors: isTold,
    allowUnionTypes: true,
    strict: true,
    // The values of a file are plain, but its keys are anyone's.
    ownProperties: true,
    inlineRefs: false,
    // Every error brings the node of the schema that it is from.
    verbose: isTold,
    messages: false,
    // The program that wrote a time is the one that reads it.
    validateFormats: false,
    code: { source: true, esm: true, lines: true },
  })
  ajv.addVocabulary(annotations)
  for (const [name, part] of Object.entries(parts)) ajv.addSchema(bare(part), name)
  const code = standaloneCode.default(ajv, ajv.compile(bare(schema)))
  const bundled = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    banner: { js: `// Made from schema/${source} by \`npm run generate\`.` },
  })
  return bundled.outputFiles[0].text
}

const validatorTypes = `// Made by \`npm run generate\`.

export type SchemaError = {
  /** JSON Pointer into the file. */
  readonly instancePath: string
  readonly keyword: string
  /** The node of the schema that has the keyword. */
  readonly parentSchema: Readonly<Record<string, unknown>>
  readonly params: Readonly<Record<string, unknown>>
}

export function validate(value: unknown): boolean
export namespace validate {
  let errors: readonly SchemaError[] | null
}
`

/** The schema of a plan as far as the grants of its sandboxes. */
function grantsOf({ definitions }) {
  const { grant, source } = definitions
  const grants = { type: 'array', items: grant }
  const sandbox = { type: 'object', required: ['grants'], properties: { grants } }
  const properties = { sandboxes: { type: 'array', items: sandbox } }
  return { type: 'object', required: ['sandboxes'], properties, definitions: { source } }
}

async function write(path, text) {
  await writeFile(join(root, path), text)
}

const schemas = Object.fromEntries(await Promise.all(documents.map(async (name) => [name, await readSchema(name)])))
const references = { 'docs/config.md': configReference(schema), 'docs/json.md': jsonReference(schemas) }
if (process.argv.includes('--check')) {
  for (const [path, reference] of Object.entries(references)) {
    if ((await readFile(join(root, path), 'utf8').catch(() => '')) === reference) continue
    console.error(`${path} is not what the schema says. Run: npm run generate`)
    process.exitCode = 1
  }
} else {
  // Of the plan in a saved one sbx itself reads only what was to be approved; a test holds it to its whole schema.
  const parts = { 'plan.schema.json': grantsOf(schemas['plan']) }
  const [types, validator, savedPlanValidator] = await Promise.all([
    typeDeclarations(),
    validatorModule(schema, 'sandbox.schema.json', { isTold: true }),
    validatorModule(schemas['saved-plan'], 'saved-plan.schema.json', { isTold: false, parts }),
  ])
  await write('src/config/sandbox-file.generated.ts', types)
  await write('src/config/schema-validator.generated.js', validator)
  await write('src/config/schema-validator.generated.d.ts', validatorTypes)
  await write('src/cli/planning/saved-plan-validator.generated.js', savedPlanValidator)
  await write('src/cli/planning/saved-plan-validator.generated.d.ts', validatorTypes)
  for (const [path, reference] of Object.entries(references)) await write(path, reference)
}
