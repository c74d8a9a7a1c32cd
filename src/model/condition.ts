// What a template says of a session depends on the session: when it holds, and texts with the session's facts in them.

import type { Autonomy, Condition } from './template.js'

export type SessionFacts = {
  /** As it is named inside. */
  readonly workspace: string
  /** The session's. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly autonomy: Autonomy
  readonly hasLogin: boolean
}

export function holds({ env: name, login, autonomy }: Condition, facts: SessionFacts): boolean {
  return (
    (name === undefined || (facts.env[name] ?? '') !== '') &&
    (login === undefined || login === facts.hasLogin) &&
    (autonomy === undefined || autonomy === facts.autonomy)
  )
}

const placeholder = /\{workspace\}|\{env:([A-Za-z_][A-Za-z0-9_]*)(:last20)?\}/g

/** Variables whose values a text asks for. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].flatMap((match) => match[1] ?? [])
}

/** `{workspace}`, `{env:NAME}` and `{env:NAME:last20}` put in; a variable that is not set is nothing. */
export function filled(text: string, { workspace, env }: Pick<SessionFacts, 'workspace' | 'env'>): string {
  return text.replaceAll(placeholder, (_, name: string | undefined, isEnd: string | undefined) => {
    if (name === undefined) return workspace
    const value = env[name] ?? ''
    return isEnd === undefined ? value : value.slice(-20)
  })
}
