// The templates that come with sbx: a folder each, beside the bundle and in the source tree alike.

import { join } from 'node:path'
import type { AgentDescriptor } from '../model/template.js'
import { builtInDescription, describedTemplates } from './built-in-descriptions.js'

const templatesFolder = join(import.meta.dirname, '../../templates')

export type BuiltInTemplate = {
  readonly name: string
  /** Name of the agent that it is for. */
  readonly agent: string
  readonly descriptor: AgentDescriptor
}

export function builtInNames(): readonly string[] {
  return describedTemplates(templatesFolder)
}

export function builtInFolder(name: string): string {
  return join(templatesFolder, name)
}

/** Read once in a process, since several steps of one call ask for it. */
const read = new Map<string, BuiltInTemplate>()

export function builtInTemplate(name: string): BuiltInTemplate {
  const before = read.get(name)
  if (before !== undefined) return before
  const descriptor = builtInDescription(templatesFolder, name)
  const template = { name, agent: descriptor.agent, descriptor }
  read.set(name, template)
  return template
}

/** Agents that come with sbx; each has the template of its name. */
export function builtInAgents(): readonly string[] {
  return builtInNames().filter((name) => builtInTemplate(name).agent === name)
}

/** In the order of their names. */
export function builtInTemplates(): readonly BuiltInTemplate[] {
  return builtInNames().map(builtInTemplate)
}
