// The flags of `sbx run` as the topmost layer.

import type { Config, MountConfig } from '../model/config.js'
import { DiagnosticError, fail, type Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { controlCharacterIn, controlCharacterName } from './control-characters.js'
import { absolutePath, absoluteSource, isFolderTemplate, type PathContext } from './host-path.js'
import { emptyDraft, type Layer } from './layer.js'
import { escapeReferences, referenceMistake } from './reference-text.js'
import { definition, type SchemaNode } from './schema-node.js'
import { isWrong, parseMount, parseTarget } from './short-forms.js'
import { didYouMean } from './suggest.js'

/** As they stand on the command line. */
export type RunFlags = {
  /** `NAME=value`, or `NAME` for the host's value. */
  readonly env: readonly string[]
  /** `source:target[:ro]`, relative to the working folder. */
  readonly volumes: readonly string[]
  readonly template?: string
  readonly mountDockerSocket: boolean
  readonly credentials?: string
  readonly name?: string
  /** The folder that becomes the workspace; relative to the working folder. */
  readonly workspace?: string
  readonly agent?: string
  /** A clone in place of the folder; with a name it is one more sandbox, named after the other and this. */
  readonly clone?: string | true
  /** Branch whose work tree `workspace` is. */
  readonly worktree?: string
}

/** The same with the name of a clone that is named after another sandbox. Throws as that does. */
export function namedClone(layer: Layer, { clone }: RunFlags, name: string): Layer {
  if (typeof clone !== 'string') return layer
  const whole = `${name}-${clone}`
  const { pattern = '', patternErrorMessage = '' } = definition('name')
  if (!new RegExp(pattern, 'u').test(whole)) {
    const detail = `--clone: "${whole}" cannot be used. ${patternErrorMessage}`
    fail('config/bad-flag', 'The value of a flag cannot be used', { detail }, 'usage')
  }
  const origins = { ...layer.origins, [pointer('name')]: { kind: 'flag', flag: '--clone' } as const }
  return { config: { ...layer.config, name: whole }, origins }
}

/** Throws a DiagnosticError of kind `usage` with everything that is wrong with them. */
export function flagLayer(flags: RunFlags, context: PathContext): Layer {
  const { config, origins } = emptyDraft()
  const problems: Diagnostic[] = []

  for (const written of flags.env) {
    const separator = written.indexOf('=')
    const name = separator === -1 ? written : written.slice(0, separator)
    const value = separator === -1 ? `\${env:${name}}` : escapeReferences(written.slice(separator + 1))
    if (!fits(definition('variableName'), '-e', name)) continue
    // Only the name is shown: the value may be a secret.
    if (hasControlCharacter('-e', name, value, true)) continue
    config.env = { ...config.env, [name]: value }
    set('-e', 'env', name)
  }

  const mounts: Record<string, MountConfig> = {}
  for (const written of flags.volumes) {
    if (hasControlCharacter('-v', 'it', written, false)) continue
    const parts = parseMount(written)
    if (isWrong(parts)) {
      report('-v', parts.wrong)
      continue
    }
    const target = parseTarget(parts.target)
    const source = absoluteSource(parts.source, context)
    const mistake = referenceMistake(parts.source)
    if (isWrong(target)) report('-v', target.wrong)
    if (isWrong(source)) report('-v', source.wrong)
    if (mistake !== null) report('-v', mistake)
    if (isWrong(target) || isWrong(source) || mistake !== null) continue
    if (Object.hasOwn(mounts, target.target)) report('-v', `Two mounts have the target ${target.target}.`)
    mounts[target.target] = { source: source.path, readonly: parts.readonly }
    set('-v', 'mounts', target.target)
  }
  if (Object.keys(mounts).length > 0) config.mounts = mounts

  if (flags.mountDockerSocket) {
    config.socket = 'host'
    set('--mount-docker-socket', 'socket')
  }
  if (flags.template !== undefined && fits(definition('template'), '-t', flags.template)) {
    const result = isFolderTemplate(flags.template) ? absolutePath(flags.template, context) : { path: flags.template }
    if (isWrong(result)) report('-t', result.wrong)
    else config.template = result.path
    set('-t', 'template')
  }
  if (flags.credentials !== undefined) {
    const allowed = (definition('credentials').enum ?? []).map(String)
    if (allowed.includes(flags.credentials))
      config.credentials = flags.credentials as NonNullable<Config['credentials']>
    else
      report(
        '--credentials',
        `"${flags.credentials}" is not a kind of credentials. ${didYouMean(flags.credentials, allowed)}`,
      )
    set('--credentials', 'credentials')
  }
  if (flags.name !== undefined && fits(definition('name'), '--name', flags.name)) {
    config.name = flags.name
    set('--name', 'name')
  }
  if (flags.clone !== undefined && (flags.clone === true || fits(definition('name'), '--clone', flags.clone))) {
    config.workspace = { mode: 'clone' }
    set('--clone', 'workspace', 'mode')
  }
  if (flags.agent !== undefined && fits(definition('agentName'), 'AGENT', flags.agent)) {
    config.agent = { name: flags.agent }
    set('AGENT', 'agent', 'name')
  }
  if (problems.length > 0) throw new DiagnosticError(problems, 'usage')
  return { config, origins }

  /** The origin of a value and of the mapping around it. */
  function set(flag: string, ...segments: readonly string[]): void {
    for (let length = 1; length <= segments.length; length++) {
      origins[pointer(...segments.slice(0, length))] = { kind: 'flag', flag }
    }
  }

  function fits(node: SchemaNode, flag: string, value: string): boolean {
    if (new RegExp(node.pattern ?? '', 'u').test(value)) return true
    report(flag, `"${value}" cannot be used. ${node.patternErrorMessage ?? ''}`)
    return false
  }

  function hasControlCharacter(flag: string, what: string, value: string, allowsLines: boolean): boolean {
    const character = controlCharacterIn(value, allowsLines)
    if (character !== null) report(flag, `There is a ${controlCharacterName(character)} in ${what}.`)
    return character !== null
  }

  function report(flag: string, detail: string): void {
    const place = flag === 'AGENT' ? 'the agent' : flag
    problems.push({
      severity: 'error',
      code: 'config/bad-flag',
      summary: 'The value of a flag cannot be used',
      detail: `${place}: ${detail}`,
    })
  }
}
