// A home that is copied when its user wants no more. No plan has it as a step, so it is told of here as steps are.

import { DiagnosticError } from '../../model/diagnostic.js'
import { reportFailure } from '../call/failure.js'
import { whenAbandoned } from '../call/interruptions.js'
import { type Invocation, tell } from '../call/invocation.js'

export type Unfinished = {
  /** What is under way and what is whole in the middle of it, as sentences. */
  readonly detail: string
  /** Brings it to its end. */
  readonly command: string
}

/** The first Ctrl-C ends it by its signal, or not where it is itself a way back; the second is told what is left. */
export async function tellingOfInterrupts<Result>(
  invocation: Invocation,
  { detail, command }: Unfinished,
  work: () => Promise<Result>,
): Promise<Result> {
  const onAbort = (): void => tell(invocation, ['  interrupted; the copy is broken off (Ctrl-C: stop at once)'])
  invocation.signal.addEventListener('abort', onAbort)
  const forget = whenAbandoned(() => {
    const summary = 'Stopped in the middle'
    const diagnostic = { severity: 'error', code: 'apply/abandoned', summary, detail, command } as const
    reportFailure(new DiagnosticError([diagnostic], 'interrupted'), invocation, false)
  })
  try {
    return await work()
  } finally {
    invocation.signal.removeEventListener('abort', onAbort)
    forget()
  }
}
