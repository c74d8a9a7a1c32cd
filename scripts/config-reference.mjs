// docs/config.md: what is written here, around what the schema says of each key.

const introduction = `# sandbox.yaml

<!-- Made from schema/sandbox.schema.json by \`npm run generate\`; edit the schema or scripts/config-reference.mjs. -->

One file at the root of a project, committed with it. The smallest is

\`\`\`yaml
agent: claude
\`\`\`

and one with something of everything is

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/sandbox-yaml/schema/sandbox.schema.json
version: 1
requires: ">=0.1"
name: web
agent:
  name: claude
  args: [--model, opus]
  autonomy: full
  files: { ~/.claude/commands: ./team/commands } # a copy in each session, not writable
template: claude
setup:
  - apt-get update && apt-get install -y postgresql-client
prepare:
  - { run: npm ci, when: package-lock.json } # again when that file has changed
  - make db
workspace: { mode: bind, readonly: false, hide: [secrets], own: [node_modules] } # secrets/ is empty in the sandbox
env:
  NODE_ENV: development # a literal, shown in plans
  DATABASE_URL: \${env:DATABASE_URL} # from this machine, never stored and never shown
  REGION: \${env:REGION:-eu-1} # the same, with a default
envFile: [.env.sandbox, { path: .env.more, optional: true }]
secrets:
  STRIPE_TEST_KEY: { env: STRIPE_TEST_KEY }
  ACME_KEY: { file: ~/.config/acme/key }
mounts:
  - ~/datasets:/data:ro
  - { source: ~/models, target: /models, readonly: false, why: trained weights go here }
socket: none
ssh: none
credentials: sandbox
git: host
network: open
networks: [web_default] # its compose services, by their names
isolation: container
sudo: true
resources: { cpus: 2, memory: 4g, pids: 4096 }
ports: ["3000:3000", "5173"]
lifecycle: { ignoreDrift: [resources.memory, 'mounts["/data"]'], onRecreate: ask }
profiles:
  review: { workspace: { readonly: true } }
\`\`\`

The first line lets an editor with a YAML language server complete keys and values, show what they mean and underline
what sbx would refuse. \`sbx schema\` prints the schema. \`sbx validate\` checks the file and needs no engine.
`

const rules = `## Where the file is found

\`sandbox.yaml\` in the working folder, or in the nearest folder above it that has one. The search ends at the root of the
git repository and at the home folder. \`--config FILE\` names another. A file that neither you nor root owns is refused.
With no file at all, \`sbx run claude\` works in any folder.

## Layers

What a sandbox is comes from several files and the command line, laid over each other. Lowest first:

1. \`$XDG_CONFIG_HOME/sbx/sandbox.yaml\`: yours, under the file of every project;
2. the project's \`sandbox.yaml\`, over the files that it \`extends\`;
3. \`$XDG_CONFIG_HOME/sbx/projects/<name>.yaml\`: yours, over the file of the project of that name;
4. the profile chosen with \`--profile\`, as each of these files has it, in the same order;
5. the flags of \`sbx run\`, for this call.

Where \`XDG_CONFIG_HOME\` is not set it is \`~/.config\`. The two files of your own are outside the workspace, so that an agent
cannot write them; they set everything but \`name\`. A file that is extended can extend others. Each file says its own
\`version\` and \`requires\`.

A profile has the keys of the file but \`version\`, \`requires\`, \`name\`, \`extends\` and \`profiles\`. It is a sandbox of its own,
beside the one without a profile.

## Merging

By key, and not by joining lists, but for \`workspace.hide\` and \`workspace.own\`: what one layer hides no other shows. What
has names of its own (variables, mounts by their target, networks, ports by the container's port) is laid over entry by
entry, and an entry replaces the one below it whole. Everything else, lists such as \`setup\` and \`args\` among them,
replaces what is below it whole. The table has it for each key.

Three things follow from what the keys mean. A variable is in \`env\` or in \`secrets\`: a layer that has it in one takes it out
of the other in the layers below. Arguments are for the agent they were written for: a layer that names another agent
drops the \`args\` below it. Files of \`envFile\` are read in the order of the layers, so that later ones win.

## Paths

Relative paths are relative to the file that they stand in; on the command line, to the working folder. \`~\` is your home
folder, and on the right side of a mount the agent's, \`/home/agent\`. A template is a folder when it begins with \`./\`, \`../\`,
\`/\` or \`~/\`, and otherwise a name. Nothing can be mounted at \`/\`, \`/home\`, \`/home/agent\` itself, \`/run\`, \`/run/sbx\` and what
begins like it, \`/var\`, \`/var/lib\`, \`/var/run\`, nor at or beneath \`/proc\`, \`/sys\`, \`/dev\` and \`/var/lib/sbx\`.

## Values of this machine

\`\${env:NAME}\` is the variable of that name on the host, \`\${env:NAME:-default}\` the same with a default for where it is not
set or empty. Both can stand in values of \`env\` and in the sources of \`mounts\`, and nowhere else; there \`$\${\` is a
plain \`\${\`. A value that is missing fails the start of a session and nothing before it: whoever does not have it can still
validate, plan and list.

## What is an error

Unknown keys, values of the wrong kind, keys that are there twice, aliases without an anchor or that would grow too large,
tags, a second document, text that is not UTF-8, control characters. All that is wrong is told at once, each with file,
line and column. Nothing runs on a file that does not validate, and nothing in it is accepted and then ignored.
`

