// A config's `template`, `agent` and `setup` as an image and an agent.

import type { Origins } from '../model/config.js'
import { fail, type Position } from '../model/diagnostic.js'
import type { Scope } from '../model/names.js'
import type { TemplateSpec } from '../model/spec.js'
import type { AgentDescriptor, ImageSource, ResolvedTemplate } from '../model/template.js'
import { builtInAgents, builtInNames, builtInTemplate } from './built-in.js'
import { decodeFolderDescriptor } from './descriptor.js'
import { finalParent } from './dockerfile.js'
import { readTemplateFolder, type TemplateFolder } from './folder.js'
import { gitReferenceText } from './git-reference.js'
import { builtInImage, folderImage, namedImage } from './image.js'
import type { Pins } from './pins.js'
import { closeTo, isMovable, parseTemplateReference, pinnedImage } from './ref.js'
import { setupImage } from './setup.js'

export type AgentRequest = {
  /** A built-in name, an absolute folder, an image or a git reference; the agent's own template where absent. */
  readonly template?: string | undefined
  readonly agent?: string | undefined
  /** Of the agent, in place of the template's own. */
  readonly version?: string | undefined
  readonly origins?: Origins
  /** Without them nothing is pinned, and no git reference can be followed. */
  readonly pins?: Pins | undefined
}

export type TemplateRequest = AgentRequest & {
  readonly setup: readonly string[]
  /** The host's extra certificate authorities, as PEM. */
  readonly certificates: string | null
  readonly scope: Scope
  readonly sandboxId: string
}

/** What a template offers: an image, and the agent it is for where it says so. */
type Offer = {
  readonly spec: TemplateSpec
  readonly agent: AgentDescriptor | null
  readonly hasCertificates: boolean
  image(certificates: string | null): ImageSource
}

/** Reads files, and may have git fetch some; asks no engine. Throws `template/...` diagnostics that name the line of the config. */
export async function resolveTemplate(request: TemplateRequest): Promise<ResolvedTemplate> {
  const offer = await offerOf(request)
  const agent = chooseAgent(offer, request)
  const { setup, certificates, scope, sandboxId } = request
  const image = setupImage(offer.image(certificates), {
    setup,
    positions: setup.map((_, index) => position(request.origins, `/setup/${index}`)),
    certificates: offer.hasCertificates ? null : certificates,
    scope,
    sandboxId,
  })
  return { spec: offer.spec, image, agent }
}

/** The agent alone, for what needs its name before there is a sandbox id. */
export async function resolveAgent(request: AgentRequest): Promise<AgentDescriptor> {
  return chooseAgent(await offerOf(request), request)
}

async function offerOf(request: AgentRequest): Promise<Offer> {
  const { template, agent } = request
  if (template === undefined) {
    if (agent === undefined) {
      fail('template/no-agent', 'No agent is named', {
        detail: `Write \`agent:\` into sandbox.yaml or name one on the command line: ${builtInAgents().join(', ')}.`,
      })
    }
    return builtInOffer(agentTemplate(agent, agentPosition(request)), request)
  }
  const at = position(request.origins, '/template')
  const reference = parseTemplateReference(template, builtInNames(), at)
  switch (reference.kind) {
    case 'built-in':
      return builtInOffer(reference.name, request)
    case 'folder':
      return folderOffer(reference.path, request, ({ path, digest }) => ({ kind: 'folder', path, digest }), at)
    case 'image':
      return imageOffer(reference.reference, request, at)
    case 'git': {
      if (request.pins === undefined) throw new Error('a git reference cannot be followed without pins')
      const { commit, path } = await request.pins.folder(reference, at)
      const called = gitReferenceText(reference)
      return folderOffer(path, request, () => ({ kind: 'git', reference: called, commit }), at, called)
    }
  }
}

function imageOffer(reference: string, request: AgentRequest, at: Position | undefined): Offer {
  if (request.version !== undefined) noVersion(`The image ${reference}`, request)
  const digest = isMovable(reference) ? (request.pins?.digest(reference, at) ?? null) : null
  return {
    spec: { kind: 'image', reference, ...(digest === null ? {} : { digest }) },
    agent: null,
    hasCertificates: false,
    image: () => namedImage(digest === null ? reference : pinnedImage(reference, digest)),
  }
}

