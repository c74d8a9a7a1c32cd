// What a sandbox may reach beyond the baseline, as data. The baseline needs no yes: the own workspace, the open network,
// the agent's own login volume, the host's git identity. Everything else is a grant, under a key that `--allow` takes and
// with a value that is exactly what is allowed.

import { isIP } from 'node:net'
import type { Config, Origins } from '../model/config.js'
import type { Grant } from '../model/grant.js'
import { pointer, type JsonPointer } from '../model/json.js'
import { digest, loginFolder } from '../model/names.js'
import type { ContainerSpec, MountSpec, TemplateSpec } from '../model/spec.js'
import type { Environment } from './environment.js'
import { originOf } from './origins.js'
import { isBeneath, withTilde } from './paths.js'

export function mountGrantKey(target: string): string {
  return `mount:${target}`
}

export function mountGrantValue(mount: MountSpec): string {
  return `${mount.readonly ? 'ro' : 'rw'}:${mount.source}`
}

/** A file in the workspace by its path there, any other by its whole path. */
export function envFileGrantKey(path: string, workspace: string): string {
  return `env-file:${isBeneath(path, workspace) ? path.slice(workspace.length + 1) : path}`
}

export function secretGrantKey(name: string): string {
  return `secret:${name}`
}

export function listGrants(request: {
  readonly config: Config
  readonly origins: Origins
  readonly home: string
  readonly containerSpec: ContainerSpec
  readonly environment: Environment
  readonly agent: string
  /** Files for the agent that are from outside of the project: real path by target. */
  readonly foreignFiles?: Readonly<Record<string, string>>
  /** Of mounts that no file asks for. */
  readonly unasked?: readonly Grant[]
  /** Whether a path of this machine is a file; absent where only the words of the file are known. */
  readonly isFile?: (path: string) => boolean
}): readonly Grant[] {
  const { config, origins, home, containerSpec, environment, agent, foreignFiles = {}, unasked = [], isFile } = request
  const { hostVariables, envFile, secrets, realPaths } = environment
  const { workspace, mounts, ports, template } = containerSpec
  const grants = new Map<string, Grant>()
  const add = (path: JsonPointer, grant: Grant): void => {
    const origin = originOf(origins, path)
    if (!grants.has(grant.key)) grants.set(grant.key, origin === undefined ? grant : { ...grant, origin })
  }
  const shown = (path: string): string => withTilde(path, home)

  for (const grant of unasked) grants.set(grant.key, grant)
  for (const [target, mount] of Object.entries(mounts)) {
    const why = config.mounts?.[target]?.why
    const kind = isFile === undefined ? 'path' : isFile(mount.source) ? 'file' : 'folder'
    add(pointer('mounts', target), {
      key: mountGrantKey(target),
      value: mountGrantValue(mount),
      subject: `mount:${mount.source}:${mount.readonly ? 'ro' : 'rw'}`,
      summary: `${mount.readonly ? 'read-only' : 'read-write'} host ${kind} ${shown(mount.source)}`,
      ...(why === undefined ? {} : { why }),
    })
  }
  if (containerSpec.socket === 'host') {
    add('/socket', { key: 'socket', value: 'host', summary: 'engine socket (root on this machine)' })
  }
  if (containerSpec.ssh === 'agent') {
    const summary = 'your ssh agent: every key in it can be used, none can be read'
    add('/ssh', { key: 'ssh', value: 'agent', summary })
  }
  for (const name of Object.keys(containerSpec.networks ?? {})) {
    const summary = `network ${name} of the engine, with all that is on it`
    // A yes to the open network is none to every network there is.
    add(pointer('networks', name), { key: `network:${name}`, value: name, subject: `networks:${name}`, summary })
  }
  for (const [target, source] of Object.entries(foreignFiles)) {
    const summary = `a copy of ${shown(source)} in each session`
    add(pointer('agent', 'files', target), {
      key: `files:${target}`,
      value: source,
      subject: `file:${source}`,
      summary,
    })
  }
  if (containerSpec.credentials === 'host') {
    const summary = `your own ${agent} login on this machine`
    add('/credentials', { key: 'login', value: `host:${agent}`, subject: `login:${agent}`, summary })
  }
  for (const { name, path } of hostVariables) {
    add(path, { key: `env:${name}`, value: name, summary: `host variable ${name}` })
  }
  for (const path of Object.keys(envFile)) {
    const place = pointer('envFile', path)
    // As written where it is missing: once it is there as a link to elsewhere, that needs a yes of its own.
    const source = realPaths[place] ?? path
    add(place, {
      key: envFileGrantKey(path, workspace.path),
      value: source,
      subject: `file:${source}`,
      summary: `values of the host file ${shown(source)}`,
    })
  }
  for (const [name, secret] of Object.entries(secrets)) {
    const place = pointer('secrets', name)
    const key = secretGrantKey(name)
    if ('env' in secret) {
      const value = `env:${secret.env}`
      add(place, { key, value, subject: value, summary: `secret ${name} from host variable ${secret.env}` })
    } else {
      const source = realPaths[place] ?? secret.file
      const value = `file:${source}`
      add(place, { key, value, subject: value, summary: `secret ${name} from ${shown(source)}` })
    }
  }
  const foreign = foreignTemplate(template, containerSpec.network, shown)
  if (foreign !== null) {
    // It needs no yes of its own, but the program that is handed the login is then not one of ours.
    const hasLogin = loginFolder in containerSpec.volumes
    const summary = hasLogin ? `${foreign.summary}; it can read your shared login of ${agent}` : foreign.summary
    add('/template', { ...foreign, summary })
  }
  const recipe = containerSpec.network === 'open' ? [] : containerSpec.setup
  if (recipe.length > 0) {
    const summary = 'setup commands that run with network while the image is built'
    add('/setup', { key: 'setup', value: digest(recipe, 16), summary })
  }
  for (const [port, { address, hostPort }] of Object.entries(ports)) {
    if (isLoopback(address)) continue
    const value = `${address}:${hostPort ?? '*'}`
    const summary = `port ${port} for other machines, at ${value}`
    add(pointer('ports', port), { key: `port:${port}`, value, subject: `port:${value}`, summary })
  }
  for (const entry of allowedHosts(config)) {
    const key = `host:${entry}`
    add(pointer('network', 'allow', entry), {
      key,
      value: key,
      summary: `host ${entry.replace(/:(\d+)$/, ', port $1')}`,
    })
  }
  return [...grants.values()]
}

