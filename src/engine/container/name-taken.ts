// What somebody else has put under a name of ours is theirs to move: what it is, and the command that does it.

import type { ContainerInspectInfo, VolumeInspectInfo } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import type { Client } from '../connection/client.js'
import { describeEngine } from '../connection/describe.js'

/** Throws. */
export async function failNameTaken(client: Client, found: ContainerInspectInfo): Promise<never> {
  const name = found.Name.slice(1)
  const { kind } = await describeEngine(client)
  return fail('engine/name-taken', 'A container that is not ours has the name of one', {
    detail:
      `${name} is a container of ${inOneLine(found.Config.Image)}, ${madeText(found.Created)}, ${found.State.Status}, and without the ` +
      `labels that sbx gives, so sbx leaves it alone. Remove it with ${kind} rm, or give it another name:`,
    command: `${kind} rename ${name} ${name}-other`,
  })
}

/** Throws. */
export async function failVolumeTaken(client: Client, found: VolumeInspectInfo): Promise<never> {
  const { Name: name } = found
  const { kind } = await describeEngine(client)
  const made = 'CreatedAt' in found && typeof found.CreatedAt === 'string' ? `, ${madeText(found.CreatedAt)}` : ''
  return fail('engine/volume-taken', 'A volume that is not ours has the name of one', {
    detail:
      `${name} is a volume${made}, and without the labels that sbx gives, so sbx leaves it alone. A volume cannot be ` +
      'renamed: copy what you need of it, and remove it:',
    command: `${kind} volume rm ${name}`,
  })
}

/** It is another's word, and a line break would make a paragraph of it. */
function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

function madeText(time: string): string {
  if (Number.isNaN(Date.parse(time))) return 'made at a time nobody knows'
  return `made ${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
