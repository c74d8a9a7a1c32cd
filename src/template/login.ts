// The host's own login for credentials mode `host`: its access token, out of the agent's login file.

import { fail } from '../model/diagnostic.js'
import type { AgentDescriptor } from '../model/template.js'
import { parsedJson, valueAt } from './login-text.js'

/** Near its end a token would fail in the middle of the first answer. Milliseconds. */
const margin = 60_000

/**
 * The access token of a login as the host keeps it, `loginText` null where the host has none; `now` in milliseconds since
 * 1970. The refresh token stays where it is: used in two places it would log one of them out. Throws
 * `login/not-supported`, `login/not-logged-in`, `login/unreadable` or `login/expired`.
 */
export function hostToken(descriptor: AgentDescriptor, loginText: string | null, now: number): string {
  const { agent, login } = descriptor
  if (login === null || 'cannot' in login.host) {
    const reason = login === null || !('cannot' in login.host) ? `${agent} has no login.` : login.host.cannot
    fail('login/not-supported', 'The host has no login that this agent could use', {
      detail: `${reason} Use \`credentials: sandbox\` and log in inside, or give a key.`,
    })
  }
  const { file, token: tokenPointer, expires: expiresPointer } = login.host
  if (loginText === null || loginText.trim() === '') notLoggedIn(agent, file)
  const document = parsedJson(loginText)
  if (document === undefined) {
    fail('login/unreadable', "The host's login cannot be read", {
      detail: `What ${agent} keeps as its login is not JSON. Log in on the host again, or use \`credentials: sandbox\`.`,
    })
  }
  const token = valueAt(document, tokenPointer)
  if (typeof token !== 'string' || token === '') notLoggedIn(agent, file)
  const expires = valueAt(document, expiresPointer)
  if (typeof expires === 'number' && expires <= now + margin) {
    fail('login/expired', "The host's login has expired", {
      detail:
        `The login of ${agent} on this machine is good until ${new Date(Math.max(expires, 0)).toISOString()} and is renewed only by ` +
        `${agent} itself. Start ${agent} once on the host, or use \`credentials: sandbox\`.`,
    })
  }
  return token
}

function notLoggedIn(agent: string, hostFile: string | null): never {
  fail('login/not-logged-in', 'The host is not logged in', {
    detail:
      `${agent} has no login on this machine${hostFile === null ? '' : ` (${hostFile})`}. ` +
      `Log in with ${agent} on the host, or use \`credentials: sandbox\` and log in inside.`,
  })
}
