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

const placeholder = /\{workspace(:quoted)?\}|\{env:([A-Za-z_][A-Za-z0-9_]*)(:last20)?\}/g

/** Variables whose values a text asks for. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].flatMap((match) => match[2] ?? [])
}

/**
 * `{workspace}`, `{workspace:quoted}`, `{env:NAME}` and `{env:NAME:last20}` put in; a variable that is not set is nothing.
 * Quoted it is a string of JSON, which TOML reads as well: a path can have quotes and line breaks in it.
 */
export function filled(text: string, { workspace, env }: Pick<SessionFacts, 'workspace' | 'env'>): string {
  return text.replaceAll(placeholder, (_, isQuoted?: string, name?: string, isEnd?: string) => {
    if (name === undefined) return isQuoted === undefined ? workspace : quoted(workspace)
    const value = env[name] ?? ''
    return isEnd === undefined ? value : value.slice(-20)
  })
}

/** TOML has no delete character in a string, and JSON lets it stand. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}