function allowedHosts({ network }: Config): readonly string[] {
  return typeof network === 'object' ? Object.keys(network.allow) : []
}

/**
 * The yes to a folder is for the folder, as that to an image is for its name: what it builds runs in the same sandbox,
 * whatever it says. One to a pin is for what is pinned: sandbox.lock can be written by an agent, and a repository can
 * have commits of people who may not even write to it. Only where the network is limited it is for the content, since a
 * build reaches the network and could carry out what the sandbox cannot.
 */
export function foreignTemplate(
  template: TemplateSpec,
  network: ContainerSpec['network'],
  shown: (path: string) => string,
): Grant | null {
  switch (template.kind) {
    case 'built-in':
      return null
    case 'image': {
      const { reference, digest: pin } = template
      const value = pin === undefined ? reference : `${reference}@${pin}`
      const summary = `image ${reference}, which sbx did not make`
      return { key: 'template', value, subject: `template:${reference}`, summary }
    }
    case 'git': {
      const { reference, commit } = template
      const summary = `image built from ${reference} at commit ${commit.slice(0, 12)}`
      return { key: 'template', value: `${reference}#${commit}`, subject: `template:${reference}`, summary }
    }
    case 'folder': {
      const value = network === 'open' ? template.path : `${template.path}@${template.digest}`
      const summary = `image built from ${shown(template.path)}`
      return { key: 'template', value, subject: `template:${template.path}`, summary }
    }
  }
}

/** A neighbour's agent can write above this workspace, and so swap it for a link. */
export function nestedWorkspaceGrant(outer: string, home: string): Grant {
  return {
    key: 'workspace',
    value: outer,
    subject: `workspace:${outer}`,
    summary: `workspace inside ${withTilde(outer, home)}, which another sandbox can write`,
  }
}

function isLoopback(address: string): boolean {
  return (isIP(address) === 4 && address.startsWith('127.')) || address === '::1' || address === 'localhost'
}
