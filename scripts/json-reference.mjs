// docs/json.md: what is written here, around what the schema of each document says of every field.

/** Schemas in the order in which their documents are told of. */
export const documents = [
  'plan',
  'events',
  'errors',
  'saved-plan',
  'list',
  'kept',
  'logs',
  'inspect',
  'grants',
  'grants-revoke',
  'validate',
  'diff',
  'init',
  'template-list',
  'template-build',
  'template-check',
  'template-lock',
  'login',
  'logout',
  'net-log',
  'stats',
  'top',
  'cp',
  'fetch',
  'push',
  'adopt',
]

const introduction = `# What sbx says to programs

<!-- Made from the schemas in schema/ by \`npm run generate\`; edit those or scripts/json-reference.mjs. -->

With \`--json\` a command prints one document on standard output, and nothing else there; \`apply\`, \`stop\`, \`rm\`, \`prune\` and
\`logs\` print lines, a document each. Progress, warnings and questions go to standard error, and nobody is asked anything. The exit
codes are those of the README.

Each document has a schema in the package's folder \`schema/\`, and \`format_version\` as its first field. Of the lines
of a change, the plan, the summary and errors have it; steps and progress, between these, do not. It moves when a program that reads the document would
have to change; a field may be added without that, so pass over what you do not know.
A secret is in none of them, nor a digest of one. Times are ISO 8601.

## How to read it

- A field is always there, unless it is said that it may be absent.
- A setting's \`path\` is a JSON Pointer into the resolved config: \`/env/NODE_ENV\`, \`/mounts/~1data\`.
- Ids of containers and images are whole; sbx takes the beginning of one too.
`

/** @param {Record<string, object>} schemas by name */
export function jsonReference(schemas) {
  const sections = documents.map((name) => section(name, schemas[name]))
  return [introduction, ...sections].join('\n').trimEnd() + '\n'
}

function section(name, schema) {
  const context = { name, schema, told: new Set(), waiting: [] }
  const fields = rootLines(schema, context)
  const parts = []
  while (context.waiting.length > 0) {
    const part = context.waiting.shift()
    const node = schema.definitions[part]
    parts.push(
      `### ${part} of ${plainTitle(schema)}`,
      '',
      described(node, part, context),
      '',
      ...nodeLines(node, 0, part, context),
      '',
    )
  }
  return [
    `## ${schema.title}`,
    '',
    `${schema.description} Its schema is [schema/${name}.schema.json](../schema/${name}.schema.json).`,
    '',
    ...fields,
    '',
    ...parts,
    ...exampleLines(schema),
  ].join('\n')
}

/** Lines of different kinds, a list of things, or one thing with fields. */
function rootLines(schema, context) {
  if (schema.oneOf !== undefined) {
    return schema.oneOf.flatMap((branch) => {
      const [, part] = /^#\/definitions\/(.+)$/.exec(branch.$ref)
      const node = schema.definitions[part]
      const fields = { ...node, properties: without(node.properties, 'type') }
      return [
        `- \`"type": "${node.properties.type.const}"\`: ${node.description}`,
        ...nodeLines(fields, 1, part, context),
      ]
    })
  }
  return nodeLines(schema.type === 'array' ? schema.items : schema, 0, '', context)
}

function nodeLines(node, depth, path, context) {
  if (node.oneOf !== undefined) return node.oneOf.flatMap((branch) => branchLines(branch, depth, path, context))
  if (node.type === 'array' && node.items !== undefined) return nodeLines(node.items, depth, path, context)
  const own = Object.entries(node.properties ?? {}).flatMap(([name, field]) =>
    fieldLines(name, field, (node.required ?? []).includes(name), depth, `${path}/${name}`, context),
  )
  const named =
    typeof node.additionalProperties === 'object' ? nodeLines(node.additionalProperties, depth, path, context) : []
  return [...own, ...named]
}

/** What can be one of several is told by what tells it apart: its kind. */
function branchLines(branch, depth, path, context) {
  const node = branch.$ref === undefined ? branch : definition(branch, context)
  if (node.properties === undefined) return []
  const kind = node.properties.kind ?? node.properties.from
  if (kind?.const === undefined) return nodeLines(node, depth, path, context)
  const name = node.properties.kind === undefined ? 'from' : 'kind'
  const properties = without(node.properties, name)
  return [
    `${indent(depth)}- \`"${name}": "${kind.const}"\`: ${described(kind, `${path}/${name}`, context)}`,
    ...nodeLines({ ...node, properties }, depth + 1, path, context),
  ]
}

function without(properties, name) {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => key !== name))
}

function fieldLines(name, field, isRequired, depth, path, context) {
  const node = field.$ref === undefined ? field : definition(field, context)
  const absent = isRequired ? '' : ' May be absent.'
  const line = `${indent(depth)}- \`${name}\` (${typeText(field, context)}): ${described({ ...node, ...field }, path, context)}${absent}`
  const isElsewhere = partOf(field, context) !== null
  return [line, ...(isElsewhere ? [] : nodeLines(node, depth + 1, path, context))]
}

function described(node, path, { name }) {
  if (node.description === undefined) throw new Error(`schema/${name}.schema.json: ${path} has no description`)
  return node.description
}

/** Name of the part that a field, or each element of it, is; null where it is told of in its place. */
function partOf(field, context) {
  const reference = field.$ref ?? field.items?.$ref ?? nullable(field)?.$ref
  const name = /^#\/definitions\/(.+)$/.exec(reference ?? '')?.[1]
  if (name === undefined || !isTold(context.schema.definitions[name])) return null
  if (!context.told.has(name)) {
    context.told.add(name)
    context.waiting.push(name)
  }
  return name
}

function nullable({ oneOf, anyOf }) {
  return (oneOf ?? anyOf)?.find(({ $ref }) => $ref !== undefined)
}

/** Words that a field can have are told where it stands; what has fields of its own, once. */
function isTold({ properties, oneOf }) {
  return properties !== undefined || oneOf !== undefined
}

function definition({ $ref }, { schema }) {
  const name = /^#\/definitions\/(.+)$/.exec($ref)?.[1]
  return name === undefined ? {} : schema.definitions[name]
}

function typeText(field, context) {
  const part = partOf(field, context)
  if (part !== null) {
    const link = `[${part}](#${anchor(`${part} of ${plainTitle(context.schema)}`)})`
    return field.type === 'array' ? `list of ${link}` : nullable(field) === undefined ? link : `${link} or null`
  }
  if (field.$ref !== undefined && !field.$ref.startsWith('#')) return 'object'
  const node = field.$ref === undefined ? field : definition(field, context)
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum !== undefined) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ')
  if (node.oneOf !== undefined) return [...new Set(node.oneOf.map((branch) => typeText(branch, context)))].join(' or ')
  if (node.type === undefined) return 'any value'
  const names = { string: 'text', integer: 'whole number', array: 'list', boolean: 'true or false' }
  const types = [node.type].flat().map((type) => names[type] ?? type)
  if (node.type === 'array' && node.items?.type === 'string') return 'list of texts'
  return types.join(' or ')
}

function exampleLines({ examples, oneOf }) {
  const isLines = oneOf !== undefined
  const text = isLines ? examples.map((line) => JSON.stringify(line)) : [JSON.stringify(examples[0], null, 2)]
  return [isLines ? 'Some of its lines:' : 'For example:', '', '```json', ...text, '```', '']
}

function plainTitle({ title }) {
  return title.replaceAll('`', '')
}

/** As sites that show Markdown make it of a heading. */
function anchor(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}

function indent(depth) {
  return '  '.repeat(depth)
}
