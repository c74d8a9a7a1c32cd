// Commands that go on for as long as somebody reads what they print.

import { type Invocation, varied } from './invocation.js'

/** The same call, aborted as well once nobody reads its output any more, as when `head` has had enough. */
export function whileRead(invocation: Invocation): Invocation {
  const gone = new AbortController()
  invocation.output.once('error', () => gone.abort())
  return varied(invocation, { signal: AbortSignal.any([invocation.signal, gone.signal]) })
}
