// A first sandbox.yaml: what the folder shows, little asked, everything else left to the defaults.

import { access, readFile, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import { slug } from '../../model/names.js'
import { builtInAgents, builtInFolder } from '../../template/built-in.js'
import { errorCode } from '../../resolve/read.js'
import { finalParent } from '../../template/dockerfile.js'
import { type Invocation, print, printJson } from '../call/invocation.js'
import type { InitOptions } from '../call/options.js'

/** Files that tell a stack, and the Debian packages that its first command needs. Some are in the template `tools`. */
const stacks = [
  { marker: 'package.json', packages: ['nodejs', 'npm'], isInTools: true },
  { marker: 'pyproject.toml', packages: ['python3', 'python3-venv', 'python3-pip'], isInTools: true },
  { marker: 'requirements.txt', packages: ['python3', 'python3-venv', 'python3-pip'], isInTools: true },
  { marker: 'go.mod', packages: ['golang-go'], isInTools: true },
  { marker: 'Cargo.toml', packages: ['cargo'], isInTools: false },
  { marker: 'Gemfile', packages: ['ruby', 'bundler'], isInTools: false },
  { marker: 'composer.json', packages: ['php-cli', 'composer'], isInTools: false },
  { marker: 'pom.xml', packages: ['maven', 'default-jdk-headless'], isInTools: false },
  { marker: 'Makefile', packages: ['make'], isInTools: true },
] as const

export async function init(invocation: Invocation, options: InitOptions): Promise<number> {
  const { workingFolder } = invocation
  const agent = options.agent ?? 'claude'
  const agents = builtInAgents()
  if (!agents.includes(agent)) {
    fail(
      'cli/unknown-agent',
      'There is no such agent',
      {
        detail: `No built-in template is for the agent "${agent}". There are: ${agents.join(', ')}.`,
      },
      'usage',
    )
  }
  const file = resolve(workingFolder, invocation.options.config ?? 'sandbox.yaml')
  const hasTools = finalParent(await readFile(join(builtInFolder(agent), 'Dockerfile'), 'utf8')) === 'tools'
  const found: (typeof stacks)[number][] = []
  for (const stack of stacks) {
    if (hasTools && stack.isInTools) continue
    if (await exists(join(workingFolder, stack.marker))) found.push(stack)
  }
  const text = starterFile({
    name: nameFor(basename(workingFolder)),
    agent,
    stacks: found,
    schema: (await exists(join(workingFolder, 'node_modules/sandbox-yaml/schema/sandbox.schema.json')))
      ? './node_modules/sandbox-yaml/schema/sandbox.schema.json'
      : null,
  })
  try {
    await writeFile(file, text, { flag: options.force === true ? 'w' : 'wx' })
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    if (code !== 'EEXIST') {
      fail('cli/cannot-write', 'The file cannot be written', { detail: `${file}: ${writeFailure(code)}.` })
    }
    fail('cli/file-exists', 'The file is there already', {
      detail: `${file} was not touched. To write over it:`,
      command: 'sbx init --force',
    })
  }
  if (invocation.options.json === true) printJson(invocation, { format_version: '1.0', file, agent })
  else print(invocation, [`Wrote ${file} for the agent ${agent}.`, 'Next: sbx plan'])
  return 0
}

function writeFailure(code: string): string {
  if (code === 'ENOENT') return 'the folder for it is not there'
  if (code === 'EISDIR') return 'it is a folder'
  return code === 'EACCES' || code === 'EPERM' ? 'you may not write there' : code
}

/** Without one each work tree and each clone of the repository has its own, after its folder. */
function nameFor(folder: string): string | null {
  const name = slug(folder)
  return name === folder ? null : name
}

/** The text of a new sandbox.yaml; a pure function of what was found. */
export function starterFile(found: {
  /** Null where its folder names it. */
  readonly name: string | null
  readonly agent: string
  readonly stacks: readonly { readonly marker: string; readonly packages: readonly string[] }[]
  readonly schema: string | null
}): string {
  const packages = [...new Set(found.stacks.flatMap((stack) => stack.packages))]
  return [
    ...(found.schema === null ? [] : [`# yaml-language-server: $schema=${found.schema}`]),
    'version: 1',
    ...(found.name === null ? [] : [`name: ${JSON.stringify(found.name)}`]),
    `agent: ${found.agent}`,
    ...(packages.length === 0
      ? []
      : [
          '',
          `# For ${found.stacks.map((stack) => stack.marker).join(' and ')}; runs as root while the image is built.`,
          'setup:',
          `  - apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`,
        ]),
    '',
    '# env:',
    '#   NODE_ENV: development',
    '#   API_URL: ${env:API_URL}        # from this machine, never stored',
    '# secrets:',
    '#   API_KEY: { env: API_KEY }      # given to a session, stored nowhere',
    '# resources: { cpus: 2, memory: 4g }',
    '',
  ].join('\n')
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
