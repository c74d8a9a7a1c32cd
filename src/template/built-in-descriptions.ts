// The descriptions of the templates that come with sbx, as they are written. The build puts another module in the place of
// this one, with the same two functions over what it has read and checked: no call has to do that again.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentDescriptor } from '../model/template.js'
import { decodeDescriptor } from './descriptor.js'

/** Sorted. */
export function describedTemplates(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'template.yaml')))
    .sort()
}

export function builtInDescription(folder: string, name: string): AgentDescriptor {
  const file = join(folder, name, 'template.yaml')
  return decodeDescriptor({ file, text: readFileSync(file, 'utf8') })
}