export function configReference(schema) {
  const keys = Object.entries(schema.properties).map(([name, node]) => [name, dereferenced(schema, node)])
  const table = [
    '## What a change means',
    '',
    '| key | a change of it means | layers |',
    '|---|---|---|',
    ...keys.map(
      ([name, node]) => `| [\`${name}\`](#${name.toLowerCase()}) | ${node['x-change']} | ${node['x-merge']} |`,
    ),
    '',
  ]
  const sections = keys.flatMap(([name, node]) => section(schema, name, node))
  return (
    [introduction, rules, table.join('\n'), ['## The keys', '', ...sections].join('\n')].join('\n').trimEnd() + '\n'
  )
}

function section(schema, name, node) {
  const inside = parts(schema, node, '')
  return [
    `### ${name}`,
    '',
    node.description,
    '',
    `Default: ${defaultText(node)}.`,
    '',
    ...(inside.length === 0 ? [] : [...inside, '']),
    ...exampleBlock(schema, name, node),
  ]
}

/** The forms of a union, the keys inside a mapping, the mapping inside a list or a record. */
function parts(schema, node, path) {
  const { properties, additionalProperties, items, anyOf } = node
  const own = Object.entries(properties ?? {}).flatMap(([key, given]) => {
    const child = dereferenced(schema, given)
    const place = path === '' ? key : `${path}.${key}`
    return [line(place, child, (node.required ?? []).includes(key)), ...parts(schema, child, place)]
  })
  const inner = [...(anyOf ?? []), ...(items === undefined ? [] : [items])].map((child) => dereferenced(schema, child))
  if (typeof additionalProperties === 'object' && additionalProperties.$ref === undefined)
    inner.push(additionalProperties)
  // A list of what can also stand alone says the same twice.
  return [...new Set([...own, ...inner.flatMap((child) => [...form(child, path), ...parts(schema, child, path)])])]
}

/** How a value without a name of its own can be written. */
function form(node, path) {
  const isNamed = path !== '' || node.properties !== undefined || node.description === undefined
  return isNamed ? [] : [`- ${typeText(node)}: ${node.description}`]
}

function line(place, node, isRequired) {
  const fallback = isRequired
    ? 'Required.'
    : 'default' in node || 'x-default' in node
      ? `Default: ${defaultText(node)}.`
      : ''
  return `- \`${place}\` (${typeText(node)}): ${node.description} ${fallback}`.trimEnd()
}

function typeText(node) {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(' or ')
  const names = { string: 'text', integer: 'whole number', array: 'list', object: 'mapping' }
  const types = node.anyOf === undefined ? [node.type].flat() : node.anyOf.map(({ type }) => type)
  return types.map((type) => names[type] ?? type).join(' or ')
}

function defaultText(node) {
  if (node['x-default'] !== undefined) return node['x-default']
  const value = node.default
  if (value === undefined) return 'none'
  return typeof value === 'object' ? 'empty' : `\`${value}\``
}

function exampleBlock(schema, name, node) {
  const ofBranches = (node.anyOf ?? []).flatMap((branch) => dereferenced(schema, branch).examples ?? [])
  const examples = [...(node.examples ?? ofBranches), ...snippets(node)]
  return examples.flatMap((example) => ['```yaml', yamlText(name, example), '```', ''])
}

/** Snippets of editors are examples too, once their placeholders are filled in. */
function snippets(node) {
  const own = (node.defaultSnippets ?? []).map(({ body }) => filledIn(body))
  const nested = [...(node.anyOf ?? []), ...(node.items?.anyOf ?? [])].flatMap((branch) => branch.defaultSnippets ?? [])
  const inList = node.items !== undefined
  return [...own, ...nested.map(({ body }) => (inList ? [filledIn(body)] : filledIn(body)))]
}

function filledIn(value) {
  if (typeof value === 'string') {
    const text = value.replace(/\$\{\d+:([^}]*)\}/g, '$1')
    return text === value ? text : plain(text)
  }
  if (Array.isArray(value)) return value.map(filledIn)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [filledIn(key), filledIn(member)]))
}

/** What the text would be in YAML. */
function plain(text) {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function yamlText(key, value) {
  if (Array.isArray(value)) return [`${key}:`, ...value.map((item) => `  - ${inline(item)}`)].join('\n')
  if (typeof value === 'object') {
    return [`${key}:`, ...Object.entries(value).map(([name, member]) => `  ${name}: ${inline(member)}`)].join('\n')
  }
  return `${key}: ${inline(value)}`
}

function inline(value) {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value === 'object') {
    return `{ ${Object.entries(value)
      .map(([name, member]) => `${name}: ${inline(member)}`)
      .join(', ')} }`
  }
  if (typeof value !== 'string') return String(value)
  const isPlain = /^[\w./~$-][^#,[\]{}]*$/.test(value) && !/^[\d.]+$|: |^-/.test(value) && !/^\d+:\d+/.test(value)
  return isPlain || value.startsWith('--') ? value : JSON.stringify(value)
}

function dereferenced(schema, node) {
  return node.$ref === undefined ? node : schema.definitions[node.$ref.replace('#/definitions/', '')]
}
