import type { ContainerInspectInfo } from 'dockerode'
import { fail } from '../model/diagnostic.js'
import type { Client } from './client.js'
import { describeEngine } from './describe.js'

/** Throws: what somebody else has put there is theirs to move. */
export async function failNameTaken(client: Client, found: ContainerInspectInfo): Promise<never> {
  const name = found.Name.slice(1)
  const { kind } = await describeEngine(client)
  const made = `${new Date(found.Created).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return fail('engine/name-taken', 'A container that is not ours has the name of one', {
    detail:
      `${name} is a container of ${found.Config.Image}, made ${made}, ${found.State.Status}, and without the labels that ` +
      `sbx gives, so sbx leaves it alone. Remove it with ${kind} rm, or give it another name:`,
    command: `${kind} rename ${name} ${name}-other`,
  })
}
