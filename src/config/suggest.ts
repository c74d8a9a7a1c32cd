// "Did you mean": the nearest of the words that would have been right.

import { distance } from 'fastest-levenshtein'

/** Words of other tools for what a config file calls otherwise. */
const synonyms: Readonly<Record<string, string>> = {
  environment: 'env',
  env_file: 'envFile',
  volumes: 'mounts',
  image: 'template',
  build: 'setup',
  limits: 'resources',
  cpu: 'cpus',
  mem: 'memory',
  ram: 'memory',
  mem_limit: 'memory',
  pids_limit: 'pids',
  read_only: 'readonly',
  ro: 'readonly',
  src: 'source',
  destination: 'target',
  container_name: 'name',
}

/** The candidate that was most likely meant, or null where none is near. */
export function suggestion(word: string, candidates: readonly string[]): string | null {
  const lower = word.toLowerCase()
  const synonym = synonyms[lower.replaceAll('-', '_')]
  if (synonym !== undefined && candidates.includes(synonym)) return synonym
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const steps = distance(lower, candidate.toLowerCase())
    if (steps < bestDistance) {
      best = candidate
      bestDistance = steps
    }
  }
  return best
}

/** `Did you mean X?`, or else all there are. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = suggestion(word, candidates)
  if (meant !== null) return `Did you mean \`${meant}\`?`
  if (candidates.length === 0) return 'There are none.'
  return `There ${candidates.length === 1 ? 'is' : 'are'}: ${candidates.join(', ')}.`
}