function builtInOffer(name: string, request: AgentRequest): Offer {
  const { descriptor } = builtInTemplate(name)
  const version = versionOf(descriptor, request)
  if (version !== undefined && descriptor.version === null) noVersion(`The template ${name}`, request)
  return {
    spec: { kind: 'built-in', name, ...(version === undefined ? {} : { version }) },
    agent: { ...descriptor, version: version ?? descriptor.version },
    hasCertificates: true,
    image: (certificates) => builtInImage(name, { certificates, version }),
  }
}

/** `specOf` says what it is known by: its path and content, or where it was fetched from. */
function folderOffer(
  written: string,
  request: AgentRequest,
  specOf: (folder: TemplateFolder) => Exclude<TemplateSpec, { kind: 'image' | 'built-in' }>,
  at: Position | undefined,
  called = written,
): Offer {
  const folder = readTemplateFolder(written, at, called)
  const { path } = folder
  const parent = finalParent(folder.dockerfile)
  const described =
    folder.descriptor !== null
      ? decodeFolderDescriptor({ file: `${path}/template.yaml`, text: folder.descriptor }, builtInAgent)
      : parent !== null && builtInNames().includes(parent)
        ? builtInTemplate(parent).descriptor
        : null
  const installed = parent === null ? null : builtInAgent(parent)
  const version = installed === null ? request.version : versionOf(installed, request)
  if (version !== undefined && (installed?.version ?? null) === null) noVersion(`The template ${called}`, request)
  return {
    spec: { ...specOf(folder), ...(version === undefined ? {} : { version }) },
    agent: described === null ? null : { ...described, version: version ?? described.version },
    hasCertificates: parent !== null,
    image: (certificates) => folderImage(folder, { certificates, version }, at),
  }
}

/** What the config says, else what is pinned. */
function versionOf({ agent, version }: AgentDescriptor, request: AgentRequest): string | undefined {
  if (request.version !== undefined || version === null) return request.version
  return request.pins?.version(agent, version) ?? undefined
}

/** The agent that the config names, as the template describes it or else as sbx does; without a name the template's. */
function chooseAgent(offer: Offer, request: AgentRequest): AgentDescriptor {
  const { agent } = request
  if (agent !== undefined) {
    if (offer.agent?.agent === agent) return offer.agent
    return builtInTemplate(agentTemplate(agent, agentPosition(request))).descriptor
  }
  if (offer.agent !== null) return offer.agent
  return fail('template/no-agent', 'No agent is named', {
    detail:
      `The template ${request.template ?? ''} does not say which agent it is for. ` +
      `Write \`agent:\` beside it: ${builtInAgents().join(', ')}.`,
    at: position(request.origins, '/template'),
  })
}

function noVersion(what: string, { origins }: AgentRequest): never {
  fail('template/no-version', 'The version of the agent cannot be chosen', {
    detail: `${what} brings its agent itself. Leave \`version\` out, or use a template of sbx that installs one.`,
    at: position(origins, '/agent/version'),
  })
}

function builtInAgent(agent: string): AgentDescriptor | null {
  if (!builtInNames().includes(agent)) return null
  const template = builtInTemplate(agent)
  return template.agent === agent ? template.descriptor : null
}

function agentTemplate(agent: string, at: Position | undefined): string {
  if (builtInAgent(agent) !== null) return agent
  const known = builtInAgents()
  const meant = closeTo(agent, known)
  return fail('template/unknown-agent', 'No agent has this name', {
    detail:
      `"${agent}" is not an agent that sbx knows. ${meant === null ? '' : `Did you mean ${meant}? `}` +
      `Agents are ${known.join(', ')}; a template's folder can bring one of its own with a template.yaml.`,
    at,
  })
}

function agentPosition({ origins }: AgentRequest): Position | undefined {
  return position(origins, '/agent/name') ?? position(origins, '/agent')
}

function position(origins: Origins | undefined, path: string): Position | undefined {
  const origin = origins?.[path]
  return origin?.kind === 'file' ? origin.at : undefined
}
