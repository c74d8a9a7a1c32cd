// A config's `template`, `agent` and `setup` as an image and an agent.

import type { Origins } from '../model/config.js'
import { fail, type Position } from '../model/diagnostic.js'
import type { Scope } from '../model/names.js'
import type { TemplateSpec } from '../model/spec.js'
import type { AgentDescriptor, ImageSource, ResolvedTemplate } from '../model/template.js'
import { builtInAgents, builtInNames, builtInTemplate } from './built-in.js'
import { decodeFolderDescriptor } from './descriptor.js'
import { finalParent } from './dockerfile.js'
import { readTemplateFolder } from './folder.js'
import { builtInImage, folderImage, namedImage } from './image.js'
import { closeTo, parseTemplateReference } from './ref.js'
import { setupImage } from './setup.js'

export type AgentRequest = {
  /** A built-in name, an absolute folder or an image reference; the agent's own template where absent. */
  readonly template?: string | undefined
  readonly agent?: string | undefined
  /** Of the agent, in place of the template's own. */
  readonly version?: string | undefined
  readonly origins?: Origins
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

/** Reads files, asks no engine. Throws `template/...` diagnostics that name the line of the config. */
export async function resolveTemplate(request: TemplateRequest): Promise<ResolvedTemplate> {
  const offer = offerOf(request)
  const agent = chooseAgent(offer, request)
  const { setup, certificates, scope, sandboxId } = request
  const image = setupImage(offer.image(certificates), {
    setup,
    certificates: offer.hasCertificates ? null : certificates,
    scope,
    sandboxId,
  })
  return { spec: offer.spec, image, agent }
}

/** The agent alone, for what needs its name before there is a sandbox id. */
export async function resolveAgent(request: AgentRequest): Promise<AgentDescriptor> {
  return chooseAgent(offerOf(request), request)
}

function offerOf(request: AgentRequest): Offer {
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
      return folderOffer(reference.path, request, at)
    case 'image':
      if (request.version !== undefined) noVersion(`The image ${reference.reference}`, request)
      return {
        spec: { kind: 'image', reference: reference.reference },
        agent: null,
        hasCertificates: false,
        image: () => namedImage(reference.reference),
      }
  }
}

function builtInOffer(name: string, request: AgentRequest): Offer {
  const { version } = request
  const { descriptor } = builtInTemplate(name)
  if (version !== undefined && descriptor.version === null) noVersion(`The template ${name}`, request)
  return {
    spec: { kind: 'built-in', name, ...(version === undefined ? {} : { version }) },
    agent: { ...descriptor, version: version ?? descriptor.version },
    hasCertificates: true,
    image: (certificates) => builtInImage(name, { certificates, version }),
  }
}

function folderOffer(written: string, request: AgentRequest, at: Position | undefined): Offer {
  const { version } = request
  const folder = readTemplateFolder(written, at)
  const { path } = folder
  const parent = finalParent(folder.dockerfile)
  const described =
    folder.descriptor !== null
      ? decodeFolderDescriptor({ file: `${path}/template.yaml`, text: folder.descriptor }, builtInAgent)
      : parent !== null && builtInNames().includes(parent)
        ? builtInTemplate(parent).descriptor
        : null
  const isOfParent = parent !== null && (builtInAgent(parent)?.version ?? null) !== null
  if (version !== undefined && !isOfParent) noVersion(`The template ${path}`, request)
  return {
    spec: { kind: 'folder', path, digest: folder.digest, ...(version === undefined ? {} : { version }) },
    agent: described === null ? null : { ...described, version: version ?? described.version },
    hasCertificates: parent !== null,
    image: (certificates) => folderImage(folder, { certificates, version }, at),
  }
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
