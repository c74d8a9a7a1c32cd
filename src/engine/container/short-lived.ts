// Containers that are there for one piece of work, and go with it whatever becomes of it.

import { DiagnosticError } from '../../model/diagnostic.js'
import type { Client } from '../connection/client.js'
import { removeContainer } from './containers.js'

/** Does the work, then removes the container, by its id or name, also where it runs. Where both fail both are told, the work first. */
export async function removedAfter<Result>(client: Client, id: string, work: () => Promise<Result>): Promise<Result> {
  let result: Result
  try {
    result = await work()
  } catch (error) {
    try {
      await removeContainer(client, id, { force: true })
    } catch (cause) {
      throw withCause(error, cause)
    }
    throw error
  }
  await removeContainer(client, id, { force: true })
  return result
}

/** An engine that is gone is the same failure twice. */
function withCause(error: unknown, cause: unknown): unknown {
  if (!(error instanceof DiagnosticError) || !(cause instanceof DiagnosticError)) return error
  const isTold = cause.diagnostics.every(({ code }) => error.diagnostics.some((each) => each.code === code))
  return isTold ? error : new DiagnosticError([...error.diagnostics, ...cause.diagnostics], error.kind)
}
