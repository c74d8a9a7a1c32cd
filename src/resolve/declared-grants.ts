// What a file lets a sandbox reach, by its words alone: no disk, no engine and no value of this machine is asked. So a
// path is as it is written, a link in it not followed, and what a folder holds is not known.

import { join } from 'node:path'
import type { Config, Origins } from '../model/config.js'
import type { Grant } from '../model/grant.js'
import { pointer } from '../model/json.js'
import type { ContainerSpec, TemplateSpec } from '../model/spec.js'
import { foreignTemplate, listGrants } from './grants.js'
import { originOf } from './origins.js'
import { areInEachOther, isBeneath, withTilde } from './paths.js'
import { parseReferences, variableNames } from './variables.js'

export type Declaration = {
  readonly config: Config
  readonly origins: Origins
  /** The folder of the project's file, absolute. */
  readonly workspace: string
  readonly home: string
  /** Null where none is named, or where it names none that there could be. */
  readonly template: DeclaredTemplate | null
}

/** `commit` and `digest` as sandbox.lock has them; absent where nothing is pinned. */
export type DeclaredTemplate =
  | { readonly kind: 'built-in'; readonly name: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'image'; readonly reference: string; readonly digest?: string | undefined }
  | { readonly kind: 'git'; readonly reference: string; readonly commit?: string | undefined }

/** The same as of the container that it would become, with nothing looked up. */
export function declaredSpec({ config, workspace }: Declaration): ContainerSpec {
  const { mounts = {}, network = 'open', networks, isolation, sudo, ssh } = config
  return {
    template: { kind: 'built-in', name: '' },
    setup: config.setup ?? [],
    workspace: {
      path: workspace,
      readonly: config.workspace?.readonly ?? false,
      ...(config.workspace?.mode === 'clone' ? { mode: 'clone' } : {}),
    },
    volumes: {},
    mounts: Object.fromEntries(
      Object.entries(mounts).map(([target, { source, readonly }]) => [target, { source, readonly }]),
    ),
    socket: config.socket ?? 'none',
    credentials: config.credentials ?? 'sandbox',
    network: typeof network === 'string' ? network : 'limited',
    ports: network === 'open' ? (config.ports ?? {}) : {},
    ...(typeof isolation === 'object' ? { isolation: isolation.runtime } : {}),
    ...(sudo === false ? { sudo: false } : {}),
    ...(networks === undefined || Object.keys(networks).length === 0 ? {} : { networks }),
    ...(ssh === 'agent' ? { ssh } : {}),
  }
}

export function declaredGrants(declaration: Declaration): readonly Grant[] {
  const { config, origins, home, template } = declaration
  const { env = {}, envFile = {}, secrets = {}, agent } = config
  const listed = listGrants({
    config,
    origins,
    home,
    containerSpec: declaredSpec(declaration),
    environment: {
      env: {},
      envFile: Object.fromEntries(Object.entries(envFile).map(([path, each]) => [path, { ...each, values: null }])),
      secrets: Object.fromEntries(Object.entries(secrets).map(([name, source]) => [name, { ...source, digest: null }])),
      warnings: [],
      hostVariables: Object.entries(env).flatMap(([name, text]) =>
        variableNames(parseReferences(text)).map((variable) => ({ name: variable, path: pointer('env', name) })),
      ),
      realPaths: {},
    },
    foreignFiles: filesFromElsewhere(config, declaration.workspace),
    agent: agent?.name ?? (template?.kind === 'built-in' ? template.name : 'the agent'),
  })
  const foreign = template === null ? null : templateGrant(template, home)
  const origin = originOf(origins, '/template')
  return foreign === null ? listed : [...listed, origin === undefined ? foreign : { ...foreign, origin }]
}

/** What is hidden an apply refuses, and says so; here it is told as what it is. */
function filesFromElsewhere({ agent, workspace = {} }: Config, folder: string): Readonly<Record<string, string>> {
  const hidden = Object.keys(workspace.hide ?? {})
  const isElsewhere = (source: string): boolean =>
    workspace.mode === 'clone' ||
    !isBeneath(source, folder) ||
    hidden.some((path) => areInEachOther(source, join(folder, path)))
  return Object.fromEntries(Object.entries(agent?.files ?? {}).filter(([, source]) => isElsewhere(source)))
}

function templateGrant(template: DeclaredTemplate, home: string): Grant | null {
  if (template.kind === 'git' && template.commit === undefined) {
    const { reference } = template
    return { key: 'template', value: reference, summary: `image built from ${reference}, pinned to no commit` }
  }
  // By its name: what a folder holds now is no part of the file.
  return foreignTemplate(specOf(template), 'open', (path) => withTilde(path, home))
}

function specOf(template: DeclaredTemplate): TemplateSpec {
  switch (template.kind) {
    case 'built-in':
      return template
    case 'folder':
      return { ...template, digest: '' }
    case 'image': {
      const { kind, reference, digest } = template
      return { kind, reference, ...(digest === undefined ? {} : { digest }) }
    }
    case 'git':
      return { kind: 'git', reference: template.reference, commit: template.commit ?? '' }
  }
}
