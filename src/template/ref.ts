// What a `template:` value names: a template that comes with sbx, a folder, an image, or a folder in a git repository.

import { closest, distance } from 'fastest-levenshtein'
import { fail, type Position } from '../model/diagnostic.js'
import { isGitReference, parseGitReference, type GitReference } from './git-reference.js'

export type TemplateReference =
  | { readonly kind: 'built-in'; readonly name: string }
  /** Absolute; config has put the folder of its file before a relative one. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'image'; readonly reference: string }
  | ({ readonly kind: 'git' } & GitReference)

/** Image references as the distribution project defines them: `[domain/]path[:tag][@digest]`. */
const imageReference = (() => {
  const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*'
  const domain = '(?:[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?'
  const tag = '\\w[\\w.-]{0,127}'
  const digest = '[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,}'
  return new RegExp(`^(?:${domain}/)?${component}(?:/${component})*(?::${tag})?(?:@${digest})?$`)
})()

/** 255 for a name, 128 for a tag and a digest. */
const longestReference = 512

/** Throws `template/not-a-reference`, `template/unknown` or `template/git-reference`. */
export function parseTemplateReference(value: string, builtIn: readonly string[], at?: Position): TemplateReference {
  if (value.startsWith('/')) return { kind: 'folder', path: value }
  if (builtIn.includes(value)) return { kind: 'built-in', name: value }
  if (isGitReference(value)) return { kind: 'git', ...parseGitReference(value, at) }
  if (value.length > longestReference || !imageReference.test(value)) {
    fail('template/not-a-reference', 'The template is neither a name, a folder, an image nor a git reference', {
      detail:
        `"${value}" is none of: ${builtIn.join(', ')}; a folder, such as ./templates/python; an image, such as ` +
        'debian:bookworm or ghcr.io/acme/agent:3; a folder in a git repository, such as ' +
        'git+https://host/team/templates.git//python@v3.',
      at,
    })
  }
  const meant = closeTo(value, builtIn)
  if (meant !== null) {
    fail('template/unknown', 'No template has this name', {
      detail: `Did you mean ${meant}? If "${value}" is an image, write its tag too: ${value}:latest.`,
      at,
    })
  }
  return { kind: 'image', reference: value }
}

/** Letters that a word may be off by. */
const mostSteps = 2

/** The name that was probably meant, where one is close. */
export function closeTo(word: string, names: readonly string[]): string | null {
  const asLong = names.filter(({ length }) => Math.abs(length - word.length) <= mostSteps)
  if (asLong.length === 0) return null
  const near = closest(word, asLong)
  const most = Math.min(mostSteps, Math.floor(near.length / 2))
  return distance(word, near) <= most ? near : null
}

/** The image that the digest stands for, whatever its tag names by now. */
export function pinnedImage(reference: string, digest: string): string {
  return `${reference.replace(/:\w[\w.-]{0,127}$/, '')}@${digest}`
}

/** Whether the name can come to mean another image: all but a digest and an image id. */
export function isMovable(reference: string): boolean {
  return !/(?:@|^)sha256:[0-9a-f]{64}$/.test(reference)
}
