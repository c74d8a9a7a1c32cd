// Every request, from its sending to the end of its answer. An engine can die in the middle of an answer, or take a
// question and never answer it; dockerode tells of neither.

import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { DiagnosticError } from '../../model/diagnostic.js'

export type Patience = {
  /** Aborted when the user wants no more: a question that is not answered soon is then given up. */
  readonly signal: AbortSignal
  /** Called once, when a question has been waiting for long. */
  readonly onSilence: () => void
}

/** An engine that is well answers a question within a second, in milliseconds. */
const silence = 5_000
/** How much longer a question may wait after an interruption, in milliseconds. */
const grace = 2_000

/** What Node calls on an agent for each request; every agent has it, though its types do not say so. */
type RequestAgent = { addRequest(request: ClientRequest, ...rest: readonly unknown[]): void }

export function watchRequests<Watched extends Agent>(agent: Watched, patience: Patience | null): Watched {
  const watched = agent as unknown as RequestAgent
  const addRequest = watched.addRequest.bind(agent)
  let isTold = false
  watched.addRequest = (request, ...rest) => {
    request.once('response', (response: IncomingMessage) => {
      // An answer that is cut off tells only who listens for that; dockerode does not, and would wait for its end for ever.
      response.on('error', (error) => request.emit('error', error))
    })
    // What only asks can be given up at any time; what changes something cannot, and may take as long as it takes.
    const isQuestion = request.method === 'GET' || request.method === 'HEAD'
    if (patience !== null && isQuestion) {
      waitFor(request, patience.signal, () => {
        if (!isTold) patience.onSilence()
        isTold = true
      })
    }
    addRequest(request, ...rest)
  }
  return agent
}

function waitFor(request: ClientRequest, signal: AbortSignal, onSilence: () => void): void {
  const silent = setTimeout(onSilence, silence)
  let givenUp: NodeJS.Timeout | undefined
  const giveUp = (): void => {
    givenUp = setTimeout(() => request.destroy(interrupted()), grace)
  }
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp)
  const done = (): void => {
    clearTimeout(silent)
    clearTimeout(givenUp)
    signal.removeEventListener('abort', giveUp)
  }
  request.once('response', done)
  request.once('close', done)
}

function interrupted(): DiagnosticError {
  const detail = 'The engine was asked something and has not answered.'
  return new DiagnosticError(
    [{ severity: 'error', code: 'engine/interrupted', summary: 'Interrupted', detail }],
    'interrupted',
  )
}
